//! The pages of a task: what is known of it, its profile, where its columns come from, what changed.

use serde_json::{Value, json};

use crate::asked::Asked;
use crate::pages::{PageResult, of_project};
use crate::reply::Problem;
use crate::{api, rows, task_api, views};

/// A task, with its table.
pub fn task(asked: &Asked) -> PageResult {
    let served = asked.project()?;
    let name = asked.part("task");
    let mut view = views::task(&asked.app, served, name)?;
    view["charts"] = views::charts(&view["runs"]);
    if view["last"]["stored"] == true {
        let page = api::row_query(asked)?;
        match rows::rows(&asked.app, served, name, &page) {
            Ok(table) => view["table"] = table,
            Err(problem) => view["no_table"] = problem.message.into(),
        }
        view["page"] = json!({
            "sort": page.sort, "desc": page.descending, "search": page.search, "offset": page.offset, "limit": page.limit,
        });
    }
    of_project(asked, "task.html", "pipeline", view)
}

/// What the columns of its table hold.
pub fn profile(asked: &Asked) -> PageResult {
    looked(asked, "profile.html", task_api::find_profile(asked))
}

/// The rows that do not pass its checks.
pub fn failed(asked: &Asked) -> PageResult {
    looked(asked, "failed.html", task_api::find_failed(asked))
}

/// Where a column comes from.
pub fn lineage(asked: &Asked) -> PageResult {
    let found = task_api::find_lineage(asked).map(|mut found| {
        found["drawing"] = views::drawn_lineage(asked.part("project"), &found).into();
        found
    });
    looked(asked, "lineage.html", found)
}

/// What changed between two runs.
pub fn differences(asked: &Asked) -> PageResult {
    looked(asked, "differences.html", task_api::find_differences(asked))
}

/// A page about a task; what cannot be known is told in the place of what was asked for.
fn looked(asked: &Asked, template: &str, found: Result<Value, Problem>) -> PageResult {
    let mut view = views::task(&asked.app, asked.project()?, asked.part("task"))?;
    match found {
        Ok(found) => view["found"] = found,
        Err(problem) => view["wrong"] = problem.message.into(),
    }
    view["given"] = asked.query.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    of_project(asked, template, "pipeline", view)
}
