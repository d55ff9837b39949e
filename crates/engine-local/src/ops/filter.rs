//! Rows for which a predicate is true.

use polars::prelude::DataFrame;
use tidemill_core::table::{Expr, Rel};

use super::context::JobContext;
use super::operator::{Operator, only_input};
use super::required_columns::{RequiredColumns, with};
use crate::arrays::select::filter;
use crate::error::Outcome;
use crate::expr::{Eval, columns_of};

/// Keeps the rows for which the predicate is true.
pub(crate) struct FilterExec<'a> {
    pub input: &'a Rel,
    pub predicate: &'a Expr,
    /// The name under which dropped rows are accounted.
    pub account: Option<&'a str>,
    pub required: RequiredColumns,
}

impl Operator for FilterExec<'_> {
    fn inputs(&self) -> Vec<(&Rel, RequiredColumns)> {
        vec![(self.input, with(self.required.clone(), columns_of([self.predicate])))]
    }

    fn execute(&self, inputs: Vec<DataFrame>, context: &mut JobContext<'_>) -> Outcome<DataFrame> {
        let frame = only_input(inputs);
        let mask = Eval::new(&frame, &context.notes).mask(self.predicate)?;
        let kept = filter(&frame, &mask)?;
        if let Some(step) = self.account {
            context.drop_rows(step, frame.height() - kept.height());
        }
        Ok(kept)
    }
}
