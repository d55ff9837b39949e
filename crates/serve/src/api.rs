//! The API: the same views as the pages', as JSON.

use serde_json::{Value, json};
use tidemill_state::RunStatus;

use crate::asked::{Asked, FARTHEST};
use crate::launch::{self, Launched};
use crate::logs;
use crate::reply::{Problem, Reply, Watched};
use crate::rows::{self, RowQuery};
use crate::views::{self, TaskFilter};

/// At most so many runs in a list.
const MOST_RUNS: u64 = 5_000;
/// At most so many rows in a page of a table.
const MOST_ROWS: u64 = 1_000;

/// What an answer of the API is.
pub type Answer = Result<Reply, Problem>;

/// An answer with that value.
pub fn ok(value: Value) -> Answer {
    Ok(Reply::Json(200, value))
}

/// The description of the API.
pub fn openapi(_: &Asked) -> Answer {
    let text = include_str!("../assets/openapi.json");
    Ok(Reply::Text { content_type: "application/json", text: text.to_owned(), download: None })
}

/// All projects.
pub fn projects(asked: &Asked) -> Answer {
    let cards: Result<Vec<Value>, Problem> =
        asked.app.projects.iter().map(|served| views::card(&asked.app, served)).collect();
    ok(json!({"projects": cards?}))
}

/// A project with its tasks.
pub fn project(asked: &Asked) -> Answer {
    let look = TaskFilter { select: asked.query("select").unwrap_or_default().to_owned(), ..TaskFilter::default() };
    ok(views::pipeline(&asked.app, asked.project()?, &look)?)
}

/// What a run would do.
pub fn plan(asked: &Asked) -> Answer {
    let served = asked.project()?;
    let spec = served.load(&*asked.app.program).spec.clone();
    let params = views::given_params(spec.as_deref(), &asked.query);
    ok(views::plan(&asked.app, served, &asked.selectors(), &params)?)
}

/// The runs of a project.
pub fn runs(asked: &Asked) -> Answer {
    let most = asked.number("limit", 50, MOST_RUNS)? as usize;
    ok(json!({"runs": views::runs(&asked.app, asked.project()?, most)?}))
}

