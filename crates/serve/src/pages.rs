//! The pages: the views through templates.

use minijinja::context;
use minijinja::value::Serde;
use serde_json::{Value, json};
use tidemill_state::RunStatus;

use crate::app::App;
use crate::asked::Asked;
use crate::launch::{self, Launched};
use crate::reply::{Problem, Reply};
use crate::templates::encoded;
use crate::tokens::Role;
use crate::views::{RunFilter, TaskFilter};
use crate::{api, logs, rows, views};

/// What a page is.
pub type PageResult = Result<Reply, Problem>;

/// So many runs in a list.
const RUNS: usize = 100;
/// So many tasks of a plan on a page.
const PLANNED: usize = 200;
/// So many files on a page.
const FILES: usize = 100;
/// So many lines of a log.
const LINES: usize = 1_000;
/// So many rows of a table that a file was made from.
const OUTPUT_ROWS: u64 = 50;

/// A page of a project.
///
/// # Errors
/// If there is no such project.
pub fn of_project(asked: &Asked, name: &str, tab: &str, view: Value) -> PageResult {
    of_project_with(asked, name, tab, view, context! {})
}

fn of_project_with(asked: &Asked, name: &str, tab: &str, view: Value, more: minijinja::Value) -> PageResult {
    let served = asked.project()?;
    let pipeline = served.load(&*asked.app.program);
    let page = asked.app.pages.render(
        name,
        context! {
            project => served.slug.as_str(),
            pipeline => pipeline.name.as_str(),
            tab,
            may_run => may_run(asked),
            asked => Serde(&asked.query),
            view => Serde(view),
            ..more
        },
    )?;
    Ok(Reply::Html(page))
}

/// Without tokens whoever is let in may run from the page, which has the cookie.
fn may_run(asked: &Asked) -> bool {
    !asked.app.access.is_read_only() && (asked.role == Role::Run || !asked.app.access.has_tokens())
}

/// All projects.
pub fn projects(asked: &Asked) -> PageResult {
    let cards = asked.app.projects.iter().map(|served| views::card(&asked.app, served));
    let cards = cards.collect::<Result<Vec<_>, _>>()?;
    // What is being found out is asked for again soon.
    let is_busy = |card: &Value| card["stale"].is_null() || !card["running"].is_null();
    let again = if cards.iter().any(is_busy) { 1 } else { 15 };
    let values = context! { view => Serde(cards), again, may_run => may_run(asked) };
    Ok(Reply::Html(asked.app.pages.render("projects.html", values)?))
}

/// A pipeline: its graph, its tasks.
pub fn pipeline(asked: &Asked) -> PageResult {
    let served = asked.project()?;
    let look = look(asked)?;
    let mut view = views::pipeline_for_people(&asked.app, served, &look)?;
    if !view["boxes"].is_null() {
        let query: Vec<String> =
            asked.query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        view["graph_address"] = format!("/p/{}/graph?{}", served.slug, query.join("&")).into();
    }
    if let Some(task) = &look.task {
        view["task"] = views::task(&asked.app, served, task)?;
    }
    view["select"] = look.select.as_str().into();
    view["runs_shown"] = views::runs(&asked.app, served, 5)?.into();
    let values = context! {
        look => context! {
            stale => look.stale, because => look.because, status => look.status, find => look.find, open => look.open,
        },
        again => if view["stale"].is_null() { 1 } else { 15 },
    };
    of_project_with(asked, "pipeline.html", "pipeline", view, values)
}

/// The graph alone.
pub fn graph(asked: &Asked) -> PageResult {
    let drawing = views::graph(&asked.app, asked.project()?, &look(asked)?)?;
    // Shown by itself, it takes its look from the pages.
    let text = format!("<?xml-stylesheet href=\"/assets/style.css\"?>\n{drawing}");
    Ok(Reply::Text { content_type: "image/svg+xml", text, download: None })
}

fn look(asked: &Asked) -> Result<TaskFilter, Problem> {
    let text = |name: &str| asked.query(name).filter(|text| !text.is_empty()).map(str::to_owned);
    let open = asked.query.iter().filter(|(name, _)| name == "open").map(|(_, group)| group.clone());
    Ok(TaskFilter {
        select: text("select").unwrap_or_default(),
        stale: text("stale").is_some(),
        because: text("because"),
        status: text("status"),
        find: text("find"),
        open: open.collect(),
        task: text("task"),
        offset: asked.offset()?,
    })
}

