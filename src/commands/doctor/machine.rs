//! What belongs to the machine: the folder, the disk, the state and its lock, the clock, SQLite.

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tidemill_state::{Lock, Run, State, StateError, sqlite_version};

use super::finding::Finding;
use crate::summary::shown;
use crate::unknown_effects;

/// With less room than this, runs are about to fail, in bytes.
const SCARCE: u64 = 100 << 20;
/// With less than this it is worth knowing.
const LITTLE: u64 = 1 << 30;
/// A clock that is this far behind what it showed before was set back, in seconds.
const BACK: f64 = 60.0;

/// Whether the folder can be written, and how much room there is.
pub fn folder(project: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.push(match rustix::fs::access(project, rustix::fs::Access::WRITE_OK) {
        Ok(()) => Finding::ok("folder", format!("{} can be written", project.display())),
        Err(error) => Finding::bad("folder", format!("{} cannot be written: {error}", project.display()))
            .help("run as its owner, or give yourself the right to write there"),
    });
    findings.push(match rustix::fs::statvfs(project) {
        Ok(disk) => room(disk.f_bavail.saturating_mul(disk.f_frsize), disk.f_files > 0 && disk.f_favail < 1000),
        Err(error) => Finding::note("disk", format!("how much room there is cannot be found out: {error}")),
    });
    findings
}

fn room(free: u64, few_files: bool) -> Finding {
    let told = format!("{:.1} GB are free", free as f64 / 1e9);
    let help = "make room: `tidemill cache gc` removes what nothing needs, `retention` in the file keeps it small";
    match free {
        _ if few_files => Finding::bad("disk", "there is no room for more files (inodes)").help(help),
        0..SCARCE => Finding::bad("disk", told).help(help),
        SCARCE..LITTLE => Finding::note("disk", told).help(help),
        _ => Finding::ok("disk", told),
    }
}

/// The state, and what in it is in doubt. The last run, for the clock.
pub fn state(project: &Path, pipeline: &str) -> (Vec<Finding>, Option<Run>) {
    let state = match State::open_read_only(project) {
        Ok(Some(state)) => state,
        Ok(None) => return (vec![Finding::ok("state", "nothing has run here yet")], None),
        Err(error) => return (vec![broken(&error)], None),
    };
    let look = || -> Result<(Vec<Finding>, Option<Run>), StateError> {
        let integrity = state.integrity()?;
        let runs = state.run_ids(pipeline)?.len();
        let mut findings = vec![if integrity == "ok" {
            let runs = if runs == 1 { "1 run".to_owned() } else { format!("{runs} runs") };
            Finding::ok("state", format!("sound, schema {}, {runs}", state.schema_version()))
        } else {
            damaged(&integrity)
        }];
        let unknown = state.unknown_effects(pipeline)?;
        findings.extend(unwritable(project));
        findings.push(match unknown.len() {
            0 => Finding::ok("ledger", "of all that was sent it is known"),
            _ => {
                let told: Vec<String> = unknown
                    .iter()
                    .map(|effect| format!("{}: {}", effect.task, unknown_effects::sentence(effect)))
                    .collect();
                Finding::bad("ledger", told.join("; ")).help(unknown_effects::HELP)
            }
        });
        Ok((findings, state.last_run(pipeline)?))
    };
    look().unwrap_or_else(|error| (vec![broken(&error)], None))
}

/// Files of the state that a run could not write.
fn unwritable(project: &Path) -> Option<Finding> {
    let files = State::unwritable(project);
    let named: Vec<String> = files.iter().map(|file| shown(file)).collect();
    match files.first()?.extension() {
        Some(ending) if ending == "db" => Some(
            Finding::bad("state", format!("{} may not be written", named.join(", ")))
                .help("give yourself the right to write: `chmod u+w` them, or run as their owner"),
        ),
        _ => Some(Finding::note("state", format!("{} may not be written: the next run mends that", named.join(", ")))),
    }
}

fn broken(error: &StateError) -> Finding {
    match error {
        StateError::Newer { .. } => {
            Finding::bad("state", error.to_string()).help("use the Tidemill that wrote it, or a newer one")
        }
        StateError::Older { .. } => Finding::ok("state", format!("{error}: the next run brings it up to date")),
        _ if error.is_damage() => damaged(&error.to_string()),
        _ => Finding::bad("state", error.to_string()),
    }
}

fn damaged(what: &str) -> Finding {
    Finding::bad("state", format!("it is damaged: {what}")).help(
        "move the folder .tidemill away: everything runs again, published files stay, history is lost, and mails that were \
         sent by hand are sent again",
    )
}

/// Who holds the project.
pub fn lock(project: &Path, pipeline: &str) -> Finding {
    match Lock::holder(project, pipeline) {
        Ok(None) => Finding::ok("lock", "free: no run is going on"),
        Ok(Some(held)) => Finding::note("lock", held.to_string()).help("a further run waits for it"),
        Err(error) => Finding::bad("lock", error.to_string()),
    }
}

/// The clock, in the pipeline's zone; whether it has been set back since the last run.
pub fn clock(now: Timestamp, zone: &TimeZone, name: &str, last: Option<&Run>) -> Finding {
    let told = now.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string();
    let told = if told.ends_with(name) { told } else { format!("{told} ({name})") };
    let ahead = last.map_or(0.0, |run| run.ended.unwrap_or(run.start.started).duration_since(now).as_secs_f64());
    if ahead > BACK {
        let run = last.map_or_else(String::new, |run| run.id.to_string());
        return Finding::bad("clock", format!("{told}; but run {run} ended {ahead:.0} s later than that"))
            .help("set the clock; let the system keep it by NTP");
    }
    Finding::ok("clock", told)
}

/// The SQLite in this binary.
pub fn sqlite() -> Finding {
    match sqlite_version() {
        (version, false) => Finding::ok("sqlite", version),
        (version, true) => Finding::bad("sqlite", format!("{version} can lose what was written (before 3.51.3)"))
            .help("build Tidemill with the SQLite that it brings"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::FindingStatus;
    use super::*;

    #[test]
    fn little_room_is_told_before_there_is_none() {
        let of = |free, few| room(free, few).status;
        assert_eq!(of(50 << 20, false), FindingStatus::Bad);
        assert_eq!(of(500 << 20, false), FindingStatus::Note);
        assert_eq!(of(5 << 30, false), FindingStatus::Ok);
        assert_eq!(of(5 << 30, true), FindingStatus::Bad);
    }

    #[test]
    fn a_clock_that_was_set_back_is_told() {
        let now: Timestamp = "2024-11-20T19:45:00Z".parse().expect("an instant");
        assert_eq!(clock(now, &TimeZone::UTC, "GMT", None).message, "2024-11-20 19:45:00 UTC (GMT)");
    }
}
