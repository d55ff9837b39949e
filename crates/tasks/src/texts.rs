//! Texts that are rendered when a task runs: the names they may use, and their templates' files.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use minijinja::value::{Kwargs, Serde};
use minijinja::{AutoEscape, Value};
use regex::Regex;
use tidemill_core::diagnostic::{Diagnostic, SourceMap, Span, failure_of};
use tidemill_core::plan::resolve;
use tidemill_core::regular_file::read_text;
use tidemill_core::spec::{At, OrderedMap, RuntimeNames, Scope, Template, names_used};
use tidemill_core::table::Location;
use tidemill_core::task::{
    CheckContext, Edge, EdgeKind, FileInput, FileRole, ProbeContext, RunContext, TaskFailure, TaskSource,
};
use tidemill_core::template::{environment, explain, is_html, is_markdown, null_in_tables, prepare, table_rows};

use super::{markdown, page, picture};
use tidemill_secrets::masked;

/// What stands for NULL in the tables of a page, unless the template says it.
const NULL_OF_PAGES: &str = "–";

/// Edges to the tables that enter a text under a name.
pub fn input_edges(inputs: &OrderedMap<At<String>>) -> Vec<Edge> {
    inputs
        .iter()
        .map(|(name, task)| Edge { task: task.clone(), role: name.value.clone(), what: EdgeKind::Table })
        .collect()
}

/// The names that a text may use while its task runs.
///
/// Tables are not among them: see [`input_tables`].
pub fn runtime_names(cx: &RunContext<'_>) -> serde_json::Map<String, serde_json::Value> {
    let mut names = serde_json::Map::new();
    let json = |value: serde_json::Result<serde_json::Value>| value.unwrap_or_default();
    let mut run = json(serde_json::to_value(cx.run));
    if let Some(run) = run.as_object_mut() {
        run.insert("failed".to_owned(), json(serde_json::to_value(cx.failed)));
        run.insert("retry".to_owned(), cx.retry.into());
    }
    names.insert("run".to_owned(), run);
    names.insert("tasks".to_owned(), json(serde_json::to_value(cx.upstream)));
    names.insert("secrets".to_owned(), json(serde_json::to_value(cx.secrets)));
    names
}

/// The names that a text may use that is looked at without a run.
pub fn runtime_names_outside(cx: &ProbeContext<'_>) -> serde_json::Map<String, serde_json::Value> {
    let mut names = serde_json::Map::new();
    let json = |value: serde_json::Result<serde_json::Value>| value.unwrap_or_default();
    names.insert("run".to_owned(), json(serde_json::to_value(cx.run)));
    names.insert("secrets".to_owned(), json(serde_json::to_value(cx.secrets)));
    names
}

/// The tables of a text, as lists of rows that are read when the text asks for them.
///
/// # Errors
/// If a table is not there.
pub fn input_tables(
    cx: &RunContext<'_>,
    inputs: &OrderedMap<At<String>>,
) -> Result<BTreeMap<String, Value>, TaskFailure> {
    let mut tables = BTreeMap::new();
    for (name, task) in inputs {
        let (_, table) = cx
            .tables
            .iter()
            .find(|(known, _)| *known == task.value)
            .ok_or_else(|| TaskFailure::new(format!("the table of `{}` is not there", task.value)))?;
        let (engine, table) = (Arc::clone(cx.engine), table.clone());
        let rows = table_rows(table.rows, move || engine.batches(&table, None, None));
        tables.insert(name.value.clone(), rows);
    }
    Ok(tables)
}

/// That every secret that a text uses is set.
///
/// # Errors
/// Naming one that is not.
pub fn secrets_are_set(cx: &RunContext<'_>, text: &Template) -> Result<(), TaskFailure> {
    let unset = text.uses(cx.sources).into_iter().find_map(|used| match &used.parts[..] {
        [root, name, ..] if root == "secrets" && !cx.secrets.contains_key(name) => Some(name.clone()),
        _ => None,
    });
    match unset {
        None => Ok(()),
        Some(name) => Err(TaskFailure {
            message: format!("the secret `{name}` is not set"),
            help: vec![format!("set {name} in the environment, or in the file that `dotenv` names")],
            permanent: true,
            ..TaskFailure::default()
        }),
    }
}

/// The names that a template's file uses, each in its parts; none if it cannot be read, which the check has said.
pub fn names_in_file(project: &Path, sources: &SourceMap, path: &Location) -> Vec<Vec<String>> {
    let Ok(text) = sources.read(&resolve(project, path)) else { return Vec::new() };
    names_used(&text)
}

