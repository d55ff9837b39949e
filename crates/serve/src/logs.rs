//! The logs of runs and tasks.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use tidemill_core::ids::RunId;
use tidemill_core::printable::printable;
use tidemill_state::TaskRecord;

use crate::files;
use crate::project::Served;
use crate::reply::Problem;

/// The name under which a run's own log is.
pub const OF_THE_RUN: &str = "run";
/// At most so many bytes of a log are shown: its end.
const MOST: u64 = 1 << 20;
/// To find the last lines, so many bytes are read.
const END: u64 = 16 << 10;

/// The text of a log, or its end if it is long, and whether something is left out.
///
/// # Errors
/// If there is none.
pub fn text(served: &Served, run: &RunId, name: &str) -> Result<(String, bool), Problem> {
    let mut file = open(served, run, name).ok_or_else(|| Problem::missing("there is no such log"))?;
    let unreadable = |error: std::io::Error| Problem::broken(format!("cannot read the log: {error}"));
    let length = file.metadata().map_err(unreadable)?.len();
    let (text, is_cut) = end(&mut file, length, MOST).map_err(unreadable)?;
    Ok((printable(&text).into_owned(), is_cut))
}

/// Whether there is a log.
pub fn exists(served: &Served, run: &RunId, name: &str) -> bool {
    open(served, run, name).is_some()
}

/// The last lines of a log; none if there is no log.
pub fn last_lines(served: &Served, run: &RunId, name: &str, most: usize) -> Vec<String> {
    let Some(mut file) = open(served, run, name) else { return Vec::new() };
    let length = file.metadata().map_or(0, |found| found.len());
    let text = end(&mut file, length, END).map(|(text, _)| text).unwrap_or_default();
    let lines: Vec<String> = text.lines().map(|line| printable(line).into_owned()).collect();
    lines[lines.len().saturating_sub(most)..].to_vec()
}

/// The tasks that the log of a run says have started and that are not among these, which have ended.
pub fn running(served: &Served, run: &RunId, ended: &[TaskRecord]) -> Vec<String> {
    let Ok((text, _)) = text(served, run, OF_THE_RUN) else { return Vec::new() };
    let mut running: Vec<String> = text.lines().filter_map(started).map(str::to_owned).collect();
    running.sort_unstable();
    running.dedup();
    running.retain(|name| !ended.iter().any(|task| task.task.as_str() == name));
    running
}

/// The task of a line `… INFO attempt 1 starts task="orders"`. Nothing else tells of a start while the run goes on.
fn started(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once(" INFO attempt ")?;
    let (number, rest) = rest.split_once(" starts task=\"")?;
    number.parse::<u32>().ok()?;
    rest.strip_suffix('"')
}

fn open(served: &Served, run: &RunId, name: &str) -> Option<File> {
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
        assert_eq!(started(line), Some("by_country@FR"));
        for other in ["", "INFO attempt", " INFO attempt one starts task=\"a\"", " INFO because first run task=\"a\""] {
            assert_eq!(started(other), None, "{other}");
        }
    }
}
