//! The first of equal rows.

use polars::prelude::{DataFrame, Series};
use tidemill_core::table::Rel;

use super::context::JobContext;
use super::operator::{Operator, only_input};
use super::reject_log::visible;
use super::required_columns::{RequiredColumns, with};
use crate::arrays::select::take;
use crate::arrays::types;
use crate::error::Outcome;
use crate::keys::groups::Groups;

/// Keeps the first row of those that are equal in some columns, or in all.
pub(crate) struct DistinctExec<'a> {
    pub input: &'a Rel,
    pub on: Option<&'a [String]>,
    pub required: RequiredColumns,
}

impl Operator for DistinctExec<'_> {
    fn inputs(&self) -> Vec<(&Rel, RequiredColumns)> {
        vec![(self.input, self.on.and_then(|on| with(self.required.clone(), on.iter().cloned().collect())))]
    }

    fn execute(&self, inputs: Vec<DataFrame>, context: &mut JobContext<'_>) -> Outcome<DataFrame> {
        let frame = only_input(inputs);
        let keys: Vec<Series> = match self.on {
            Some(names) => names.iter().map(|name| types::column(&frame, name).cloned()).collect::<Outcome<_>>()?,
            None => visible(&frame),
        };
        let kept = take(&frame, &Groups::of(&keys, frame.height())?.first)?;
        context.drop_rows("distinct", frame.height() - kept.height());
        Ok(kept)
    }
}
