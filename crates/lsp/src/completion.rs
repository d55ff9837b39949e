//! What may be typed at the cursor.

use std::path::Path;

use lsp_types::{CompletionItem, CompletionItemKind, Documentation, MarkupContent, MarkupKind};
use tidemill_core::ids::TaskIx;
use tidemill_core::plan::PlannedTask;
use tidemill_core::sql::functions;

use crate::analysis::Analysis;
use crate::schema::PipelineSchema;
use crate::symbol::TASK_LISTS;
use crate::typed::Typed;
use crate::{hover, pipeline_file, typed, word};

/// What may stand in `${{ }}` at the top.
const ROOTS: [&str; 6] = ["params", "env", "run", "tasks", "item", "secrets"];

/// What may be typed at a byte of a text. `analyses` are that of the text as it is and that of the last one without mistakes: a
/// half-written query says nothing of the tables that it reads.
pub fn at(
    analyses: &[&Analysis],
    schema: &PipelineSchema,
    path: &Path,
    text: &str,
    offset: usize,
) -> Vec<CompletionItem> {
    let before = text.get(..offset).unwrap_or(text);
    let is_yaml = pipeline_file::is_yaml(path);
    let mut typed = if is_yaml { typed::at(before) } else { Typed::default() };
    let task = match typed.path.as_slice() {
        [list, id, ..] if TASK_LISTS.contains(&list.as_str()) => Some(id.clone()),
        _ => None,
    };
    let owner_in = |analysis: &'_ Analysis| match &task {
        Some(id) => analysis.task(id).map(|(ix, _)| ix),
        None => analysis.owner(path).map(|(ix, _)| ix),
    };
    let knows_tables = |analysis: &&&Analysis| {
        let plan = analysis.plan.as_ref();
        plan.zip(owner_in(analysis)).is_some_and(|(plan, ix)| !analysis.tables_read(plan.task(ix)).is_empty())
    };
    let has_graph = |analysis: &&&Analysis| analysis.plan.is_some();
    let best = analyses.iter().find(knows_tables).or_else(|| analyses.iter().find(has_graph)).or(analyses.first());
    let Some(analysis) = best else { return Vec::new() };
    let owner = analysis.plan.as_ref().zip(owner_in(analysis)).map(|(plan, ix)| (ix, plan.task(ix)));
    if !is_yaml {
        return if word::is_in_hole(text, offset) {
            names(analysis, before)
        } else {
            expression(analysis, owner, before)
        };
    }
    if let (Some(id), Some(slot)) = (&task, typed.path.get_mut(1)) {
        let written = type_of(text, id).map(str::to_owned);
        *slot = written.or_else(|| owner.map(|(_, task)| task.task_type.name.to_owned())).unwrap_or_default();
    }
    match &typed.value {
        None => keys(analysis, schema, &typed.path, owner),
        Some(value) if word::is_in_hole(value, value.len()) => names(analysis, before),
        Some(_) if typed.path.len() == 3 && typed.path[2] == "type" && task.is_some() => types(schema),
        Some(_) => values(analysis, schema, &typed.path, task.map(|_| owner), before),
    }
}

/// The type that a task has in a half-written text.
fn type_of<'t>(text: &'t str, id: &str) -> Option<&'t str> {
    let begins = |line: &str| line.trim_start().strip_prefix(id).is_some_and(|rest| rest.starts_with(':'));
    let mut lines = text.lines().skip_while(|line| !begins(line));
    let first = lines.next()?;
    let depth = first.len() - first.trim_start().len();
    let inside = |line: &&str| line.trim().is_empty() || line.len() - line.trim_start().len() > depth;
    std::iter::once(first).chain(lines.take_while(inside)).find_map(|line| {
        let (before, after) = line.split_once("type:")?;
        let is_key = before.trim_end().is_empty() || before.trim_end().ends_with(['{', ',']);
        is_key.then(|| after.trim_start().split([',', '}', ' ', '#']).next().unwrap_or_default())
    })
}

fn item(label: &str, kind: CompletionItemKind, detail: Option<String>, order: char) -> CompletionItem {
    CompletionItem {
        label: label.to_owned(),
        kind: Some(kind),
        detail,
        sort_text: Some(format!("{order}{label}")),
        ..CompletionItem::default()
    }
}

fn documented(mut item: CompletionItem, text: Option<String>) -> CompletionItem {
    item.documentation =
        text.map(|value| Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value }));
    item
}

fn keys(
    analysis: &Analysis,
    schema: &PipelineSchema,
    path: &[String],
    owner: Option<(TaskIx, &PlannedTask)>,
) -> Vec<CompletionItem> {
    let key = |known: crate::schema::KnownKey| {
        let order = if known.required { '0' } else { '1' };
        let mut item = item(&known.name, CompletionItemKind::PROPERTY, None, order);
        item.insert_text = Some(format!("{}: ", known.name));
        documented(item, known.description)
    };
    let mut items: Vec<CompletionItem> = schema.keys(path).into_iter().map(key).collect();
    // Below a task's own keys, maps are by the names of columns.
    if let Some((_, task)) = owner.filter(|_| path.len() > 2) {
        let columns = columns(analysis, task, None).into_iter();
        items.extend(columns.map(|(name, kind)| {
            let mut item = item(&name, CompletionItemKind::FIELD, Some(kind), '2');
            item.insert_text = Some(format!("{name}: "));
            item
        }));
    }
    items
}

