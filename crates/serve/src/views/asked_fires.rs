//! Fires that somebody asks about: what a schedule would do in a time, and which a backfill would run.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use tidemill_core::schedule::{FireClaim, FireOutcome, simulate};
use tidemill_core::spec::HumanDuration;
use tidemill_runner::Failure;
use tidemill_runner::trigger::PointInTime;
use tidemill_scheduler::{Backfill, Question, words};

use super::run::status_mark;
use super::schedule::{PastFires, timetable_of};
use crate::app::App;
use crate::project::ServedProject;
use crate::reply::Problem;

/// At most so many fires at a time.
const MOST: usize = 2_000;

/// A time as it is given.
///
/// # Errors
/// If it is none.
pub fn time(name: &str, text: Option<&str>) -> Result<PointInTime, Problem> {
    let text = text.unwrap_or_default().trim();
    PointInTime::parse(text).map_err(|error| Problem { status: 422, message: format!("`{name}` is {error}") })
}

/// What the schedule would do in a time.
///
/// # Errors
/// If a time is none, or there are too many fires in it.
pub fn simulation(app: &App, served: &ServedProject, given: impl Fn(&str) -> Option<String>) -> Result<Value, Problem> {
    let pipeline = served.load(&*app.program);
    let (schedule, calendar) = timetable_of(&pipeline)?;
    let failed = |failure: Failure| Problem::of(&failure, app.program.failure_text(&failure));
    let takes = given("takes").filter(|text| !text.is_empty()).unwrap_or_else(|| "0s".to_owned());
    let takes = HumanDuration::parse(&takes).map_err(|message| Problem { status: 422, message })?.into();
    let down = given("down").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    let (from, to) = (time("from", given("from").as_deref())?, time("to", given("to").as_deref())?);
    let simulation =
        Question { from, to, down, takes }.of(&pipeline.name, &schedule, calendar.clone()).map_err(failed)?;
    let count = calendar.after(simulation.from).take_while(|fire| *fire < simulation.to).take(MOST + 1).count();
    at_most(count)?;
    let clock = pipeline.clock();
    let fires = simulate(&simulation);
    let lines = fires.iter().map(|one| {
        let word = fate_word(one.fate);
        json!({
            "fire": one.fire, "at": one.at, "status": word, "mark": status_mark(word),
            "told": words::fate(one, calendar.zone()), "shown": clock.show_with_zone(one.fire),
            "clock": words::clock_change(&calendar, one.fire),
        })
    });
    Ok(json!({"fires": lines.collect::<Vec<_>>()}))
}

/// The word of a run that ends so.
fn fate_word(fate: FireOutcome) -> &'static str {
    match fate {
        FireOutcome::Ran(FireClaim::OnTime | FireClaim::Queued) => "success",
        FireOutcome::Ran(FireClaim::CaughtUp) => "restored",
        FireOutcome::Cancelled => "cancelled",
        FireOutcome::Died => "interrupted",
        FireOutcome::Skipped(_) => "skipped",
    }
}

/// The fires that a backfill would run, with how each stands now.
///
/// # Errors
/// If there are too many, or the state cannot be read.
pub fn backfill(app: &App, served: &ServedProject, asked: &Backfill) -> Result<Value, Problem> {
    let pipeline = served.load(&*app.program);
    let (_, calendar) = timetable_of(&pipeline)?;
    let failed = |failure: Failure| Problem::of(&failure, app.program.failure_text(&failure));
    let state = served.state()?;
    let fires = asked.fires(&calendar, &pipeline.name, state.as_ref(), Timestamp::now()).map_err(failed)?;
    let fires: Vec<Timestamp> = fires.take(MOST + 1).collect();
    at_most(fires.len())?;
    let clock = pipeline.clock();
    let mut recorded: HashMap<Timestamp, Value> = HashMap::new();
    if let (Some(state), Some(first), Some(last)) = (&state, fires.first(), fires.last()) {
        let told = PastFires::of(state, &pipeline)?;
        for fire in state.fires(
            &pipeline.name,
            *first,
            last.saturating_add(jiff::SignedDuration::from_secs(1)).unwrap_or(*last),
        )? {
            recorded.insert(fire.instant, told.line(&fire, &clock)?);
        }
    }
    let mut line = |fire: &Timestamp| {
        let not_recorded = || json!({"fire": fire, "shown": clock.show_with_zone(*fire), "status": null});
        recorded.remove(fire).unwrap_or_else(not_recorded)
    };
    Ok(json!({"fires": fires.iter().map(&mut line).collect::<Vec<_>>()}))
}

fn at_most(count: usize) -> Result<(), Problem> {
    match count > MOST {
        true => {
            Err(Problem { status: 422, message: format!("these are more than {MOST} fires; ask for a shorter time") })
        }
        false => Ok(()),
    }
}
