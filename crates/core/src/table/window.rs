//! Window functions: one value for each row, of the rows around it.

use serde::Serialize;

use super::{AggCall, DataType, Expr, SortKey};

/// A window function's call: one value for each row, the rows stay as they are.
#[derive(Clone, Debug, PartialEq, Hash, Serialize)]
pub struct WindowCall {
    /// Which.
    pub func: WindowFunc,
    /// Rows of equal values here form a partition.
    pub partition_by: Vec<Expr>,
    /// The order within the partition; rows that tie are peers.
    pub order_by: Vec<SortKey>,
    /// Which rows of the partition count; for aggregates and the values of the frame's rows.
    pub frame: WindowFrame,
    /// The type of the result.
    pub data_type: DataType,
}

/// What a window computes.
#[derive(Clone, Debug, PartialEq, Hash, Serialize)]
pub enum WindowFunc {
    /// What a row's place says, or the value of another row: a function by its name in SQL. What it means is written in its
    /// [definition](crate::sql::functions::FunctionDefinition); an engine has a kernel of that name, or refuses the job.
    Call {
        /// The name, in snake case.
        name: &'static str,
        /// Its arguments; counts and offsets are constants.
        args: Vec<Expr>,
        /// Rows whose first argument is NULL do not count.
        ignore_nulls: bool,
    },
    /// An aggregate over the frame.
    Agg(AggCall),
}

/// The rows of a partition that a window function sees.
#[derive(Clone, Debug, PartialEq, Hash, Serialize)]
pub struct WindowFrame {
    /// Where they begin.
    pub start: FrameBound,
    /// Where they end.
    pub end: FrameBound,
}

/// One end of a frame.
#[derive(Clone, Debug, PartialEq, Hash, Serialize)]
pub enum FrameBound {
    /// The partition's own.
    Unbounded,
    /// The row so many rows behind (negative: before) the row itself.
    Rows(i64),
    /// The peers so many groups of peers behind (negative: before) those of the row itself.
    Groups(i64),
    /// The outermost row whose key does not lie beyond an edge; the peers of the row itself if its key is NULL.
    Range {
        /// What the window is ordered by, of the edge's type.
        key: SortKey,
        /// How far the row sees.
        edge: Expr,
    },
}

impl WindowFrame {
    /// All of the partition (no `order by`, or `rows between unbounded preceding and unbounded following`).
    pub const PARTITION: Self = Self { start: FrameBound::Unbounded, end: FrameBound::Unbounded };
    /// From the partition's start to the row itself, peers of the row included (the default with `order by`).
    pub const RUNNING_PEERS: Self = Self { start: FrameBound::Unbounded, end: FrameBound::Groups(0) };
    /// From the partition's start to the row itself (`rows between unbounded preceding and current row`).
    pub const RUNNING_ROWS: Self = Self { start: FrameBound::Unbounded, end: FrameBound::Rows(0) };

    /// Whether it begins with the partition and ends with the row itself or its peers.
    pub fn is_running(&self) -> bool {
        [Self::RUNNING_PEERS, Self::RUNNING_ROWS].contains(self)
    }
}

impl WindowCall {
    /// All expressions over the rows.
    pub fn exprs(&self) -> Vec<&Expr> {
        let mut exprs: Vec<&Expr> = match &self.func {
            WindowFunc::Call { args, .. } => args.iter().collect(),
            WindowFunc::Agg(call) => call.exprs().collect(),
        };
        exprs.extend(self.partition_by.iter().chain(self.order_by.iter().map(|key| &key.expr)));
        for bound in [&self.frame.start, &self.frame.end] {
            if let FrameBound::Range { key, edge } = bound {
                exprs.extend([&key.expr, edge]);
            }
        }
        exprs
    }

    /// The same to be changed.
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        let mut exprs: Vec<&mut Expr> = match &mut self.func {
            WindowFunc::Call { args, .. } => args.iter_mut().collect(),
            WindowFunc::Agg(call) => call.exprs_mut().collect(),
        };
        exprs.extend(self.partition_by.iter_mut().chain(self.order_by.iter_mut().map(|key| &mut key.expr)));
        for bound in [&mut self.frame.start, &mut self.frame.end] {
            if let FrameBound::Range { key, edge } = bound {
                exprs.extend([&mut key.expr, edge]);
            }
        }
        exprs
    }
}
