//! Some rows on their way through a pipeline: a batch, of which columns that repeat themselves are run-length encoded.
//!
//! What a step computes of such columns alone it computes once for each run: the rows of a join are looked up once for each row
//! of the table that was joined before, and not once for each of those that it became.

use std::sync::Arc;

use polars::prelude::{DataFrame, Series};
use tidemill_core::table::{ArithOp, Expr, ExprKind, Function};

use super::project::project;
use super::required_columns::RequiredColumns;
use crate::arrays::select::only;
use crate::arrays::types;
use crate::error::{Outcome, internal};
use crate::expr::{Notes, columns_of};
use crate::store::row_group::{ColumnChunk, RowGroup, RunLengths};

/// Rows of a table, the order of whose columns does not matter.
#[derive(Clone)]
pub(crate) struct Batch {
    runs: Option<Runs>,
    /// The columns that do not repeat themselves, or all.
    rows: DataFrame,
}

/// The columns that repeat themselves.
#[derive(Clone)]
struct Runs {
    lengths: Arc<RunLengths>,
    /// A row for each run.
    columns: DataFrame,
}

impl Batch {
    /// Rows as they are.
    pub fn of_frame(rows: DataFrame) -> Self {
        Self { runs: None, rows }
    }

    /// The rows of a row group.
    pub fn of_row_group(row_group: RowGroup) -> Outcome<Self> {
        let RowGroup { rows, run_lengths, columns } = row_group;
        let (repeating, others): (Vec<ColumnChunk>, Vec<ColumnChunk>) =
            columns.into_iter().partition(|column| column.by_run);
        let frame = |height: usize, columns: Vec<ColumnChunk>| {
            DataFrame::new(height, columns.into_iter().map(|column| column.values.into()).collect()).map_err(internal)
        };
        let rows = frame(rows, others)?;
        let runs = match run_lengths {
            Some(lengths) if !repeating.is_empty() => {
                let columns = frame(lengths.starts().len(), repeating)?;
                Some(Runs { lengths: Arc::new(lengths), columns })
            }
            _ => None,
        };
        Ok(Self { runs, rows })
    }

    /// How many rows there are.
    pub fn height(&self) -> usize {
        self.rows.height()
    }

    /// All columns of all rows.
    pub fn into_frame(self) -> Outcome<DataFrame> {
        let Some(Runs { lengths, columns }) = self.runs else { return Ok(self.rows) };
        let height = self.rows.height();
        let mut all = self.rows.into_columns();
        for column in columns.columns() {
            all.push(lengths.spread(column.as_materialized_series())?.into());
        }
        DataFrame::new(height, all).map_err(internal)
    }

    /// These columns of all rows, in that order.
    pub fn columns<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Outcome<DataFrame> {
        let column = |name: &str| match &self.runs {
            Some(runs) if runs.has(name) => runs.lengths.spread(types::column(&runs.columns, name)?).map(Into::into),
            _ => self.rows.column(name).cloned().map_err(internal),
        };
        let columns = names.into_iter().map(column).collect::<Outcome<Vec<_>>>()?;
        DataFrame::new(self.height(), columns).map_err(internal)
    }

    /// The values of a column, each at least once and at most as often as there are rows.
    pub fn values(&self, name: &str) -> Outcome<&Series> {
        match &self.runs {
            Some(runs) if runs.has(name) => types::column(&runs.columns, name),
            _ => types::column(&self.rows, name),
        }
    }

