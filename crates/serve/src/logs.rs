//! The logs of runs and tasks.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::PoisonError;

use jiff::Timestamp;
use tidemill_core::ids::RunId;
use tidemill_core::printable::printable;

use crate::files;
use crate::project::ServedProject;
use crate::reply::Problem;
use crate::starts::Starts;

/// The name under which a run's own log is.
pub const OF_THE_RUN: &str = "run";
/// At most so many bytes of a log are shown: its end.
const MOST: u64 = 1 << 20;
/// To find the last lines, so many bytes are read.
const END: u64 = 16 << 10;

/// A log, from its beginning.
///
/// # Errors
/// If there is none.
pub fn file(served: &ServedProject, run: &RunId, name: &str) -> Result<File, Problem> {
    open(served, run, name).ok_or_else(none)
}

/// The text of a log, or its end if it is long, whether something is left out, and how long the log is.
///
/// # Errors
/// If there is none.
pub fn text(served: &ServedProject, run: &RunId, name: &str) -> Result<(String, bool, u64), Problem> {
    let mut file = file(served, run, name)?;
    let unreadable = |error: std::io::Error| Problem::broken(format!("cannot read the log: {error}"));
    let length = file.metadata().map_err(unreadable)?.len();
    let (text, is_cut) = end(&mut file, length, MOST).map_err(unreadable)?;
    Ok((printable(&text).into_owned(), is_cut, length))
}

/// There is no log of that name.
pub fn none() -> Problem {
    Problem::missing("there is no such log")
}

/// Whether there is a log.
pub fn exists(served: &ServedProject, run: &RunId, name: &str) -> bool {
    open(served, run, name).is_some()
}

/// The last lines of a log; none if there is no log.
pub fn last_lines(served: &ServedProject, run: &RunId, name: &str, most: usize) -> Vec<String> {
    let Some(mut file) = open(served, run, name) else { return Vec::new() };
    let length = file.metadata().map_or(0, |found| found.len());
    let text = end(&mut file, length, END).map(|(text, _)| text).unwrap_or_default();
    let lines: Vec<String> = text.lines().map(|line| printable(line).into_owned()).collect();
    lines[lines.len().saturating_sub(most)..].to_vec()
}

/// A task that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningTask {
    /// Its id.
    pub name: String,
    /// When its last attempt began.
    pub started: Timestamp,
}

/// The tasks that the log of a run says have started and that have not ended; by their ids.
pub fn running(served: &ServedProject, run: &RunId, has_ended: &dyn Fn(&str) -> bool) -> Vec<RunningTask> {
    let mut starts = served.starts.lock().unwrap_or_else(PoisonError::into_inner);
    if starts.run.as_ref() != Some(run) {
        *starts = Starts { run: Some(run.clone()), ..Starts::default() };
    }
    while let Some((text, end)) = added(served, run, OF_THE_RUN, starts.place).filter(|(_, end)| *end > starts.place) {
        let new = text.lines().filter_map(started).map(|(name, started)| (name.to_owned(), started));
        starts.tasks.extend(new);
        starts.place = end;
    }
    // What has ended starts no more in this run.
    starts.tasks.retain(|name, _| !has_ended(name));
    starts.tasks.iter().map(|(name, started)| RunningTask { name: name.clone(), started: *started }).collect()
}

/// The task and the time of a line `… INFO attempt 1 starts task="orders"`. Nothing else tells of a start while the run goes
/// on.
fn started(line: &str) -> Option<(&str, Timestamp)> {
    let (time, rest) = line.split_once(" INFO attempt ")?;
    let (number, rest) = rest.split_once(" starts task=\"")?;
    number.parse::<u32>().ok()?;
    Some((rest.strip_suffix('"')?, time.trim().parse().ok()?))
}

/// What has been added to a log since it was so long: whole lines, and how long it is with them. None if there is no log yet.
pub fn added(served: &ServedProject, run: &RunId, name: &str, since: u64) -> Option<(String, u64)> {
    let mut file = open(served, run, name)?;
    file.seek(SeekFrom::Start(since)).ok()?;
    let mut bytes = Vec::new();
    file.take(MOST).read_to_end(&mut bytes).ok()?;
    // A line that is being written is told when it is whole; one that is too long, in pieces.
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let whole = if whole == 0 && bytes.len() as u64 == MOST { bytes.len() } else { whole };
    bytes.truncate(whole);
    Some((printable(&String::from_utf8_lossy(&bytes)).into_owned(), since + whole as u64))
}

fn open(served: &ServedProject, run: &RunId, name: &str) -> Option<File> {
    let path = files::within(served.folder(), &format!("logs/{run}/{name}.log"))?;
    // A name with a slash would be a log of another folder.
    (path.parent()? == served.folder().canonicalize().ok()?.join("logs").join(run.as_str())).then_some(())?;
    File::open(path).ok()
}

/// The last bytes of a file, from the beginning of a line on.
fn end(file: &mut File, length: u64, most: u64) -> std::io::Result<(String, bool)> {
    let is_cut = length > most;
    file.seek(SeekFrom::Start(length.saturating_sub(most)))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let text = match text.split_once('\n') {
        Some((_, rest)) if is_cut => rest.to_owned(),
        _ => text.into_owned(),
    };
    Ok((text, is_cut))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_read_off_its_line() {
        let line = "2026-11-27T10:16:02.662232Z  INFO attempt 2 starts task=\"by_country@FR\"";
        let at = "2026-11-27T10:16:02.662232Z".parse().expect("a time");
        assert_eq!(started(line), Some(("by_country@FR", at)));
        for other in ["", "INFO attempt", " INFO attempt one starts task=\"a\"", " INFO because first run task=\"a\""] {
            assert_eq!(started(other), None, "{other}");
        }
    }
}
