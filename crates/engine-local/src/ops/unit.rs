//! `select` without `from`.

use polars::prelude::DataFrame;
use tidemill_core::table::Rel;

use super::context::JobContext;
use super::operator::Operator;
use super::required_columns::RequiredColumns;
use crate::error::Outcome;

/// One row without columns.
pub(crate) struct UnitExec;

impl Operator for UnitExec {
    fn inputs(&self) -> Vec<(&Rel, RequiredColumns)> {
        vec![]
    }

    fn execute(&self, _: Vec<DataFrame>, _: &mut JobContext<'_>) -> Outcome<DataFrame> {
        Ok(DataFrame::empty_with_height(1))
    }
}
