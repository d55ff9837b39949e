//! What a word means.

use std::ops::Range;
use std::path::{Path, PathBuf};

use tidemill_core::diagnostic::FileId;
use tidemill_core::ids::TaskIx;
use tidemill_core::plan::{PlannedTask, resolve};
use tidemill_core::spec::NodeValue;
use tidemill_core::sql::functions::{self, FunctionDefinition};

use crate::analysis::Analysis;
use crate::{cursor_context, word};

/// The keys of a pipeline under which tasks stand by their ids.
pub const TASK_LISTS: [&str; 4] = ["tasks", "on_success", "on_failure", "finally"];

/// What stands at the cursor.
#[derive(Clone, Debug)]
pub struct Symbol {
    /// What it means.
    pub meaning: Meaning,
    /// Where it stands: bytes of its file.
    pub range: Range<usize>,
}

/// What a word means.
#[derive(Clone, Debug)]
pub enum Meaning {
    /// A task.
    Task(TaskIx),
    /// A column of a table that a task reads or makes; the task whose table it is.
    Column(TaskIx, String),
    /// A parameter.
    Param(String),
    /// A function of SQL.
    Function(&'static FunctionDefinition),
    /// A task type.
    Type(String),
    /// A key, by the way to it; of a task, its type stands for its id.
    Key(Vec<String>),
    /// A file of this machine.
    File(PathBuf),
}

/// What stands at a byte of a text of the pipeline.
pub fn at(analysis: &Analysis, path: &Path, offset: usize) -> Option<Symbol> {
    let file = analysis.file(path)?;
    let text = &analysis.sources.get(file)?.text;
    match analysis.tree(file) {
        Some(tree) => {
            let place = cursor_context::at(&tree, offset)?;
            in_yaml(analysis, file, text, &place, offset)
        }
        None => {
            let (ix, task) = analysis.owner(path)?;
            in_words(analysis, (ix, task), text, offset)
        }
    }
}

fn in_yaml(
    analysis: &Analysis,
    file: FileId,
    text: &str,
    place: &cursor_context::CursorContext<'_>,
    offset: usize,
) -> Option<Symbol> {
    let task = match place.path.as_slice() {
        [list, id, ..] if TASK_LISTS.contains(list) => analysis.task(id),
        _ => None,
    };
    let Some(node) = place.value else {
        let range = place.key?.range();
        let own = |(ix, _): (TaskIx, &PlannedTask)| Meaning::Task(ix);
        let meaning = match place.path.as_slice() {
            [list, _] if TASK_LISTS.contains(list) => task.map(own)?,
            ["params", name] => Meaning::Param((*name).to_owned()),
            [.., name] => {
                let is_column =
                    |(ix, _): &(TaskIx, &PlannedTask)| analysis.schema(*ix).is_some_and(|own| own.get(name).is_some());
                match task.filter(|task| place.path.len() > 3 && is_column(task)) {
                    Some((ix, _)) => Meaning::Column(ix, (*name).to_owned()),
                    None => Meaning::Key(key_path(&place.path, task)),
                }
            }
            [] => return None,
        };
        return Some(Symbol { meaning, range });
    };
    let whole = |meaning| Some(Symbol { meaning, range: unquoted(text, node.span.range()) });
    let NodeValue::String(value) = &node.value else { return whole(Meaning::Key(key_path(&place.path, task))) };
    if let Some(named) = hole(analysis, text, offset) {
        return Some(named);
    }
    match (task, place.path.as_slice()) {
        (_, ["include", ..]) => {
            let project = &analysis.spec.as_ref()?.project;
            whole(Meaning::File(project.join(value)))
        }
        (_, [_, _, "type"]) if task.is_some() => whole(Meaning::Type(value.clone())),
        (Some((ix, task)), _) => {
            let is_here = |span: tidemill_core::diagnostic::Span| span.file == file && span == node.span;
            let files = &task.io.files;
            if let Some(named) = files.iter().find(|file| is_here(file.path.span) && file.path.value.scheme().is_none())
            {
                return whole(Meaning::File(resolve(&analysis.spec.as_ref()?.project, &named.path.value)));
            }
            let is_edge = task.needs.iter().any(|need| need.named == *value);
            match analysis.task(value).filter(|_| is_edge) {
                Some((other, _)) => whole(Meaning::Task(other)),
                None => in_words(analysis, (ix, task), text, offset)
                    .or_else(|| whole(Meaning::Key(key_path(&place.path, Some((ix, task)))))),
            }
        }
        (None, _) => whole(Meaning::Key(key_path(&place.path, None))),
    }
}

/// The way to a key, with the type of a task instead of its id.
fn key_path(path: &[&str], task: Option<(TaskIx, &PlannedTask)>) -> Vec<String> {
    let mut path: Vec<String> = path.iter().map(|key| (*key).to_owned()).collect();
    if let (Some((_, task)), Some(id)) = (task, path.get_mut(1)) {
        task.task_type.name.clone_into(id);
    }
    path
}

/// A scalar's bytes without its quotes.
fn unquoted(text: &str, range: Range<usize>) -> Range<usize> {
    let is_quoted = text.get(range.clone()).is_some_and(|raw| raw.len() > 1 && raw.starts_with(['"', '\'']));
    if is_quoted { range.start + 1..range.end - 1 } else { range }
}

/// A parameter or a task that is named within `${{ }}`.
fn hole(analysis: &Analysis, text: &str, offset: usize) -> Option<Symbol> {
    let range = word::at(text, offset)?;
    let name = &text[range.clone()];
    let meaning = match word::path_before(text, range.start).as_slice() {
        ["params"] => Meaning::Param(name.to_owned()),
        ["tasks"] => Meaning::Task(analysis.task(name)?.0),
        _ => return None,
    };
    Some(Symbol { meaning, range })
}

/// A word in an expression, a query or a template of a task.
fn in_words(analysis: &Analysis, (ix, task): (TaskIx, &PlannedTask), text: &str, offset: usize) -> Option<Symbol> {
    if let Some(found) = hole(analysis, text, offset) {
        return Some(found);
    }
    let range = word::at(text, offset)?;
    let name = &text[range.clone()];
    let tables = analysis.tables_read(task);
    let table = tables.iter().find(|(table, ..)| *table == name);
    let (behind, before) = (text[range.end..].chars().next(), word::path_before(text, range.start));
    let of_table = before.last().and_then(|qualifier| tables.iter().find(|(table, ..)| table == qualifier));
    let has = |schema: &tidemill_core::table::Schema| schema.get(name).is_some();
    let column = of_table
        .filter(|(_, _, schema)| has(schema))
        .or_else(|| tables.iter().find(|(_, _, schema)| has(schema)))
        .map(|(_, of, _)| *of)
        .or_else(|| analysis.schema(ix).filter(|own| has(own)).map(|_| ix));
    let meaning = match (table, column) {
        (Some((_, of, _)), _) if behind == Some('.') || column.is_none() => Meaning::Task(*of),
        (_, Some(of)) => Meaning::Column(of, name.to_owned()),
        (Some((_, of, _)), None) => Meaning::Task(*of),
        (None, None) => Meaning::Function(functions::find(&name.to_lowercase())?),
    };
    Some(Symbol { meaning, range })
}
