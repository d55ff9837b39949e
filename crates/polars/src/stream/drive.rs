//! Sends the rows of a line's source through its steps.

use polars::prelude::DataFrame;
use polars_core::runtime::RAYON;
use rayon::prelude::*;

use super::line::{Line, Source, Told};
use super::piece::Piece;
use crate::eval::Notes;
use crate::failure::Outcome;
use crate::run::Runner;
use crate::stored::Stored;

/// Slices that are worked on side by side before their results are taken.
const AT_ONCE: usize = 8;

/// Without a join that multiplies them, rows only become fewer, and larger slices cost less, as long as what a few columns of
/// one need stays in the processor's own memory.
const PLAIN_SLICES: usize = 2;

/// A part of at most so many slices, some of whose columns repeat themselves, goes through such steps as it is kept.
const WHOLE_SLICES: usize = 8;

/// Parts for each core that go through such steps before their results are taken.
const PARTS: usize = 2;

/// What became of a slice, and what the steps tell of it.
type Done<R> = (R, Vec<Told>);

/// Calls `work` with what the steps make of each slice, side by side, and `take` with its results, in the order of the rows.
/// There is at least one slice, if of no rows.
pub(crate) fn drive<R: Send>(
    runner: &mut Runner<'_>,
    line: &mut Line<'_>,
    notes: &Notes,
    work: impl Fn(Piece) -> Outcome<R> + Sync,
    mut take: impl FnMut(R) -> Outcome<()> + Send,
) -> Outcome<()> {
    let cores = RAYON.current_num_threads().max(1);
    let (stored, columns) = match &line.source {
        Source::Frame(frame) => {
            let frame = frame.clone();
            return in_slices(runner, line, notes, &[frame], &work, &mut take);
        }
        Source::Stored(stored, columns) => (stored.clone(), columns.clone()),
    };
    if line.multiplies() {
        for part in (0..stored.len()).step_by(cores) {
            let parts = part..stored.len().min(part + cores);
            let blocks: Outcome<Vec<DataFrame>> =
                RAYON.install(|| parts.into_par_iter().map(|part| stored.part(part, Some(&columns))).collect());
            in_slices(runner, line, notes, &blocks?, &work, &mut take)?;
        }
        return Ok(());
    }
    let slice = runner.pace.slice;
    // What became of the last parts is taken while the next ones are under way.
    let mut waiting: Vec<R> = vec![];
    for part in (0..stored.len()).step_by(cores * PARTS) {
        runner.uncancelled()?;
        let parts = part..stored.len().min(part + cores * PARTS);
        let (steps, stored, columns) = (&*line, &stored, &columns);
        let one = |part: usize| -> Outcome<Vec<Done<R>>> {
            let pieces = pieces(stored, part, columns, slice)?;
            pieces.into_iter().map(|piece| through(steps, piece, notes, &work)).collect()
        };
        let before = std::mem::take(&mut waiting);
        let (done, taken): (Vec<Outcome<Vec<Done<R>>>>, _) = RAYON.install(|| {
            rayon::join(|| parts.into_par_iter().map(one).collect(), || before.into_iter().try_for_each(&mut take))
        });
        taken?;
        for part in done {
            for (result, told) in part? {
                line.note(runner, told)?;
                waiting.push(result);
            }
        }
    }
    waiting.into_iter().try_for_each(take)
}

/// The rows of a part: in one piece where columns repeat themselves, so that each run of theirs is looked at once; else in slices.
fn pieces(stored: &Stored, part: usize, columns: &[String], slice: usize) -> Outcome<Vec<Piece>> {
    let part = stored.entries(part, Some(columns))?;
    let repeats = part.columns.iter().any(|column| column.repeats);
    if repeats && part.rows <= slice * WHOLE_SLICES {
        return Ok(vec![Piece::of_part(part)?]);
    }
    let (frame, slice) = (part.into_frame()?, slice * PLAIN_SLICES);
    Ok(starts(&frame, slice).map(|start| cut(&frame, start, slice)).collect())
}

/// These rows, some slices at a time.
fn in_slices<R: Send>(
    runner: &mut Runner<'_>,
    line: &mut Line<'_>,
    notes: &Notes,
    blocks: &[DataFrame],
    work: &(impl Fn(Piece) -> Outcome<R> + Sync),
    take: &mut impl FnMut(R) -> Outcome<()>,
) -> Outcome<()> {
    let slice = runner.pace.slice * if line.multiplies() { 1 } else { PLAIN_SLICES };
    let slices: Vec<(&DataFrame, usize)> =
        blocks.iter().flat_map(|block| starts(block, slice).map(move |start| (block, start))).collect();
    for slices in slices.chunks(AT_ONCE) {
        runner.uncancelled()?;
        #[cfg(test)]
        let under_way = std::sync::atomic::AtomicUsize::new(blocks.iter().map(DataFrame::height).sum());
        let one = |(block, start): &(&DataFrame, usize)| {
            through(line, cut(block, *start, slice), notes, |rows| {
                #[cfg(test)]
                under_way.fetch_add(rows.height(), std::sync::atomic::Ordering::Relaxed);
                work(rows)
            })
        };
        let done: Vec<Outcome<Done<R>>> = RAYON.install(|| slices.par_iter().map(one).collect());
        #[cfg(test)]
        runner.pace.peak.fetch_max(under_way.into_inner(), std::sync::atomic::Ordering::Relaxed);
        for done in done {
            let (result, told) = done?;
            line.note(runner, told)?;
            take(result)?;
        }
    }
    Ok(())
}

fn through<R>(line: &Line<'_>, piece: Piece, notes: &Notes, work: impl Fn(Piece) -> Outcome<R>) -> Outcome<Done<R>> {
    let mut told = vec![];
    let rows = line.apply(piece, notes, &mut told)?;
    Ok((work(rows)?, told))
}

/// Where slices begin, at least one.
fn starts(block: &DataFrame, slice: usize) -> impl Iterator<Item = usize> + use<> {
    (0..block.height().max(1)).step_by(slice)
}

fn cut(frame: &DataFrame, start: usize, rows: usize) -> Piece {
    if frame.width() == 0 {
        return Piece::of_frame(DataFrame::empty_with_height(rows.min(frame.height() - start.min(frame.height()))));
    }
    Piece::of_frame(frame.slice(start as i64, rows))
}
