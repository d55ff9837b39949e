//! Where a task, a column, a parameter or a file is made.

use std::path::PathBuf;

use tidemill_core::diagnostic::{FileId, Span};
use tidemill_core::ids::TaskIx;
use tidemill_core::plan::resolve;
use tidemill_core::task::FileRole;

use crate::analysis::Analysis;
use crate::symbol::{Meaning, Symbol};
use crate::{cursor_context, word};

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The file.
    pub path: PathBuf,
    /// Its bytes.
    pub range: std::ops::Range<usize>,
}

/// Where what a symbol means is made.
pub fn of(symbol: &Symbol, analysis: &Analysis) -> Option<Definition> {
    let span = match &symbol.meaning {
        Meaning::Task(ix) => analysis.plan.as_ref()?.task(*ix).spec.id.span,
        Meaning::Column(ix, name) => return column(analysis, *ix, name),
        Meaning::Param(name) => analysis.spec.as_ref()?.params.get(name)?.span,
        Meaning::File(path) => return Some(Definition { path: path.clone(), range: 0..0 }),
        Meaning::Function(_) | Meaning::Type(_) | Meaning::Key(_) => return None,
    };
    placed(analysis, span)
}

fn placed(analysis: &Analysis, span: Span) -> Option<Definition> {
    Some(Definition { path: analysis.path(span.file)?, range: span.range() })
}

/// Where a column of a task's table is made: the first place on its way back at which a task gives that name; at last the task
/// whose inputs have no such column.
fn column(analysis: &Analysis, task: TaskIx, name: &str) -> Option<Definition> {
    let way = way_back(analysis, task, name);
    let given =
        way.iter().find_map(|task| candidates(analysis, *task, name).into_iter().find(|(_, is_given)| *is_given));
    match given {
        Some((place, _)) => Some(place),
        None => placed(analysis, analysis.plan.as_ref()?.task(*way.last()?).spec.id.span),
    }
}

/// The tasks through which a column has come under its name, the last first.
pub fn way_back(analysis: &Analysis, task: TaskIx, name: &str) -> Vec<TaskIx> {
    let mut way = vec![task];
    let Some(plan) = &analysis.plan else { return way };
    let mut at = task;
    loop {
        let tables = analysis.tables_read(plan.task(at));
        let before = tables.into_iter().find(|(_, ix, schema)| schema.get(name).is_some() && !way.contains(ix));
        let Some((_, before, _)) = before else { return way };
        way.push(before);
        at = before;
    }
}

/// The places in a task's own texts at which a column may get its name, the likeliest first, and whether they look like it: keys
/// of maps and names behind `as` do, other words do not.
pub fn candidates(analysis: &Analysis, task: TaskIx, name: &str) -> Vec<(Definition, bool)> {
    let Some(plan) = &analysis.plan else { return Vec::new() };
    let task = plan.task(task);
    let (mut keys, mut texts) = (Vec::new(), Vec::new());
    cursor_context::keys(&task.spec.keys, &mut keys);
    cursor_context::texts(&task.spec.keys, &mut texts);
    let mut spans: Vec<Span> = keys.into_iter().filter(|(key, _)| *key == name).map(|(_, span)| span).collect();
    let mut words: Vec<Span> = texts.iter().flat_map(|(_, span)| words_in(analysis, *span, name)).collect();
    for file in task.io.files.iter().filter(|file| file.role == FileRole::Sql) {
        let path = resolve(&plan.spec.project, &file.path.value);
        let text = analysis.file(&path).and_then(|id| Some((id, analysis.sources.get(id)?.text.len())));
        words.extend(text.into_iter().flat_map(|(id, end)| words_in(analysis, span_of(id, 0..end), name)));
    }
    let (behind_as, others): (Vec<Span>, Vec<Span>) = words.into_iter().partition(|span| follows_as(analysis, *span));
    spans.extend(behind_as);
    let given = spans.into_iter().map(|span| (span, true));
    let all = given.chain(others.into_iter().map(|span| (span, false)));
    all.filter_map(|(span, is_given)| Some((placed(analysis, span)?, is_given))).collect()
}

/// The places at which a name stands within a span of a text.
fn words_in(analysis: &Analysis, span: Span, name: &str) -> Vec<Span> {
    let Some(text) = analysis.sources.get(span.file).and_then(|file| file.text.get(span.range())) else {
        return Vec::new();
    };
    let start = span.start as usize;
    word::all(text, name).map(|found| span_of(span.file, start + found.start..start + found.end)).collect()
}

fn span_of(file: FileId, range: std::ops::Range<usize>) -> Span {
    Span { file, start: range.start as u32, end: range.end as u32 }
}

/// Whether a name is one that SQL gives: `… as name`.
fn follows_as(analysis: &Analysis, span: Span) -> bool {
    let before = analysis.sources.get(span.file).and_then(|file| file.text.get(..span.start as usize));
    before.is_some_and(|before| {
        let before = before.trim_end().trim_end_matches('"').trim_end();
        before.len() > 2 && before.get(before.len() - 2..).is_some_and(|last| last.eq_ignore_ascii_case("as"))
    })
}