fn types(schema: &PipelineSchema) -> Vec<CompletionItem> {
    let one = |(name, summary): (&str, &str)| item(name, CompletionItemKind::CLASS, Some(summary.to_owned()), '0');
    schema.task_types().map(one).collect()
}

fn values(
    analysis: &Analysis,
    schema: &PipelineSchema,
    path: &[String],
    task: Option<Option<(TaskIx, &PlannedTask)>>,
    before: &str,
) -> Vec<CompletionItem> {
    let words = schema.words(path);
    if !words.is_empty() {
        let one = |(word, text): (String, Option<String>)| {
            documented(item(&word, CompletionItemKind::ENUM_MEMBER, None, '0'), text)
        };
        return words.into_iter().map(one).collect();
    }
    // A task that is only being written is not in the graph yet: its tables are not known.
    task.map_or_else(Vec::new, |owner| expression(analysis, owner, before))
}

/// Columns, tasks and functions, as they stand in expressions and SQL.
fn expression(analysis: &Analysis, owner: Option<(TaskIx, &PlannedTask)>, before: &str) -> Vec<CompletionItem> {
    let start = word::at(before, before.len()).map_or(before.len(), |range| range.start);
    let qualifier = word::path_before(before, start).pop();
    let mut items = Vec::new();
    if let Some((_, task)) = owner {
        let columns = columns(analysis, task, qualifier).into_iter();
        items.extend(columns.map(|(name, kind)| item(&name, CompletionItemKind::FIELD, Some(kind), '0')));
    }
    if qualifier.is_some() {
        return items;
    }
    items.extend(tasks(analysis, owner.map(|(ix, _)| ix)));
    items.extend(functions::all().map(|function| {
        let item = item(function.name, CompletionItemKind::FUNCTION, None, '2');
        documented(item, Some(function.summary.to_owned()))
    }));
    items
}

/// The columns of the tables that a task reads, each once, with its type; of one of them, if that is named.
fn columns(analysis: &Analysis, task: &PlannedTask, of: Option<&str>) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (name, _, schema) in analysis.tables_read(task) {
        if of.is_some_and(|of| of != name) {
            continue;
        }
        for field in schema.fields() {
            if found.iter().all(|(known, _)| *known != field.name) {
                found.push((field.name.clone(), format!("{} of {name}", field.data_type)));
            }
        }
    }
    found
}

/// The ids of all tasks but one.
fn tasks(analysis: &Analysis, but: Option<TaskIx>) -> Vec<CompletionItem> {
    let Some(plan) = &analysis.plan else { return Vec::new() };
    let mut items: Vec<CompletionItem> = Vec::new();
    for (at, task) in plan.tasks.iter().enumerate() {
        let (ix, id) = (TaskIx(at as u32), task.name.base());
        if Some(ix) != but && items.last().is_none_or(|last| last.label != id) {
            let mut item = item(id, CompletionItemKind::MODULE, Some(task.task_type.name.to_owned()), '1');
            item = documented(item, hover::columns(analysis, ix));
            items.push(item);
        }
    }
    items
}

/// Names within `${{ }}`.
fn names(analysis: &Analysis, before: &str) -> Vec<CompletionItem> {
    let start = word::at(before, before.len()).map_or(before.len(), |range| range.start);
    let Some(spec) = &analysis.spec else { return Vec::new() };
    let variable = |name: &str, detail: Option<String>| item(name, CompletionItemKind::VARIABLE, detail, '0');
    match word::path_before(before, start).as_slice() {
        ["params"] => spec.params.iter().map(|(name, param)| variable(name, Some(param.value.to_string()))).collect(),
        ["env"] => spec.env.keys().map(|name| variable(name, None)).collect(),
        ["secrets"] => spec.secrets.iter().map(|name| variable(&name.value, None)).collect(),
        ["tasks"] => tasks(analysis, None),
        ["run"] => run_names(analysis).map(|name| variable(&name, None)).collect(),
        [] => ROOTS.into_iter().map(|name| item(name, CompletionItemKind::VARIABLE, None, '0')).collect(),
        _ => Vec::new(),
    }
}

/// What `run` has in `${{ }}`.
fn run_names(analysis: &Analysis) -> impl Iterator<Item = String> {
    let run = analysis.spec.as_ref().and_then(|spec| spec.scope.get("run").cloned());
    let names: Vec<String> =
        run.as_ref().and_then(|run| run.as_object()).into_iter().flatten().map(|(name, _)| name.clone()).collect();
    names.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_of_a_half_written_task_is_found() {
        let text = "tasks:\n  a: {type: load, path: x}\n  b:\n    from: a\n    type: join  # of\n    on\n";
        assert_eq!(type_of(text, "a"), Some("load"));
        assert_eq!(type_of(text, "b"), Some("join"));
        assert_eq!(type_of(text, "c"), None);
    }
}
