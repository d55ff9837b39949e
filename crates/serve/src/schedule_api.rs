//! The API of schedules.

use serde_json::{Value, json};
use tidemill_scheduler::Backfill;

use crate::api::{Answer, ok, told};
use crate::asked::Asked;
use crate::launch;
use crate::reply::Problem;
use crate::views;

/// How the schedule stands, with the fires around now and those of a month.
pub fn schedule(asked: &Asked) -> Answer {
    let served = asked.project()?;
    let Some(schedule) = views::schedule(&asked.app, served, served.state()?.as_ref())? else {
        return ok(json!({"schedule": null}));
    };
    let month = views::month(&asked.app, served, asked.query("month"), asked.query("day"))?;
    ok(json!({"schedule": schedule["now"], "fires": views::fires(&asked.app, served)?, "month": month}))
}

/// What the schedule would do in a time.
pub fn simulation(asked: &Asked) -> Answer {
    let given = |name: &str| asked.query(name).map(str::to_owned);
    ok(views::simulation(&asked.app, asked.project()?, given)?)
}

/// Which fires a backfill would run.
pub fn backfill(asked: &Asked) -> Answer {
    let backfill = wanted(|name| asked.query(name).map(str::to_owned), asked.flag("missing_only")?)?;
    ok(views::backfill(&asked.app, asked.project()?, &backfill)?)
}

/// A backfill as it is asked for.
///
/// # Errors
/// If a time is none.
pub fn wanted(given: impl Fn(&str) -> Option<String>, missing_only: bool) -> Result<Backfill, Problem> {
    let time = |name: &str| views::time(name, given(name).as_deref());
    Ok(Backfill { from: time("from")?, to: time("to")?, missing_only })
}

/// Runs the fires of a time, one after the other.
pub fn start_backfill(asked: &Asked) -> Answer {
    let body = asked.json(&["from", "to", "missing_only", "keep_going"])?;
    let given = |name: &str| body[name].as_str().map(str::to_owned);
    let is_set = |name: &str| match &body[name] {
        Value::Null => Ok(false),
        value => value.as_bool().ok_or_else(|| Problem::bad(format!("`{name}` is neither true nor false"))),
    };
    let arguments = backfill_arguments(given, is_set("missing_only")?, is_set("keep_going")?)?;
    told(launch::backfill(&asked.app, asked.project()?, &arguments)?)
}

/// The command line of a backfill.
///
/// # Errors
/// If a time is none.
pub fn backfill_arguments(
    given: impl Fn(&str) -> Option<String>,
    missing_only: bool,
    keep_going: bool,
) -> Result<Vec<String>, Problem> {
    // Whatever is a time is no flag.
    wanted(&given, missing_only)?;
    let time = |name: &str| format!("--{name}={}", given(name).unwrap_or_default().trim());
    let mut arguments = vec!["backfill".to_owned(), time("from"), time("to")];
    arguments.extend(missing_only.then(|| "--missing-only".to_owned()));
    arguments.extend(keep_going.then(|| "--keep-going".to_owned()));
    Ok(arguments)
}

/// Lets no fire of the schedule run.
pub fn pause(asked: &Asked) -> Answer {
    said(asked, "pause")
}

/// Ends a pause.
pub fn resume(asked: &Asked) -> Answer {
    said(asked, "resume")
}

fn said(asked: &Asked, command: &str) -> Answer {
    let message = launch::told(&asked.app, asked.project()?, &[command.to_owned()])?;
    ok(json!({"message": message}))
}
