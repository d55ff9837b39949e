//! Sends the rows of a line's source through its steps.

use std::sync::{Mutex, PoisonError};

use polars::prelude::DataFrame;
use polars_core::runtime::RAYON;

use super::batch::Piece;
use super::steps::{Line, Source, Told};
use crate::error::Outcome;
use crate::exec::ordered::in_order;
use crate::exec::run::Runner;
use crate::expr::Notes;
use crate::store::reader::Stored;

/// Slices for each core that are under way, or wait to be taken.
const SLICES: usize = 4;

/// Without a join that multiplies them, rows only become fewer, and larger slices cost less, as long as what a few columns of
/// one need stays in the processor's own memory.
const PLAIN_SLICES: usize = 2;

/// A part of at most so many slices, some of whose columns repeat themselves, goes through such steps as it is kept.
const WHOLE_SLICES: usize = 8;

/// Parts for each core that are under way, or wait to be taken.
const PARTS: usize = 3;

/// What became of a slice, and what the steps tell of it.
struct Done<R> {
    result: R,
    told: Vec<Told>,
    /// Rows that the steps have made of it.
    #[cfg(test)]
    rows: usize,
}

/// Calls `work` with what the steps make of each slice, side by side, and `take` with its results, in the order of the rows.
/// There is at least one slice, if of no rows.
pub(crate) fn drive<R: Send>(
    runner: &mut Runner<'_>,
    line: &Line<'_>,
    notes: &Notes,
    work: impl Fn(Piece) -> Outcome<R> + Sync,
    mut take: impl FnMut(R) -> Outcome<()>,
) -> Outcome<()> {
    let cores = RAYON.current_num_threads().max(1);
    let slice = runner.pace.slice * if line.multiplies() { 1 } else { PLAIN_SLICES };
    #[cfg(test)]
    let pace = runner.pace;
    let through = |piece: Piece| -> Outcome<Done<R>> {
        let mut told = vec![];
        let rows = line.apply(piece, notes, &mut told)?;
        #[cfg(test)]
        let count = rows.height();
        #[cfg(test)]
        pace.begin(count);
        Ok(Done {
            result: work(rows)?,
            told,
            #[cfg(test)]
            rows: count,
        })
    };
    let mut take = |runner: &mut Runner<'_>, done: Done<R>| {
        #[cfg(test)]
        pace.end(done.rows);
        line.note(runner, done.told)?;
        take(done.result)
    };
    match &line.source {
        Source::Frame(frame) => {
            let starts: Vec<usize> = starts(frame.height(), slice).collect();
            in_order(
                starts.len(),
                SLICES * cores,
                |at| through(cut(frame, starts[at], slice)),
                |done| {
                    runner.uncancelled()?;
                    take(runner, done)
                },
            )
        }
        Source::Stored(stored, columns) if line.multiplies() => {
            let parts = Parts::new(stored, columns);
            let slices: Vec<(usize, usize)> = (0..stored.len())
                .flat_map(|part| starts(stored.rows_of(part), slice).map(move |start| (part, start)))
                .collect();
            let one = |at: usize| {
                let (part, start) = slices[at];
                let rows = parts.part(part)?;
                // The next part is there when it is needed, and nobody waits for it.
                if start == 0 && part + 1 < stored.len() {
                    parts.part(part + 1)?;
                }
                Ok((part, through(cut(&rows, start, slice))?))
            };
            let mut before = 0;
            in_order(slices.len(), SLICES * cores, one, |(part, done)| {
                runner.uncancelled()?;
                (before..part).for_each(|part| parts.forget(part));
                before = part;
                take(runner, done)
            })
        }
        Source::Stored(stored, columns) => {
            let one = |part: usize| -> Outcome<Vec<Done<R>>> {
                let pieces = pieces(stored, part, columns, slice)?;
                pieces.into_iter().map(through).collect()
            };
            in_order(stored.len(), PARTS * cores, one, |done| {
                runner.uncancelled()?;
                done.into_iter().try_for_each(|done| take(runner, done))
            })
        }
    }
}

/// Parts of a stored table that several slices are cut from.
struct Parts<'a> {
    stored: &'a Stored,
    columns: &'a [String],
    read: Vec<Mutex<Option<DataFrame>>>,
}

impl<'a> Parts<'a> {
    fn new(stored: &'a Stored, columns: &'a [String]) -> Self {
        Self { stored, columns, read: (0..stored.len()).map(|_| Mutex::default()).collect() }
    }

    /// A part; the first who asks reads it, and the others wait for that.
    fn part(&self, at: usize) -> Outcome<DataFrame> {
        let mut read = self.read[at].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rows) = &*read {
            return Ok(rows.clone());
        }
        let rows = self.stored.part(at, Some(self.columns))?;
        *read = Some(rows.clone());
        Ok(rows)
    }

    /// Nobody will ask for this part any more.
    fn forget(&self, at: usize) {
        *self.read[at].lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// The rows of a part: in one piece where columns repeat themselves, so that each run of theirs is looked at once; else in slices.
fn pieces(stored: &Stored, part: usize, columns: &[String], slice: usize) -> Outcome<Vec<Piece>> {
    let part = stored.entries(part, Some(columns))?;
    let repeats = part.columns.iter().any(|column| column.repeats);
    if repeats && part.rows <= slice / PLAIN_SLICES * WHOLE_SLICES {
        return Ok(vec![Piece::of_part(part)?]);
    }
    let frame = part.into_frame()?;
    Ok(starts(frame.height(), slice).map(|start| cut(&frame, start, slice)).collect())
}

/// Where slices begin, at least one.
fn starts(rows: usize, slice: usize) -> impl Iterator<Item = usize> {
    (0..rows.max(1)).step_by(slice)
}

fn cut(frame: &DataFrame, start: usize, rows: usize) -> Piece {
    if frame.width() == 0 {
        return Piece::of_frame(DataFrame::empty_with_height(rows.min(frame.height() - start.min(frame.height()))));
    }
    Piece::of_frame(frame.slice(start as i64, rows))
}
