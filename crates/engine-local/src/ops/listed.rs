//! Rows whose values should be those of a list: they pass, and are counted beside.

use polars::prelude::DataFrame;
use tidemill_core::table::{ListedCount, ListedStep, Rel, Value};

use super::context::JobContext;
use super::operator::{Operator, only_input};
use super::required_columns::RequiredColumns;
use crate::arrays::types;
use crate::error::Outcome;

/// Passes the rows on.
pub(crate) struct ListedExec<'a> {
    pub step: &'a ListedStep,
    pub required: RequiredColumns,
}

impl Operator for ListedExec<'_> {
    fn inputs(&self) -> Vec<(&Rel, RequiredColumns)> {
        vec![(&self.step.input, self.required.clone())]
    }

    fn execute(&self, inputs: Vec<DataFrame>, _: &mut JobContext<'_>) -> Outcome<DataFrame> {
        Ok(only_input(inputs))
    }
}

/// The rows of [`ListedStep::counts`].
pub(crate) fn counts(frame: &DataFrame) -> Outcome<Vec<ListedCount>> {
    let (values, places, rows) =
        (types::column(frame, "value")?, types::column(frame, "place")?, types::column(frame, "rows")?);
    let number = |value: Value| match value {
        Value::Int(number) => u64::try_from(number).ok(),
        _ => None,
    };
    (0..frame.height())
        .map(|row| {
            let value = match types::value_at(values, row)? {
                Value::String(text) => Some(text),
                _ => None,
            };
            let place = number(types::value_at(places, row)?);
            Ok(ListedCount { value, place, rows: number(types::value_at(rows, row)?).unwrap_or(0) })
        })
        .collect()
}