/// What a run would do, and the form that starts it.
pub fn plan(asked: &Asked) -> PageResult {
    let served = asked.project()?;
    let spec = served.load(&*asked.app.program).spec.clone();
    let params = views::given_params(spec.as_deref(), &asked.query);
    let mut view = match views::plan(&asked.app, served, &asked.selectors(), &params) {
        Ok(view) => view,
        // A wrong parameter or selector is told beside the form.
        Err(problem) if problem.status == 422 => {
            let form = views::plan(&asked.app, served, &[], &[]).map(|view| view["form"].clone()).unwrap_or_default();
            json!({"wrong": problem.message, "form": form, "tasks": []})
        }
        Err(problem) => return Err(problem),
    };
    if let Some(tasks) = view.get_mut("tasks").and_then(Value::as_array_mut) {
        tasks.retain(|task| task["action"] != "cached");
    }
    views::paged(&mut view, "tasks", asked.offset()?, PLANNED);
    view["select"] = asked.query("select").unwrap_or_default().into();
    view["given"] = params.into_iter().map(|(name, value)| (name, Value::from(value))).collect();
    of_project(asked, "plan.html", "plan", view)
}

/// The runs of a project.
pub fn runs(asked: &Asked) -> PageResult {
    let runs = views::runs(&asked.app, asked.project()?, RUNS)?;
    of_project(asked, "runs.html", "runs", json!({"runs": runs}))
}

/// A run.
pub fn run(asked: &Asked) -> PageResult {
    let text = |name: &str| asked.query(name).filter(|text| !text.is_empty()).map(str::to_owned);
    let shown = RunFilter { status: text("status"), find: text("find"), task: text("task"), offset: asked.offset()? };
    let view = views::run_for_people(&asked.app, asked.project()?, asked.part("run"), &shown)?;
    of_project(asked, "run.html", "runs", view)
}

/// Starts a run, and shows it.
pub fn start(asked: &Asked) -> PageResult {
    let fields = asked.form();
    let spec = asked.project()?.load(&*asked.app.program).spec.clone();
    let select = fields.iter().find(|(name, _)| name == "select").map_or("", |(_, text)| text);
    let select: Vec<String> = select.split_whitespace().map(str::to_owned).collect();
    let params = views::given_params(spec.as_deref(), &fields);
    launched(asked, &api::run_arguments(&select, &params)?)
}

fn launched(asked: &Asked, arguments: &[String]) -> PageResult {
    told(asked, launch::launch(&asked.app, asked.project()?, arguments)?)
}

/// Shows the run that a command has begun.
///
/// # Errors
/// If it has begun none: with its words.
pub fn told(asked: &Asked, launched: Launched) -> PageResult {
    let served = asked.project()?;
    match launched {
        Launched::Run(run) => Ok(Reply::SeeOther(format!("/p/{}/runs/{run}", served.slug), None)),
        Launched::Nothing(words) => Err(Problem { status: 200, message: words }),
    }
}

/// Ends a run.
pub fn stop(asked: &Asked) -> PageResult {
    let served = asked.project()?;
    let (_, run) = served.run(&*asked.app.program, asked.part("run"))?;
    launch::stop(&run)?;
    Ok(Reply::SeeOther(format!("/p/{}/runs/{}", served.slug, run.id), None))
}

/// What a run left undone, again.
pub fn retry(asked: &Asked) -> PageResult {
    launched(asked, &api::retry_arguments(asked)?)
}

/// A task again.
pub fn rerun(asked: &Asked) -> PageResult {
    let downstream = asked.form().iter().any(|(name, _)| name == "downstream");
    launched(asked, &api::rerun_arguments(asked.task()?, downstream)?)
}

