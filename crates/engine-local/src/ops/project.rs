//! Columns computed from each row.

use polars::prelude::DataFrame;
use tidemill_core::table::{Expr, Rel};

use super::context::JobContext;
use super::operator::{Operator, only_input};
use super::reject_log::ROW;
use super::required_columns::RequiredColumns;
use crate::arrays::types;
use crate::error::{Outcome, internal, within};
use crate::expr::{Eval, Notes, columns_of};
use crate::runtime::parallel;

/// These columns and no others.
pub(crate) struct ProjectExec<'a> {
    pub input: &'a Rel,
    pub columns: &'a [(String, Expr)],
}

impl Operator for ProjectExec<'_> {
    fn inputs(&self) -> Vec<(&Rel, RequiredColumns)> {
        vec![(self.input, Some(columns_of(self.columns.iter().map(|(_, expr)| expr))))]
    }

    fn execute(&self, inputs: Vec<DataFrame>, context: &mut JobContext<'_>) -> Outcome<DataFrame> {
        project(&only_input(inputs), self.columns, &context.notes)
    }
}

/// These columns and no others, computed from each row.
pub(crate) fn project(frame: &DataFrame, columns: &[(String, Expr)], notes: &Notes) -> Outcome<DataFrame> {
    let eval = Eval::new(frame, notes);
    let mut result = parallel::map(columns, frame.height(), |(name, expr)| {
        let series = eval.column(expr).and_then(|series| types::conform(series, expr.data_type));
        series
            .map(|series| types::expand(name, series, frame.height()))
            .map_err(|error| within(&format!("column {name}"), error))
    })?;
    result.extend(frame.column(ROW).ok().cloned());
    DataFrame::new(frame.height(), result).map_err(internal)
}
