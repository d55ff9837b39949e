//! `with recursive`: a step that is made again of the rows that it made.

use polars::prelude::{DataFrame, IdxSize};
use tidemill_core::table::{EngineError, Rel};

use super::executor::Executor;
use crate::arrays::select::{pick, take};
use crate::error::Outcome;
use crate::keys::groups::Groups;
use crate::ops::reject_log::visible;
use crate::ops::set_op::stacked;

/// So many rounds are the most.
const MAX_ROUNDS: usize = 100_000;
/// So many rows are the most.
const MAX_ROWS: usize = 100_000_000;

/// The first rows, and those of every round until one makes none.
pub(super) fn run(executor: &mut Executor<'_>, name: &str, start: &Rel, step: &Rel, all: bool) -> Outcome<DataFrame> {
    let columns_of = |rel: &Rel, frame: &DataFrame| pick(frame, rel.schema().names());
    let first = executor.relation(start, None)?;
    let mut whole = columns_of(start, &first)?;
    if !all {
        whole = take(&whole, &Groups::of(&visible(&whole), whole.height())?.first)?;
    }
    let mut before = whole.clone();
    for _ in 0..MAX_ROUNDS {
        if before.height() == 0 {
            executor.context.working.remove(name);
            return Ok(whole);
        }
        executor.context.working.insert(name.to_owned(), before);
        let made = executor.relation(step, None)?;
        let (known, made) = (whole.height(), columns_of(step, &made)?);
        whole = stacked(&whole, &made)?;
        if !all {
            let first = Groups::of(&visible(&whole), whole.height())?.first;
            whole = take(&whole, &first)?;
        }
        if whole.height() > MAX_ROWS {
            break;
        }
        let new: Vec<IdxSize> = (known..whole.height()).map(|row| row as IdxSize).collect();
        before = take(&whole, &new)?;
    }
    Err(EngineError::Value {
        message: format!("`with recursive` does not end: {MAX_ROUNDS} rounds and {MAX_ROWS} rows are the most"),
        help: Some(
            "let its second query make no row at some time: `where n < 100`; `union` leaves out rows that were \
                    there before"
                .to_owned(),
        ),
    })
}
