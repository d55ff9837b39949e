//! Steps over a large table whose result is wanted in memory.

use polars::prelude::{DataFrame, Series};
use tidemill_core::table::{Expr, Rel};

use super::batch::Piece;
use super::driver::drive;
use super::steps::Line;
use crate::arrays::select::pick;
use crate::error::{Outcome, internal};
use crate::exec::run::{Need, Runner};
use crate::expr::Notes;

impl Runner<'_> {
    /// The rows of the relation, computed piece by piece on all cores; none if it is not one that flows.
    pub(crate) fn rel_flowing(&mut self, rel: &Rel, need: Need) -> Outcome<Option<DataFrame>> {
        if !matches!(rel, Rel::Project { .. } | Rel::Filter { .. } | Rel::Fill { .. } | Rel::Join(_)) {
            return Ok(None);
        }
        self.flowing(|runner| {
            let Some(line) = Line::of(runner, rel, need)? else { return Ok(None) };
            collect(runner, line).map(Some)
        })
    }

    /// Likewise, but only of the rows whose keys are among these: `others` are the values of `keys` in so many other rows.
    pub(crate) fn rel_among(
        &mut self,
        rel: &Rel,
        need: Need,
        keys: Vec<&Expr>,
        others: &[Series],
        rows: usize,
    ) -> Outcome<Option<DataFrame>> {
        self.flowing(|runner| {
            let Some(line) = Line::of(runner, rel, need)? else { return Ok(None) };
            let line = line.among(keys, others, rows)?;
            collect(runner, line).map(Some)
        })
    }
}

fn collect(runner: &mut Runner<'_>, line: Line<'_>) -> Outcome<DataFrame> {
    let notes = Notes::from_counts(runner.notes.counts());
    let mut whole: Option<DataFrame> = None;
    drive(runner, &line, &notes, Piece::whole, |rows| {
        match &mut whole {
            Some(whole) if rows.height() > 0 => {
                // Columns that repeat themselves in one part and not in another do not come in the same order.
                let rows = pick(&rows, whole.schema().iter_names().map(|name| name.as_str()))?;
                whole.vstack_mut_owned(rows).map_err(internal)?;
            }
            Some(_) => {}
            none => *none = Some(rows),
        }
        Ok(())
    })?;
    line.finish(runner)?;
    runner.notes = notes;
    let mut whole = whole.unwrap_or_default();
    whole.rechunk_mut_par();
    Ok(whole)
}
