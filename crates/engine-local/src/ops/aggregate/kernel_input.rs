//! What the kernels of aggregates compute from.

use polars::prelude::Series;
use tidemill_core::table::{AggCall, EngineError, Value};

use super::rows::GroupedRows;
use crate::error::{Outcome, unsupported};

/// What a kernel computes from.
pub(super) struct KernelInput<'a> {
    pub call: &'a AggCall,
    /// The arguments of the rows.
    pub values: &'a [Series],
    pub rows: &'a GroupedRows<'a>,
}

impl KernelInput<'_> {
    /// The only argument.
    pub fn one(&self) -> Outcome<&Series> {
        self.values.first().ok_or_else(|| self.lacks("an argument"))
    }

    /// Both arguments.
    pub fn two(&self) -> Outcome<(&Series, &Series)> {
        match self.values {
            [first, second] => Ok((first, second)),
            _ => Err(self.lacks("two arguments")),
        }
    }

    /// The constant that is a fraction.
    pub fn fraction(&self) -> Outcome<f64> {
        match &self.call.func.parameter {
            Some((_, Value::Float(fraction))) => Ok(*fraction),
            _ => Err(self.lacks("a fraction")),
        }
    }

    /// The constant that is a text.
    pub fn text(&self) -> Outcome<&str> {
        match &self.call.func.parameter {
            Some((_, Value::String(text))) => Ok(text),
            _ => Err(self.lacks("a text")),
        }
    }

    /// That it was called without what it needs.
    pub fn lacks(&self, what: &str) -> EngineError {
        unsupported(format!("{} needs {what}", self.call.func.name))
    }
}
