//! The pages of schedules: the calendar, the simulator, backfills.

use serde_json::{Value, json};

use crate::asked::Asked;
use crate::launch;
use crate::pages::{PageResult, of_project, told};
use crate::reply::{Problem, Reply};
use crate::{schedule_api, views};

/// Fires that were and that come, as a calendar and as lists.
pub fn schedule(asked: &Asked) -> PageResult {
    let served = asked.project()?;
    let mut view = json!({
        "schedule": views::schedule(&asked.app, served, served.state()?.as_ref())?,
        "fires": views::fires(&asked.app, served)?,
        "runs_here": asked.app.runs_schedules,
    });
    if !view["schedule"].is_null() {
        view["month"] = views::month(&asked.app, served, asked.query("month"), asked.query("day"))?;
    }
    of_project(asked, "schedule.html", "schedule", view)
}

/// What the schedule would do in a time.
pub fn simulation(asked: &Asked) -> PageResult {
    let given = |name: &str| asked.query(name).map(str::to_owned);
    let found = asked.query("from").map(|_| views::simulation(&asked.app, asked.project()?, given));
    asked_fires(asked, "simulation.html", found)
}

/// Which fires a backfill would run, and the form that starts it.
pub fn backfill(asked: &Asked) -> PageResult {
    let found = asked.query("from").map(|_| {
        let backfill = schedule_api::wanted(|name| asked.query(name).map(str::to_owned), asked.flag("missing_only")?)?;
        views::backfill(&asked.app, asked.project()?, &backfill)
    });
    asked_fires(asked, "backfill.html", found)
}

/// A form with what was asked, and the answer below it.
fn asked_fires(asked: &Asked, template: &str, found: Option<Result<Value, Problem>>) -> PageResult {
    let served = asked.project()?;
    views::timetable_of(&served.load(&*asked.app.program))?;
    let mut view = match found {
        None => json!({}),
        Some(Ok(found)) => found,
        // What is wrong with a time is told beside the form.
        Some(Err(problem)) if problem.status == 422 => json!({"wrong": problem.message}),
        Some(Err(problem)) => return Err(problem),
    };
    view["given"] = asked.query.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    of_project(asked, template, "schedule", view)
}

/// Starts a backfill, and shows the first of its runs.
pub fn start_backfill(asked: &Asked) -> PageResult {
    let fields = asked.form();
    let given = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let is_set = |name: &str| given(name).is_some();
    let arguments = schedule_api::backfill_arguments(given, is_set("missing_only"), is_set("keep_going"))?;
    told(asked, launch::backfill(&asked.app, asked.project()?, &arguments)?)
}

/// Lets no fire run.
pub fn pause(asked: &Asked) -> PageResult {
    said(asked, "pause")
}

/// Ends a pause.
pub fn resume(asked: &Asked) -> PageResult {
    said(asked, "resume")
}

fn said(asked: &Asked, command: &str) -> PageResult {
    let served = asked.project()?;
    launch::told(&asked.app, served, &[command.to_owned()])?;
    let back = match asked.form().iter().any(|(name, value)| name == "back" && value == "projects") {
        true => "/".to_owned(),
        false => format!("/p/{}/schedule", served.slug),
    };
    Ok(Reply::SeeOther(back, None))
}
