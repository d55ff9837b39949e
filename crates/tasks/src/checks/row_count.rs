//! `row_count`: how many rows there are.

use serde::{Deserialize, Serialize};
use tidemill_core::spec::At;
use tidemill_core::table::CheckKind;

use super::range::Range;
use super::{CheckCompiler, CheckParameters};

/// Bounds of the number of rows, both included.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RowCount {
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<At<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<At<u64>>,
}

impl CheckParameters for RowCount {
    const NAME: &'static str = "row_count";
    const SUMMARY: &'static str = "How many rows there are.";

    type Form = Range;

    fn compile(&self, compiler: &mut CheckCompiler<'_>) {
        compiler.in_order(self.min.as_ref(), self.max.as_ref(), |min, max| min > max);
        let bound = |bound: &Option<At<u64>>| bound.as_ref().map(|at| at.value);
        let kind = CheckKind::RowCount { min: bound(&self.min), max: bound(&self.max) };
        compiler.check("row_count".to_owned(), kind);
    }
}
