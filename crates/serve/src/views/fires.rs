//! The fires of a schedule: those that were, with how each ended, and those that come.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tidemill_core::schedule::Calendar;
use tidemill_runner::Failure;
use tidemill_state::{FireStatus, State};

use super::run::status_mark;
use crate::app::App;
use crate::project::Served;
use crate::reply::Problem;

/// So far back fires are shown.
const PAST: SignedDuration = SignedDuration::from_hours(14 * 24);
/// So many fires that come, and at most so many that were.
const COMING: usize = 10;
const MOST_PAST: usize = 100;

/// How the schedule of a project stands; None if it has none.
///
/// # Errors
/// If the schedule is wrong or the state cannot be read.
pub fn schedule(app: &App, served: &Served, state: Option<&State>) -> Result<Option<Value>, Problem> {
    let pipeline = served.load(&*app.program);
    let Some(spec) = &pipeline.spec else { return Ok(None) };
    let failed = |failure: Failure| Problem::of(&failure, app.program.failure_text(&failure));
    let schedule = app.program.schedule(spec, state, &pipeline.clock()).map_err(failed)?;
    Ok(schedule.map(|schedule| json!({"now": schedule.json, "facts": schedule.facts})))
}

/// The fires of a project, the latest first; empty if it has no schedule.
///
/// # Errors
/// If the state cannot be read.
pub fn fires(app: &App, served: &Served) -> Result<Value, Problem> {
    let pipeline = served.load(&*app.program);
    let schedule = pipeline.spec.as_ref().and_then(|spec| spec.schedule.clone());
    let Some(calendar) = schedule.and_then(|schedule| Calendar::new(&schedule).ok()) else { return Ok(json!({})) };
    let (now, clock) = (Timestamp::now(), pipeline.clock());
    let coming: Vec<Value> = calendar
        .after(now)
        .take(COMING)
        .map(|fire| json!({"fire": fire, "shown": clock.show_with_zone(fire), "in": tidemill_scheduler::words::distance(fire, now)}))
        .collect();
    let mut past = Vec::new();
    if let Some(state) = served.state()? {
        let from = now.checked_sub(PAST).unwrap_or(now);
        for fire in state.fires(&pipeline.name, from, now)?.into_iter().rev().take(MOST_PAST) {
            let run = fire.run.as_ref().map(|run| state.run(run.as_str())).transpose()?.flatten();
            let word = match (&run, fire.status) {
                (Some(run), _) => run.status().word(),
                (None, FireStatus::Skipped) => "skipped",
                (None, _) if fire.is_lost() => "lost",
                (None, FireStatus::Done) => "done",
                (None, FireStatus::Due) => "due",
            };
            past.push(json!({
                "fire": fire.instant,
                "run": fire.run,
                "status": word,
                "reason": fire.reason,
                "shown": clock.show_with_zone(fire.instant),
                "mark": status_mark(word),
            }));
        }
    }
    Ok(json!({"coming": coming, "past": past}))
}