/// Starts a run.
pub fn start(asked: &Asked) -> Answer {
    let body = asked.json(&["select", "params"])?;
    let select = match &body["select"] {
        Value::Null => Vec::new(),
        Value::Array(select) if select.iter().all(Value::is_string) => {
            select.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        _ => return Err(Problem::bad("`select` is not a list of selectors")),
    };
    let params = views::json_params(body.get("params"))?;
    launched(asked, &run_arguments(&select, &params)?)
}

/// The command line of a run.
///
/// # Errors
/// If a selector or a name would be taken for a flag.
pub fn run_arguments(select: &[String], params: &[(String, String)]) -> Result<Vec<String>, Problem> {
    let mut arguments = vec!["run".to_owned(), "--json".to_owned(), "--no-wait".to_owned()];
    for (name, value) in params {
        if name.contains(['=', '\0']) || value.contains('\0') {
            return Err(Problem::bad("that is no name or no value of a parameter"));
        }
        arguments.push(format!("--param={name}={value}"));
    }
    arguments.extend(select.iter().map(|selector| not_a_flag(selector)).collect::<Result<Vec<_>, _>>()?);
    Ok(arguments)
}

/// A word of a request that stands on a command line.
///
/// # Errors
/// If it would be taken for a flag.
pub fn not_a_flag(word: &str) -> Result<String, Problem> {
    match word.is_empty() || word.starts_with('-') || word.contains('\0') {
        true => Err(Problem::bad("that is no name and no selector")),
        false => Ok(word.to_owned()),
    }
}

fn launched(asked: &Asked, arguments: &[String]) -> Answer {
    told(launch::launch(&asked.app, asked.project()?, arguments)?)
}

/// What became of a command.
pub fn told(launched: Launched) -> Answer {
    match launched {
        Launched::Run(run) => Ok(Reply::Json(202, json!({"run": run}))),
        Launched::Nothing(words) => ok(json!({"run": null, "message": words})),
    }
}

/// A run with its tasks.
pub fn run(asked: &Asked) -> Answer {
    ok(views::run(&asked.app, asked.project()?, asked.part("run"))?)
}

/// A run as it goes on.
pub fn events(asked: &Asked) -> Answer {
    let (_, run) = asked.project()?.run(&*asked.app.program, asked.part("run"))?;
    Ok(Reply::Events(Watched { project: asked.part("project").to_owned(), run: run.id, log: None }))
}

/// The log of a task as it is written, from a place in it on.
pub fn log_events(asked: &Asked) -> Answer {
    let served = asked.project()?;
    let (_, run) = served.run(&*asked.app.program, asked.part("run"))?;
    let name = asked.part("task");
    // A task that has not started yet has no log yet.
    let is_to_come = || run.status() == RunStatus::Running && (name == logs::OF_THE_RUN || asked.task().is_ok());
    if !logs::exists(served, &run.id, name) && !is_to_come() {
        return Err(logs::none());
    }
    let log = Some((name.to_owned(), asked.number("from", 0, FARTHEST)?));
    Ok(Reply::Events(Watched { project: asked.part("project").to_owned(), run: run.id, log }))
}

/// A log.
pub fn log(asked: &Asked) -> Answer {
    let served = asked.project()?;
    let (_, run) = served.run(&*asked.app.program, asked.part("run"))?;
    let name = asked.part("task");
    Ok(Reply::File {
        file: logs::file(served, &run.id, name)?,
        content_type: "text/plain; charset=utf-8",
        name: format!("{}-{name}.log", run.id),
        download: asked.query("download").is_some(),
    })
}

/// Ends a run.
pub fn stop(asked: &Asked) -> Answer {
    let (_, run) = asked.project()?.run(&*asked.app.program, asked.part("run"))?;
    launch::stop(&run)?;
    Ok(Reply::Json(202, json!({"run": run.id})))
}

/// What a run left undone, again.
pub fn retry(asked: &Asked) -> Answer {
    launched(asked, &retry_arguments(asked)?)
}

/// The command line of a retry.
///
/// # Errors
/// If there is no such run.
pub fn retry_arguments(asked: &Asked) -> Result<Vec<String>, Problem> {
    let (_, run) = asked.project()?.run(&*asked.app.program, asked.part("run"))?;
    Ok(["retry", "--json", "--no-wait", run.id.as_str()].map(str::to_owned).to_vec())
}

/// A task.
pub fn task(asked: &Asked) -> Answer {
    ok(views::task(&asked.app, asked.project()?, asked.part("task"))?)
}

/// A task again.
pub fn rerun(asked: &Asked) -> Answer {
    launched(asked, &rerun_arguments(asked.task()?, asked.flag("downstream")?)?)
}

/// The command line of a rerun.
///
/// # Errors
/// If the task would be taken for a flag.
pub fn rerun_arguments(task: &str, downstream: bool) -> Result<Vec<String>, Problem> {
    let mut arguments = vec!["rerun".to_owned(), "--json".to_owned(), "--no-wait".to_owned(), not_a_flag(task)?];
    arguments.extend(downstream.then(|| "--downstream".to_owned()));
    Ok(arguments)
}

/// Rows of a task's table.
pub fn rows(asked: &Asked) -> Answer {
    ok(rows::rows(&asked.app, asked.project()?, asked.task()?, &row_query(asked)?)?)
}

/// Which rows are asked for.
///
/// # Errors
/// If a number is none.
pub fn row_query(asked: &Asked) -> Result<RowQuery, Problem> {
    let text = |name: &str| asked.query(name).filter(|text| !text.is_empty()).map(str::to_owned);
    Ok(RowQuery {
        offset: asked.number("offset", 0, FARTHEST)?,
        limit: asked.number("limit", 50, MOST_ROWS)?,
        sort: text("sort"),
        descending: asked.flag("desc")?,
        search: text("search"),
    })
}

/// What tasks have published.
pub fn outputs(asked: &Asked) -> Answer {
    ok(json!({"outputs": views::outputs(&asked.app, asked.project()?)?}))
}