/// The pictures that a template's file names outright, as in `"logo.png" | image`: they are read when it is rendered, so they
/// are inputs of the task. Where a picture's path is computed, its task is (`tasks.figure.output`), or nothing is known of it.
pub fn pictures_in_file(source: &TaskSource<'_>, template: &At<Location>) -> Vec<FileInput> {
    static PICTURE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"\$\{\{[-+]?\s*(?:"([^"\\]+)"|'([^'\\]+)')\s*\|\s*image\b"#).ok());
    let (Some(picture), Ok(text)) = (&*PICTURE, source.sources.read(&resolve(source.project, &template.value))) else {
        return Vec::new();
    };
    let mut paths: Vec<&str> =
        picture.captures_iter(&text).filter_map(|found| Some(found.get(1).or(found.get(2))?.as_str())).collect();
    paths.sort_unstable();
    paths.dedup();
    let input = |path: &str| FileInput::new(At::new(Location::new(path), template.span), FileRole::Input);
    paths.into_iter().map(input).collect()
}

/// Finds what is wrong with a text before anything runs: its syntax, the names it uses.
pub fn check_text(
    cx: &CheckContext<'_>,
    text: &Template,
    scope: &Scope,
    inputs: &OrderedMap<At<String>>,
) -> Vec<Diagnostic> {
    let known = RuntimeNames {
        tasks: cx.before.iter().map(String::as_str).collect(),
        inputs: inputs.iter().map(|(name, _)| name.value.as_str()).collect(),
        outputs: Vec::new(),
        secrets: cx.secrets.iter().map(String::as_str).collect(),
        columns: columns_of(cx, inputs),
    };
    text.check(scope, &known, cx.sources)
}

/// The columns of the tables that enter a text, as far as they are known.
pub fn columns_of<'a>(cx: &'a CheckContext<'_>, inputs: &'a OrderedMap<At<String>>) -> BTreeMap<&'a str, Vec<&'a str>> {
    let columns = |(name, task): &'a (At<String>, At<String>)| {
        let schema = cx.tables.get(&task.value)?.as_ref()?;
        Some((name.value.as_str(), schema.names().collect()))
    };
    inputs.iter().filter_map(columns).collect()
}

/// Finds what is wrong with a template's file before anything runs.
pub fn check_file(
    cx: &CheckContext<'_>,
    path: &At<Location>,
    scope: &Scope,
    inputs: &OrderedMap<At<String>>,
) -> Vec<Diagnostic> {
    if (cx.published)(&path.value) {
        return Vec::new();
    }
    match cx.sources.read(&resolve(cx.project, &path.value)) {
        Ok(text) => {
            let file = cx.sources.add(path.value.as_str(), text.clone());
            let span = Span { file, start: 0, end: text.len() as u32 };
            check_text(cx, &Template { text, span }, scope, inputs)
        }
        // That it is missing has been said with the paths.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            vec![Diagnostic::error(format!("cannot read `{}`: {error}", path.value)).at(path.span, "the template")]
        }
    }
}

/// What a template's file is rendered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenderFormat<'a> {
    /// Plain text, or Markdown that stays so.
    Text,
    /// HTML, as the template has it.
    Html,
    /// HTML that gets a page around it, unless it brings its own; the title if it has no heading.
    Page(&'a str),
}

/// Renders a template's file. What it prints is escaped if it goes into HTML, or if the file's name is that of HTML. A
/// template in Markdown becomes HTML where HTML is wanted.
///
/// # Errors
/// With file and line, if a name is unknown or a filter fails.
pub fn render_file(
    cx: &RunContext<'_>,
    scope: &Scope,
    path: &Location,
    inputs: &OrderedMap<At<String>>,
    form: RenderFormat<'_>,
) -> Result<String, TaskFailure> {
    let text = read_text(&resolve(cx.project, path))
        .map_err(|error| TaskFailure::new(format!("cannot read the template {path}: {error}")))?;
    let name = path.as_str();
    let syntax = match form {
        RenderFormat::Html | RenderFormat::Page(_) if is_markdown(name) => Syntax::Markdown,
        RenderFormat::Html | RenderFormat::Page(_) => Syntax::Html,
        RenderFormat::Text if is_html(name) => Syntax::Html,
        RenderFormat::Text => Syntax::Text,
    };
    let title = match form {
        RenderFormat::Page(title) if syntax == Syntax::Markdown || !page::brings_its_own(&text) => Some(title),
        _ => None,
    };
    let looks = Looks { syntax, null: if title.is_some() { NULL_OF_PAGES } else { "" } };
    let rendered = render_named(cx, scope, name, &text, inputs, looks)?;
    let rendered = if syntax == Syntax::Markdown { masked(markdown::into_html(&rendered)) } else { rendered };
    Ok(title.map(|title| page::around(&rendered, title)).unwrap_or(rendered))
}

