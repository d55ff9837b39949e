//! The rows that a step of `with recursive` is made of.

use polars::prelude::DataFrame;
use tidemill_core::table::Rel;

use super::context::JobContext;
use super::operator::Operator;
use super::required_columns::RequiredColumns;
use crate::error::{Outcome, unsupported};

/// The rows of the round before.
pub(crate) struct WorkingExec<'a> {
    pub name: &'a str,
}

impl Operator for WorkingExec<'_> {
    fn inputs(&self) -> Vec<(&Rel, RequiredColumns)> {
        vec![]
    }

    fn execute(&self, _: Vec<DataFrame>, context: &mut JobContext<'_>) -> Outcome<DataFrame> {
        let rows = context.working.get(self.name).cloned();
        rows.ok_or_else(|| unsupported(format!("the rows before of {} are read outside of its step", self.name)))
    }
}
