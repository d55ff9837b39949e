//! Files.

use polars::prelude::DataFrame;
use tidemill_core::table::{Rel, Scan};

use super::context::JobContext;
use super::operator::Operator;
use super::required_columns::RequiredColumns;
use crate::arrays::select::only;
use crate::error::Outcome;

/// The rows of files.
pub(crate) struct ScanExec<'a> {
    pub scan: &'a Scan,
    pub required: RequiredColumns,
}

impl Operator for ScanExec<'_> {
    fn inputs(&self) -> Vec<(&Rel, RequiredColumns)> {
        vec![]
    }

    fn execute(&self, _: Vec<DataFrame>, context: &mut JobContext<'_>) -> Outcome<DataFrame> {
        let (frame, warnings) = context.files.read(context.project, self.scan, context.options.cancelled)?;
        context.observed.warnings.extend(warnings);
        context.count_in(self.scan.title(), frame.height());
        only(frame, &self.required)
    }
}
