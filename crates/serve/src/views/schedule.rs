//! How a schedule stands: its facts, the fires that come and those that were.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tidemill_core::schedule::{Timetable, WallClock};
use tidemill_core::spec::Schedule;
use tidemill_runner::Failure;
use tidemill_scheduler::words;
use tidemill_state::{Fire, FireStatus, Run, State};

use super::run::status_mark;
use crate::app::App;
use crate::project::{Pipeline, ServedProject};
use crate::reply::Problem;

/// So far back fires are listed.
const PAST: SignedDuration = SignedDuration::from_hours(14 * 24);
/// So many fires that come, and at most so many that were.
const COMING: usize = 10;
const MOST_PAST: usize = 100;

/// How the schedule of a project stands; None if it has none.
///
/// # Errors
/// If the schedule is wrong or the state cannot be read.
pub fn schedule(app: &App, served: &ServedProject, state: Option<&State>) -> Result<Option<Value>, Problem> {
    let pipeline = served.load(&*app.program);
    let Some(spec) = &pipeline.spec else { return Ok(None) };
    let failed = |failure: Failure| Problem::of(&failure, app.program.failure_text(&failure));
    let schedule = app.program.schedule(spec, state, &pipeline.clock()).map_err(failed)?;
    Ok(schedule.map(|schedule| json!({"now": schedule.json, "facts": schedule.facts})))
}

/// The schedule of a pipeline and its calendar; None if it has none.
pub fn calendar(pipeline: &Pipeline) -> Option<(Schedule, Timetable)> {
    let schedule = pipeline.spec.as_ref()?.schedule.clone()?;
    let calendar = Timetable::new(&schedule).ok()?;
    Some((schedule, calendar))
}

/// The same.
///
/// # Errors
/// If it has none.
pub fn timetable_of(pipeline: &Pipeline) -> Result<(Schedule, Timetable), Problem> {
    calendar(pipeline).ok_or_else(|| Problem { status: 422, message: "the pipeline has no schedule".to_owned() })
}

/// The fires of a project around now, the latest first; empty if it has no schedule.
///
/// # Errors
/// If the state cannot be read.
pub fn fires(app: &App, served: &ServedProject) -> Result<Value, Problem> {
    let pipeline = served.load(&*app.program);
    let Some((_, calendar)) = calendar(&pipeline) else { return Ok(json!({})) };
    let (now, clock) = (Timestamp::now(), pipeline.clock());
    let coming: Vec<Value> = calendar
        .after(now)
        .take(COMING)
        .map(|fire| json!({"fire": fire, "shown": clock.show_with_zone(fire), "in": words::distance(fire, now)}))
        .collect();
    let mut past = Vec::new();
    if let Some(state) = served.state()? {
        let told = PastFires::of(&state, &pipeline)?;
        let from = now.checked_sub(PAST).unwrap_or(now);
        for fire in state.fires(&pipeline.name, from, now)?.iter().rev().take(MOST_PAST) {
            past.push(told.line(fire, &clock)?);
        }
    }
    Ok(json!({"coming": coming, "past": past}))
}

/// What became of fires.
pub struct PastFires<'s> {
    state: &'s State,
    /// The times for which a run has succeeded, be it that of the fire or another.
    done: HashSet<Timestamp>,
}

impl<'s> PastFires<'s> {
    /// Those of a pipeline.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn of(state: &'s State, pipeline: &Pipeline) -> Result<Self, Problem> {
        let times = state.succeeded_times(&pipeline.name)?;
        Ok(Self { state, done: times.iter().filter_map(|time| time.parse().ok()).collect() })
    }

    /// Whether a run has succeeded for that time.
    pub fn is_done(&self, instant: Timestamp) -> bool {
        self.done.contains(&instant)
    }

    /// A fire, with how it ended.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn line(&self, fire: &Fire, clock: &WallClock) -> Result<Value, Problem> {
        let run = fire.run.as_ref().map(|run| self.state.run(run.as_str())).transpose()?.flatten();
        let word = word(fire, run.as_ref());
        Ok(json!({
            "fire": fire.instant,
            "run": fire.run,
            "status": word,
            "reason": fire.reason,
            "made_up": word != "success" && self.is_done(fire.instant),
            "shown": clock.show_with_zone(fire.instant),
            "mark": status_mark(word),
        }))
    }
}

fn word(fire: &Fire, run: Option<&Run>) -> &'static str {
    match (run, fire.status) {
        (Some(run), _) => run.status().word(),
        (None, FireStatus::Skipped) => "skipped",
        (None, _) if fire.is_lost() => "lost",
        (None, FireStatus::Done) => "done",
        (None, FireStatus::Due) => "due",
    }
}
