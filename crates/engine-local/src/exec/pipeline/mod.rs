//! Large tables, piece by piece: `docs/design/streaming.md`.

mod aggregate;
mod batch;
mod collect;
mod common_subexpressions;
mod driver;
mod hash_probe;
mod join_reorder;
mod memory_budget;
mod spill;
mod steps;
#[cfg(test)]
mod tests;

use polars::prelude::{DataType as Physical, Series};
use tidemill_core::table::{DataType, EngineError};

pub(crate) use batch::Piece;
pub(crate) use memory_budget::Pace;

use crate::arrays::types;
use crate::error::Outcome;
use crate::exec::run::Runner;

impl Runner<'_> {
    /// Tries to do something piece by piece. If that is not possible, or a value is wrong, nothing has happened and the
    /// caller does it with all rows at once: messages about values name rows of the whole table, so they are made there.
    fn flowing<T>(&mut self, work: impl FnOnce(&mut Self) -> Outcome<Option<T>>) -> Outcome<Option<T>> {
        if self.at_once {
            return Ok(None);
        }
        let before = self.mark();
        let done = work(self);
        self.at_once |= matches!(done, Err(EngineError::Value { .. }));
        match done {
            Ok(None) | Err(EngineError::Value { .. }) => {
                self.back_to(before);
                Ok(None)
            }
            other => other,
        }
    }
}

/// A series of nothing but NULL in the type that was resolved for it, so that every piece of a table has the same types.
fn in_its_type(series: Series, data_type: DataType) -> Outcome<Series> {
    if series.dtype() == &Physical::Null && data_type != DataType::Null {
        types::conform(series, data_type)
    } else {
        Ok(series)
    }
}