    /// These columns as a row group; none if no column repeats itself.
    pub fn into_row_group<'a>(self, names: impl IntoIterator<Item = &'a str>) -> Outcome<Result<RowGroup, DataFrame>> {
        if self.runs.is_none() {
            return self.columns(names).map(Err);
        }
        let entries = |name: &str| {
            let by_run = self.runs.as_ref().is_some_and(|runs| runs.has(name));
            Ok(ColumnChunk { values: self.values(name)?.clone(), by_run })
        };
        let columns = names.into_iter().map(entries).collect::<Outcome<Vec<_>>>()?;
        let rows = self.height();
        let run_lengths = self.runs.map(|runs| Arc::unwrap_or_clone(runs.lengths));
        Ok(Ok(RowGroup { rows, run_lengths, columns }))
    }

    /// The columns computed from each row.
    pub fn project(self, columns: &[(String, Expr)], notes: &Notes) -> Outcome<Self> {
        let Some(runs) = &self.runs else { return Ok(Self::of_frame(project(&self.rows, columns, notes)?)) };
        let (mut of_runs, mut of_rows) = (vec![], vec![]);
        for (name, expr) in columns {
            let to = if runs.has_all_of(expr) && is_silent(expr) { &mut of_runs } else { &mut of_rows };
            to.push((name.clone(), expr.clone()));
        }
        let needed = columns_of(of_rows.iter().map(|(_, expr)| expr));
        let source = self.columns(needed.iter().map(String::as_str))?;
        let rows = project(&source, &of_rows, notes)?;
        let columns = project(&runs.columns, &of_runs, notes)?;
        Ok(Self { runs: Some(Runs { lengths: Arc::clone(&runs.lengths), columns }), rows })
    }

    /// The frame that holds the column, to change it in its place.
    pub fn holding(&mut self, name: &str) -> &mut DataFrame {
        match &mut self.runs {
            Some(runs) if runs.has(name) => &mut runs.columns,
            _ => &mut self.rows,
        }
    }

    /// A row for each run, and how many rows each stands for, if expressions can be computed of these.
    pub fn runs_for<'a>(&self, exprs: impl IntoIterator<Item = &'a Expr>) -> Option<(DataFrame, Vec<u64>)> {
        let runs = self.runs.as_ref()?;
        if !exprs.into_iter().all(|expr| runs.has_all_of(expr) && is_silent(expr)) {
            return None;
        }
        let times = runs.lengths.runs().map(|(start, end)| (end - start) as u64).collect();
        Some((runs.columns.clone(), times))
    }

    /// The same rows with other columns for each run, and of the columns of each row those that are needed.
    pub fn with_runs(mut self, columns: DataFrame, required: &RequiredColumns) -> Outcome<Self> {
        if let Some(runs) = &mut self.runs {
            runs.columns = columns;
        }
        self.rows = only(self.rows, required)?;
        Ok(self)
    }
}

impl Runs {
    fn has(&self, name: &str) -> bool {
        self.columns.schema().contains(name)
    }

    fn has_all_of(&self, expr: &Expr) -> bool {
        columns_of([expr]).iter().all(|name| self.has(name))
    }
}

/// Whether nothing is counted while the expression is computed, so that computing it once for several equal rows says the same.
fn is_silent(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Column(_) | ExprKind::Literal(_) => true,
        ExprKind::Cast(operand) | ExprKind::Negate(operand) | ExprKind::Not(operand) => is_silent(operand),
        ExprKind::IsNull { operand, .. } | ExprKind::Like { operand, .. } => is_silent(operand),
        ExprKind::Arith(ArithOp::Add | ArithOp::Sub | ArithOp::Mul, left, right)
        | ExprKind::Compare(_, left, right)
        | ExprKind::And(left, right)
        | ExprKind::Or(left, right) => is_silent(left) && is_silent(right),
        ExprKind::InList { operand, list, .. } => is_silent(operand) && list.iter().all(is_silent),
        ExprKind::Case { branches, otherwise } => {
            let both = branches.iter().all(|(condition, value)| is_silent(condition) && is_silent(value));
            both && otherwise.iter().all(|value| is_silent(value))
        }
        ExprKind::Call(Function::COALESCE, args) => args.iter().all(is_silent),
        ExprKind::Arith(..) | ExprKind::Call(..) => false,
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::NamedFrom;
    use tidemill_core::table::DataType;

    use super::*;
    use crate::tests::{arith, col, int};

    #[test]
    fn what_repeats_itself_is_computed_once() {
        let of = |name: &str, values: Vec<i64>| Series::new(name.into(), values).into();
        let rows = DataFrame::new(8, vec![of("a", vec![1, 1, 1, 1, 2, 2, 2, 2]), of("b", (0..8).collect())]).unwrap();
        let batch = || Batch::of_row_group(RowGroup::of(&rows).unwrap()).unwrap();
        let (a, b) = (col("a", DataType::Int), col("b", DataType::Int));
        let columns = [
            ("more".to_owned(), arith(ArithOp::Add, a.clone(), int(1), DataType::Int)),
            ("rest".to_owned(), arith(ArithOp::Mod, a.clone(), int(0), DataType::Int)),
            ("both".to_owned(), arith(ArithOp::Add, a.clone(), b, DataType::Int)),
        ];
        let notes = Notes::default();
        let projected = batch().project(&columns, &notes).unwrap();
        assert_eq!(["more", "rest", "both"].map(|name| projected.values(name).unwrap().len()), [2, 8, 8]);
        // What is counted is counted for each row.
        assert_eq!(notes.counts()[0], 8);
        let row_group = projected.into_row_group(["both", "more"]).unwrap().unwrap();
        assert!(row_group.is_canonical().unwrap());
        assert_eq!(batch().runs_for([&a]).unwrap().1, [4, 4]);
        assert!(batch().runs_for([&columns[2].1]).is_none());
        assert!(batch().into_frame().unwrap().select(["a", "b"]).unwrap().equals(&rows));
    }
}
