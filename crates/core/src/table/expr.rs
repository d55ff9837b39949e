//! Scalar expressions with their types resolved: every implicit cast is written out, every column exists.

use serde::Serialize;

use super::{DataType, Function, Value};

/// A typed expression over the columns of one relation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// The type of its value.
    pub data_type: DataType,
}

/// The forms of an expression. Operands of arithmetic and comparison have the types the operation works on: the binder has
/// put a [`ExprKind::Cast`] where the text had none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum ExprKind {
    /// The column of that name.
    Column(String),
    /// A constant.
    Literal(Value),
    /// To `data_type` of the expression. A value that does not fit fails the task; the message names row and value.
    Cast(Box<Expr>),
    /// `-x`.
    Negate(Box<Expr>),
    /// `not x`, three-valued.
    Not(Box<Expr>),
    /// `x + y` and its kind; both operands of the result's type, except for dates (see [`ArithOp`]).
    Arith(ArithOp, Box<Expr>, Box<Expr>),
    /// `x < y` and its kind; both operands of one type; NULL if either is NULL.
    Compare(CmpOp, Box<Expr>, Box<Expr>),
    /// `x and y`, three-valued (Kleene).
    And(Box<Expr>, Box<Expr>),
    /// `x or y`, three-valued (Kleene).
    Or(Box<Expr>, Box<Expr>),
    /// `x is null`; with `negated`, `x is not null`. Never NULL.
    IsNull {
        /// What is looked at.
        operand: Box<Expr>,
        /// For `is not null`.
        negated: bool,
    },
    /// `x in (…)`: all of one type; NULL if `x` is NULL, or if it is in none and one of the list is NULL.
    InList {
        /// What is looked for.
        operand: Box<Expr>,
        /// Where.
        list: Vec<Expr>,
        /// For `not in`.
        negated: bool,
    },
    /// `x like 'a%'`: `%` any text, `_` any one character, both case-sensitive unless `ignore_case` (`ilike`).
    Like {
        /// The text.
        operand: Box<Expr>,
        /// The pattern, a constant.
        pattern: String,
        /// The character that takes `%` and `_` their meaning.
        escape: Option<char>,
        /// For `ilike`.
        ignore_case: bool,
        /// For `not like`.
        negated: bool,
    },
    /// `case when … then … else … end`; branches of the result's type, conditions bool.
    Case {
        /// Conditions and what follows from them, the first true one counts.
        branches: Vec<(Expr, Expr)>,
        /// Otherwise; NULL if not given.
        otherwise: Option<Box<Expr>>,
    },
    /// A function of scalars.
    Call(Function, Vec<Expr>),
}

/// Arithmetic. int ∘ int is int except `/`, which is float; with a float, float; decimals stay exact.
///
/// Dates: date + int (days) and date − int are date; date − date is int days; datetime ± int days is datetime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ArithOp {
    /// `+`. Int and decimal overflow fails the task.
    Add,
    /// `-`. Likewise.
    Sub,
    /// `*`. Likewise.
    Mul,
    /// `/`. By zero: NULL, and counted as a warning.
    Div,
    /// `%`, the sign of the dividend. By zero: NULL, and counted as a warning.
    Mod,
}

impl ArithOp {
    /// How SQL writes it.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Mod => "%",
        }
    }
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum CmpOp {
    /// `=`.
    Eq,
    /// `<>`.
    Ne,
    /// `<`.
    Lt,
    /// `<=`.
    Le,
    /// `>`.
    Gt,
    /// `>=`.
    Ge,
}

impl CmpOp {
    /// How SQL writes it.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "<>",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }
}

/// A key to sort by. NULLs come last whatever the direction, unless `nulls_first`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SortKey {
    /// What to sort by.
    pub expr: Expr,
    /// Largest first.
    pub descending: bool,
    /// Only if the SQL says `nulls first`.
    pub nulls_first: bool,
}

/// An aggregate over the rows of a group. NULLs are left out, except by `count(*)`, `first` and `last`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AggCall {
    /// Which.
    pub func: AggFunc,
    /// Its arguments, none for `count(*)`.
    pub args: Vec<Expr>,
    /// Equal values count once.
    pub distinct: bool,
    /// Only the rows for which it is true.
    pub filter: Option<Expr>,
    /// The type of the result.
    pub data_type: DataType,
}

