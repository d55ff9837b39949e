//! Sends the rows of a line's source through its steps.

use polars::prelude::DataFrame;
use polars_core::runtime::RAYON;
use rayon::prelude::*;
use tidemill_core::table::EngineError;

use super::line::{Line, Source, Told};
use crate::eval::Notes;
use crate::failure::Outcome;
use crate::run::Runner;

/// Slices that are worked on side by side before their results are taken.
const AT_ONCE: usize = 8;

/// Without a join a piece only becomes smaller, and larger ones cost less.
const PLAIN_SLICES: usize = 8;

/// Calls `work` with what the steps make of each slice, side by side, and `take` with its results, in the order of the rows.
/// There is at least one slice, if of no rows.
pub(crate) fn drive<'a, 'r, R: Send>(
    runner: &mut Runner<'r>,
    line: &mut Line<'a>,
    notes: &Notes,
    work: impl Fn(DataFrame) -> Outcome<R> + Sync,
    mut take: impl FnMut(&mut Runner<'r>, &mut Line<'a>, R) -> Outcome<()>,
) -> Outcome<()> {
    let slice = runner.pace.slice * if line.multiplies() { 1 } else { PLAIN_SLICES };
    let parts = match &line.source {
        Source::Frame(_) => 1,
        Source::Stored(stored, _) => stored.len(),
    };
    // So many parts of a file are read at a time.
    let step = RAYON.current_num_threads().max(1);
    for part in (0..parts).step_by(step) {
        let blocks = match &line.source {
            Source::Frame(frame) => vec![frame.clone()],
            Source::Stored(stored, columns) => stored.frames(part, parts.min(part + step), Some(columns))?,
        };
        let starts = |block: &DataFrame| (0..block.height().max(1)).step_by(slice);
        let pieces: Vec<(&DataFrame, usize)> =
            blocks.iter().flat_map(|block| starts(block).map(move |start| (block, start))).collect();
        for pieces in pieces.chunks(AT_ONCE) {
            if runner.is_cancelled() {
                return Err(EngineError::Cancelled);
            }
            #[cfg(test)]
            let under_way = std::sync::atomic::AtomicUsize::new(blocks.iter().map(DataFrame::height).sum());
            let done: Vec<Outcome<(R, Vec<Told>)>> = RAYON.install(|| {
                let one = |(block, start): &(&DataFrame, usize)| {
                    let mut told = vec![];
                    let rows = line.apply(cut(block, *start, slice), notes, &mut told)?;
                    #[cfg(test)]
                    under_way.fetch_add(rows.height(), std::sync::atomic::Ordering::Relaxed);
                    Ok((work(rows)?, told))
                };
                pieces.par_iter().map(one).collect()
            });
            #[cfg(test)]
            runner.pace.peak.fetch_max(under_way.into_inner(), std::sync::atomic::Ordering::Relaxed);
            for done in done {
                let (result, told) = done?;
                line.note(runner, told)?;
                take(runner, line, result)?;
            }
        }
    }
    Ok(())
}

fn cut(frame: &DataFrame, start: usize, rows: usize) -> DataFrame {
    if frame.width() == 0 {
        return DataFrame::empty_with_height(rows.min(frame.height() - start.min(frame.height())));
    }
    frame.slice(start as i64, rows)
}
