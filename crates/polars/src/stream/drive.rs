//! Sends the rows of a line's source through its steps.

use polars::prelude::DataFrame;
use polars_core::runtime::RAYON;
use rayon::prelude::*;
use tidemill_core::table::EngineError;

use super::line::{Line, Source, Told};
use super::piece::Piece;
use crate::eval::Notes;
use crate::failure::Outcome;
use crate::run::Runner;
use crate::stored::Stored;

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
    work: impl Fn(Piece) -> Outcome<R> + Sync,
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
            Source::Frame(frame) => vec![Block::Frame(frame.clone())],
            Source::Stored(stored, columns) => {
                let block = |at| Block::read(stored, at, columns, slice);
                RAYON.install(|| (part..parts.min(part + step)).into_par_iter().map(block).collect::<Outcome<_>>())?
            }
        };
        #[cfg(test)]
        let in_blocks: usize = blocks.iter().map(Block::rows).sum();
        let pieces: Vec<(usize, usize)> = blocks
            .iter()
            .enumerate()
            .flat_map(|(at, block)| block.starts(slice).map(move |start| (at, start)))
            .collect();
        for pieces in pieces.chunks(AT_ONCE) {
            if runner.is_cancelled() {
                return Err(EngineError::Cancelled);
            }
            #[cfg(test)]
            let under_way = std::sync::atomic::AtomicUsize::new(in_blocks);
            let done: Vec<Outcome<(R, Vec<Told>)>> = RAYON.install(|| {
                let one = |(at, start): &(usize, usize)| {
                    let mut told = vec![];
                    let rows = line.apply(blocks[*at].piece(*start, slice), notes, &mut told)?;
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

/// Rows of the source that are in memory.
enum Block {
    Frame(DataFrame),
    /// A part that need not be cut.
    Whole(Piece),
}

impl Block {
    fn read(stored: &Stored, at: usize, columns: &[String], slice: usize) -> Outcome<Self> {
        let part = stored.entries(at, Some(columns))?;
        if part.rows > slice {
            return part.into_frame().map(Self::Frame);
        }
        Piece::of_part(part).map(Self::Whole)
    }

    fn rows(&self) -> usize {
        match self {
            Self::Frame(frame) => frame.height(),
            Self::Whole(piece) => piece.height(),
        }
    }

    /// Where pieces of so many rows begin, at least one.
    fn starts(&self, slice: usize) -> impl Iterator<Item = usize> {
        (0..self.rows().max(1)).step_by(slice)
    }

    fn piece(&self, start: usize, slice: usize) -> Piece {
        match self {
            Self::Whole(piece) => piece.clone(),
            Self::Frame(frame) if frame.width() == 0 => {
                let rows = slice.min(frame.height() - start.min(frame.height()));
                Piece::of_frame(DataFrame::empty_with_height(rows))
            }
            Self::Frame(frame) => Piece::of_frame(frame.slice(start as i64, slice)),
        }
    }
}
