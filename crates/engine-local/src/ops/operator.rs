//! What an operator is.

use polars::prelude::{DataFrame, Series};
use tidemill_core::table::{Expr, Rel};

use super::context::JobContext;
use super::required_columns::RequiredColumns;
use crate::error::Outcome;

/// One step of a plan, carried out over all rows of its inputs at once.
///
/// An operator computes its inputs' columns and nothing else: the executor computes the inputs first, and hands them over. So
/// operators know nothing of each other, and each can be tested by itself.
pub(crate) trait Operator {
    /// The relations that it reads, in the order of [`Rel::inputs`], and which of their columns.
    fn inputs(&self) -> Vec<(&Rel, RequiredColumns)>;

    /// A filter for its next input that can be told from those already computed. Rows that it leaves out would change nothing.
    fn key_filter(&self, _inputs: &[DataFrame], _context: &JobContext<'_>) -> Outcome<Option<KeyFilter<'_>>> {
        Ok(None)
    }

    /// Its rows: all columns, or at least those required of it.
    fn execute(&self, inputs: Vec<DataFrame>, context: &mut JobContext<'_>) -> Outcome<DataFrame>;
}

/// Only rows whose keys are among those of other rows are wanted (a semi-join pushed down).
pub(crate) struct KeyFilter<'a> {
    /// The keys of the rows.
    pub keys: Vec<&'a Expr>,
    /// The values of those keys in the other rows.
    pub among: Vec<Series>,
    /// How many other rows there are.
    pub rows: usize,
}

/// The one input of an operator that has one.
pub(super) fn only_input(inputs: Vec<DataFrame>) -> DataFrame {
    inputs.into_iter().next().unwrap_or_default()
}