/// Aggregates. Floats are summed in row order, so that the result is the same every time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum AggFunc {
    /// The sum; of no values NULL. Int stays int, a decimal keeps its scale with 38 digits; an overflow fails the task.
    Sum,
    /// The mean; of ints float, of decimals a decimal of scale + 6, half-even.
    Avg,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// Values that are not NULL; with no argument, rows.
    Count,
    /// The middle value, or the mean of the two in the middle: float, of decimals a decimal of scale + 6.
    Median,
    /// Standard deviation of a sample (n − 1): float, NULL for fewer than two values.
    Stddev,
    /// Variance of a sample (n − 1): float.
    Variance,
    /// The first row's value in row order, NULL included.
    First,
    /// The last row's value in row order, NULL included.
    Last,
    /// Pearson's correlation of two arguments, over the rows where both are there: float, NULL if either does not vary.
    Corr,
    /// Texts joined in row order by the separator.
    StringAgg {
        /// What stands between two texts.
        separator: String,
    },
    /// Whether all are true.
    BoolAnd,
    /// Whether any is true.
    BoolOr,
}

/// A window function's call: one value for each row, the rows stay as they are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WindowCall {
    /// Which.
    pub func: WindowFunc,
    /// Rows of equal values here form a partition.
    pub partition_by: Vec<Expr>,
    /// The order within the partition; rows that tie are peers.
    pub order_by: Vec<SortKey>,
    /// Which rows of the partition count; for aggregates and first/last value.
    pub frame: WindowFrame,
    /// The type of the result.
    pub data_type: DataType,
}

/// What a window computes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum WindowFunc {
    /// 1, 2, 3 …
    RowNumber,
    /// Peers share a rank, gaps follow.
    Rank,
    /// Peers share a rank, no gaps.
    DenseRank,
    /// The value `offset` rows before (negative: behind) the row; `default` where there is none.
    Shift {
        /// The value.
        value: Expr,
        /// Rows to go back; negative for `lead`.
        offset: i64,
        /// Where the partition ends.
        default: Option<Expr>,
    },
    /// The value of the frame's first row.
    FirstValue(Expr),
    /// The value of the frame's last row.
    LastValue(Expr),
    /// An aggregate over the frame.
    Agg(AggCall),
}

/// The rows of a partition that a window function sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum WindowFrame {
    /// All of the partition (no `order by`, or `rows between unbounded preceding and unbounded following`).
    Partition,
    /// From the partition's start to the row itself, peers of the row included (the default with `order by`).
    RunningPeers,
    /// From the partition's start to the row itself (`rows between unbounded preceding and current row`).
    RunningRows,
    /// `rows between N preceding and M following`; both counts of rows.
    Sliding {
        /// Rows before.
        preceding: u32,
        /// Rows behind.
        following: u32,
    },
}

impl AggCall {
    /// Its value over no rows.
    pub fn of_no_rows(&self) -> Value {
        match self.func {
            AggFunc::Count => Value::Int(0),
            _ => Value::Null,
        }
    }

    /// How many rows there are.
    pub fn rows() -> Self {
        Self { func: AggFunc::Count, args: vec![], distinct: false, filter: None, data_type: DataType::Int }
    }

    /// An aggregate of one value in which all rows count.
    pub fn of(func: AggFunc, value: Expr, data_type: DataType) -> Self {
        Self { func, args: vec![value], distinct: false, filter: None, data_type }
    }
}

impl Expr {
    /// The column of that name and type.
    pub fn column(name: impl Into<String>, data_type: DataType) -> Self {
        Self { kind: ExprKind::Column(name.into()), data_type }
    }

    /// A constant.
    pub fn literal(value: Value) -> Self {
        Self { data_type: value.data_type(), kind: ExprKind::Literal(value) }
    }

    /// The same value as another type; itself if it is of that type already.
    #[must_use]
    pub fn cast(self, data_type: DataType) -> Self {
        if self.data_type == data_type { self } else { Self { kind: ExprKind::Cast(Box::new(self)), data_type } }
    }

    /// The expressions it is made of.
    pub fn operands(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Column(_) | ExprKind::Literal(_) => vec![],
            ExprKind::Cast(operand)
            | ExprKind::Negate(operand)
            | ExprKind::Not(operand)
            | ExprKind::IsNull { operand, .. }
            | ExprKind::Like { operand, .. } => vec![operand],
            ExprKind::Arith(_, left, right)
            | ExprKind::Compare(_, left, right)
            | ExprKind::And(left, right)
            | ExprKind::Or(left, right) => vec![left, right],
            ExprKind::InList { operand, list, .. } => std::iter::once(&**operand).chain(list).collect(),
            ExprKind::Case { branches, otherwise } => {
                branches.iter().flat_map(|(condition, value)| [condition, value]).chain(otherwise.as_deref()).collect()
            }
            ExprKind::Call(_, arguments) => arguments.iter().collect(),
        }
    }

    /// Calls `visit` with the name of every column it reads, in the order in which they occur.
    pub fn for_each_column<'x>(&'x self, visit: &mut dyn FnMut(&'x str)) {
        if let ExprKind::Column(name) = &self.kind {
            visit(name);
        }
        self.operands().into_iter().for_each(|operand| operand.for_each_column(visit));
    }
}
