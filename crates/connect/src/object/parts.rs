//! Copies of parts of remote files on this machine.

use std::fmt;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempPath;
use tidemill_core::private;
use tidemill_core::storage::PartialCopy;
use tidemill_core::table::Location;

use super::copies::PART;
use super::download::download;
use super::fault::Fault;
use super::file_state::FileState;
use super::remote_files::{Incoming, RemoteFiles};

/// What lies no farther apart is asked for together: an answer more takes longer than these bytes.
const NEAR: u64 = 1 << 20;

/// So much is asked for at a time.
const PIECE: u64 = 16 << 20;

/// So many answers come at a time.
const MOST_ANSWERS: usize = 4;

/// A copy of parts of the file that was said to be `state`.
pub(crate) struct Parts<R> {
    remote: Arc<R>,
    location: Location,
    state: FileState,
    length: u64,
    path: TempPath,
    /// What is there, in order, none touching another.
    here: Mutex<Vec<Range<u64>>>,
}

impl<R: RemoteFiles> Parts<R> {
    /// Of a file of that length, with nothing of it yet.
    ///
    /// # Errors
    /// If the system gives no file for it.
    pub fn new(
        folder: &Path,
        remote: &Arc<R>,
        location: &Location,
        state: &FileState,
        length: u64,
    ) -> Result<Self, Fault> {
        private::folder(folder)?;
        let file = tempfile::Builder::new().prefix(PART).tempfile_in(folder)?;
        file.as_file().set_len(length)?;
        let (remote, location, state) = (Arc::clone(remote), location.clone(), state.clone());
        Ok(Self { remote, location, state, length, path: file.into_temp_path(), here: Mutex::default() })
    }

    /// What [`PartialCopy::fetch`] does.
    ///
    /// # Errors
    /// If they cannot be had.
    pub fn bring(&self, parts: &[Range<u64>]) -> Result<(), Fault> {
        let mut here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = pieces(missing(&here, parts, self.length));
        let waiting = Mutex::new(missing.iter());
        let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
        let work = || -> Result<(), Fault> {
            while let Some(piece) = next() {
                let file = File::options().write(true).open(&self.path)?;
                download(&*self.remote, &self.location, &self.state, &mut Incoming::part(file, piece.clone())?)?;
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            // One of them is this thread: without others it takes longer.
            let others: Vec<_> = (1..MOST_ANSWERS.min(missing.len()))
                .filter_map(|_| std::thread::Builder::new().spawn_scoped(scope, work).ok())
                .collect();
            let mine = work();
            others
                .into_iter()
                .map(|other| other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .fold(mine, Result::and)
        })?;
        here.extend(missing);
        *here = united(std::mem::take(&mut *here), 0);
        Ok(())
    }
}

impl<R> fmt::Debug for Parts<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("location", &self.location).finish_non_exhaustive()
    }
}

impl<R: RemoteFiles> PartialCopy for Parts<R> {
    fn path(&self) -> &Path {
        &self.path
    }

    fn length(&self) -> u64 {
        self.length
    }

    fn fetch(&self, parts: &[Range<u64>]) -> io::Result<()> {
        self.bring(parts).map_err(|fault| fault.of(&self.remote.shown(&self.location)))
    }
}

/// The ranges in order, those that lie no farther apart than that as one.
fn united(mut ranges: Vec<Range<u64>>, near: u64) -> Vec<Range<u64>> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_by_key(|range| range.start);
    let mut all: Vec<Range<u64>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match all.last_mut().filter(|last| range.start <= last.end.saturating_add(near)) {
            Some(last) => last.end = last.end.max(range.end),
            None => all.push(range),
        }
    }
    all
}

/// What of these parts, of a file of that length, is not there, as few ranges.
fn missing(here: &[Range<u64>], parts: &[Range<u64>], length: u64) -> Vec<Range<u64>> {
    let within = parts.iter().map(|part| part.start.min(length)..part.end.min(length)).collect();
    let mut missing = Vec::new();
    for part in united(within, 0) {
        let mut start = part.start;
        for known in here.iter().filter(|known| known.start < part.end && known.end > part.start) {
            missing.push(start..known.start.max(start));
            start = known.end.max(start);
        }
        missing.push(start..part.end.max(start));
    }
    united(missing, NEAR)
}

/// The same in pieces that can come beside each other.
fn pieces(ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    let cut = |range: Range<u64>| {
        let end = range.end;
        range.step_by(usize::try_from(PIECE).unwrap_or(usize::MAX)).map(move |start| start..end.min(start + PIECE))
    };
    ranges.into_iter().flat_map(cut).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAR: u64 = 10 * NEAR;

    fn ranges(pairs: &[(u64, u64)]) -> Vec<Range<u64>> {
        pairs.iter().map(|(start, end)| *start..*end).collect()
    }

    #[test]
    fn what_is_there_is_not_asked_for_again() {
        let left = |here: &[_], parts: &[_], length| -> Vec<(u64, u64)> {
            missing(&ranges(here), &ranges(parts), length).into_iter().map(|range| (range.start, range.end)).collect()
        };
        assert_eq!(left(&[], &[(0, 5), (3, 9)], FAR), [(0, 9)]);
        assert_eq!(left(&[(0, 9)], &[(0, 5), (3, 9)], FAR), []);
        assert_eq!(left(&[(2, 4), (6, 8)], &[(0, 10)], FAR), [(0, 10)], "what is near comes once more");
        let far = [(0, 10), (5 * NEAR, 6 * NEAR)];
        assert_eq!(left(&[(0, 10)], &far, FAR), far[1..]);
        assert_eq!(left(&[], &far, FAR), far);
        assert_eq!(left(&[], &[(7, 70)], 10), [(7, 10)], "nothing is behind the end");
    }

    #[test]
    fn large_parts_come_in_pieces() {
        let cut = ranges(&[(1, 5), (10, 10 + PIECE), (10 + PIECE, 12 + PIECE)]);
        assert_eq!(pieces(ranges(&[(1, 5), (10, 12 + PIECE)])), cut);
    }
}