/// Renders a text that stands in the pipeline file itself.
///
/// # Errors
/// With its place, if a name has no value or a filter fails.
pub fn render_text(
    cx: &RunContext<'_>,
    scope: &Scope,
    text: &Template,
    inputs: &OrderedMap<At<String>>,
) -> Result<String, TaskFailure> {
    let reads_tables = text.uses(cx.sources).iter().any(|used| used.parts.first().is_some_and(|root| root == "inputs"));
    if !reads_tables {
        let rendered = text.render(scope, &runtime_names(cx), cx.sources);
        return rendered.map_err(|mistakes| failure_of(&mistakes, cx.sources));
    }
    let place = cx.sources.line_column(text.span).zip(cx.sources.get(text.span.file));
    let name = place.map_or_else(|| "text".to_owned(), |((line, _), file)| format!("text in {}:{line}", file.name));
    render_named(cx, scope, &name, &text.text, inputs, Looks { syntax: Syntax::Text, null: "" })
}

/// Renders a text that may stand for several: one whole `${{ }}` whose value is a list.
///
/// # Errors
/// With its place, if a name has no value, or the list holds what is no text.
pub fn render_texts(
    cx: &RunContext<'_>,
    scope: &Scope,
    text: &Template,
    inputs: &OrderedMap<At<String>>,
) -> Result<Vec<String>, TaskFailure> {
    if text.text.contains("{%") {
        return Ok(vec![render_text(cx, scope, text, inputs)?]);
    }
    let mut names = runtime_names(cx);
    let reads_tables = text.uses(cx.sources).iter().any(|used| used.parts.first().is_some_and(|root| root == "inputs"));
    if reads_tables {
        names.insert("inputs".to_owned(), serde_json::to_value(input_tables(cx, inputs)?).unwrap_or_default());
    }
    let wrong = |mistakes: Vec<Diagnostic>| failure_of(&mistakes, cx.sources);
    let no_text = || {
        let what = Diagnostic::error("a text is wanted here, or a list of texts")
            .at(text.span, "this comes to something else");
        failure_of(&[what], cx.sources)
    };
    match text.eval(scope, &names, cx.sources).map_err(wrong)? {
        serde_json::Value::String(one) => Ok(vec![one]),
        serde_json::Value::Null => Ok(Vec::new()),
        serde_json::Value::Array(items) => {
            items.into_iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(no_text)).collect()
        }
        _ => Err(no_text()),
    }
}

/// What a rendered text is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Syntax {
    Text,
    Html,
    /// On its way to HTML.
    Markdown,
}

/// How a text shows values.
#[derive(Clone, Copy)]
struct Looks {
    syntax: Syntax,
    /// What stands for NULL in tables.
    null: &'static str,
}

fn render_named(
    cx: &RunContext<'_>,
    scope: &Scope,
    name: &str,
    text: &str,
    inputs: &OrderedMap<At<String>>,
    looks: Looks,
) -> Result<String, TaskFailure> {
    let mut environment = environment();
    let is_text = looks.syntax == Syntax::Text;
    environment.set_auto_escape_callback(move |_| if is_text { AutoEscape::None } else { AutoEscape::Html });
    if looks.syntax == Syntax::Markdown {
        environment.set_formatter(markdown::write_value);
    }
    null_in_tables(&mut environment, looks.null);
    let (project, places) = (cx.project.to_path_buf(), Arc::clone(cx.places));
    environment.add_filter("image", move |path: &str, keys: Kwargs| picture::image(&project, &places, path, &keys));
    let mut names: BTreeMap<String, Value> =
        scope.context(names_used(text).iter().map(Vec::as_slice)).into_iter().collect();
    names.extend(runtime_names(cx).into_iter().map(|(name, value)| (name, Value::from(Serde(value)))));
    names.insert("inputs".to_owned(), Value::from_pairs(input_tables(cx, inputs)?));
    prepare(text)
        .and_then(|prepared| environment.render_named_str(name, &prepared, Value::from_pairs(names)))
        .map(masked)
        .map_err(|error| template_failure(name, text, &error))
}

/// `file:line: what is wrong`, and the line.
fn template_failure(name: &str, text: &str, error: &minijinja::Error) -> TaskFailure {
    let line = error.line();
    let shown = line.and_then(|line| text.lines().nth(line.saturating_sub(1))).map(|line| line.trim().to_owned());
    let mut detail = explain(error);
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        detail = format!("{detail}: {cause}");
        source = cause.source();
    }
    let at = line.map(|line| format!(":{line}")).unwrap_or_default();
    TaskFailure {
        message: format!("{name}{at}: {detail}"),
        help: shown.map(|line| format!("the line is: {line}")).into_iter().collect(),
        permanent: true,
        ..TaskFailure::default()
    }
}