/// A log.
pub fn log(asked: &Asked) -> PageResult {
    let served = asked.project()?;
    let (_, run) = served.run(&*asked.app.program, asked.part("run"))?;
    let name = asked.part("task");
    let (text, is_cut, length) = logs::text(served, &run.id, name)?;
    let search = asked.query("search").unwrap_or_default();
    let wanted = search.to_lowercase();
    let lines = text.lines().enumerate().filter(|(_, line)| line.to_lowercase().contains(&wanted));
    let mut lines: Vec<Value> = lines.map(|(at, line)| json!({"number": at + 1, "text": line})).collect();
    let left_out = lines.len().saturating_sub(LINES);
    lines.drain(..left_out);
    let is_running = run.status() == RunStatus::Running;
    let view = json!({
        "run": run.id, "task": name, "search": search, "lines": lines, "left_out": left_out, "is_cut": is_cut,
        "length": length,
        "is_running": is_running,
    });
    of_project(asked, "log.html", "runs", view)
}

/// What tasks have published.
pub fn outputs(asked: &Asked) -> PageResult {
    let mut files = views::outputs(&asked.app, asked.project()?)?;
    let find = asked.query("find").unwrap_or_default();
    let wanted = find.to_lowercase();
    if let Some(files) = files.as_array_mut() {
        files.retain(|file| file["path"].as_str().unwrap_or_default().to_lowercase().contains(&wanted));
        // What people look at stands before what programs read.
        files.sort_by_key(|file| !matches!(file["kind"].as_str(), Some("picture" | "report" | "markdown" | "mail")));
    }
    let mut view = json!({"files": files, "find": find});
    views::paged(&mut view, "files", asked.offset()?, FILES);
    of_project(asked, "outputs.html", "outputs", view)
}

/// One of them as people look at it.
pub fn output(asked: &Asked) -> PageResult {
    let served = asked.project()?;
    let mut view = views::output(&asked.app, served, asked.part("path"))?;
    if view["kind"] == "data" {
        // What only programs can read was made from a table.
        let page = rows::RowQuery { limit: OUTPUT_ROWS, ..rows::RowQuery::default() };
        let table = rows::rows(&asked.app, served, view["task"].as_str().unwrap_or_default(), &page);
        view["table"] = table.map(|table| plain_rows(&table)).unwrap_or_default();
    }
    of_project(asked, "output.html", "outputs", view)
}

/// Rows of the API as a page shows those of a file.
fn plain_rows(table: &Value) -> Value {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let names: Vec<Value> = list(&table["columns"]).iter().map(|column| column["name"].clone()).collect();
    let cells =
        |row: &Value| -> Value { names.iter().map(|name| row[name.as_str().unwrap_or_default()].clone()).collect() };
    let rows: Vec<Value> = list(&table["rows"]).iter().map(cells).collect();
    let is_cut = table["total"].as_u64().is_some_and(|total| total > OUTPUT_ROWS);
    json!({"columns": names, "rows": rows, "is_cut": is_cut})
}

/// Where people sign in with a token.
pub fn login(asked: &Asked) -> PageResult {
    let values = context! { next => asked.query("next").unwrap_or("/"), signed_out => true };
    Ok(Reply::Html(asked.app.pages.render("login.html", values)?))
}

/// Signs in: the cookie stands for the token's role.
pub fn sign_in(asked: &Asked) -> PageResult {
    let fields = asked.form();
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim());
    let session = asked.app.access.session_of(field("token"));
    let session = session.ok_or_else(|| Problem { status: 401, message: "that token is not known".to_owned() })?;
    // Only a path of this page, never another host. Browsers take a backslash for a slash and leave out tabs and ends of lines.
    let next = field("next");
    let is_path = next.starts_with('/')
        && !next.starts_with("//")
        && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    Ok(Reply::SeeOther(if is_path { next.to_owned() } else { "/".to_owned() }, Some(session)))
}

/// A refusal as a page.
pub fn problem(app: &App, problem: &Problem) -> String {
    let values = context! { message => problem.message.as_str(), status => problem.status };
    app.pages.render("problem.html", values).unwrap_or_default()
}

/// The one stylesheet.
pub fn style(_: &Asked) -> PageResult {
    let text = crate::STYLE.to_owned();
    Ok(Reply::Text { content_type: "text/css; charset=utf-8", text, download: None })
}

/// The one script.
pub fn script(_: &Asked) -> PageResult {
    let text = include_str!("../assets/page.js").to_owned();
    Ok(Reply::Text { content_type: "text/javascript; charset=utf-8", text, download: None })
}

/// The icon.
pub fn icon(_: &Asked) -> PageResult {
    let text = include_str!("../assets/icon.svg").to_owned();
    Ok(Reply::Text { content_type: "image/svg+xml", text, download: None })
}
