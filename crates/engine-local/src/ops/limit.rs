//! Some rows from the start.

use polars::prelude::DataFrame;
use tidemill_core::table::Rel;

use super::context::JobContext;
use super::operator::{Operator, only_input};
use super::required_columns::RequiredColumns;
use crate::error::Outcome;

/// Leaves out some rows and keeps at most so many of the next.
pub(crate) struct LimitExec<'a> {
    pub input: &'a Rel,
    pub offset: u64,
    pub count: Option<u64>,
    pub required: RequiredColumns,
}

impl Operator for LimitExec<'_> {
    fn inputs(&self) -> Vec<(&Rel, RequiredColumns)> {
        vec![(self.input, self.required.clone())]
    }

    fn execute(&self, inputs: Vec<DataFrame>, context: &mut JobContext<'_>) -> Outcome<DataFrame> {
        let frame = only_input(inputs);
        let kept = limit(&frame, self.offset, self.count);
        context.drop_rows("limit", frame.height() - kept.height());
        Ok(kept)
    }
}

fn limit(frame: &DataFrame, offset: u64, count: Option<u64>) -> DataFrame {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(frame.height());
    let rest = frame.height() - offset;
    let count = count.and_then(|count| usize::try_from(count).ok()).unwrap_or(usize::MAX).min(rest);
    if frame.width() == 0 {
        return DataFrame::empty_with_height(count);
    }
    frame.slice(offset as i64, count)
}
