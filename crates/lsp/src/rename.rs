//! Renames a task or a column everywhere, led by the checker.
//!
//! The name is changed where it is made; then the checker says which uses no longer find it, these are changed, and so on until
//! nothing is wrong that was not wrong before. So a name is changed where it means the thing, in YAML, SQL and templates alike,
//! and a word in a description stays. What the checker would take in another sense is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::ids::{TaskIx, TaskName};
use tidemill_core::task::FileRole;

use crate::analysis::{Analysis, Checker, Unsaved};
use crate::definition::{self, Definition};
use crate::symbol::{Meaning, Symbol};
use crate::word;

/// After so many checks it is given up: each goes at least one task deeper.
const MOST_CHECKS: usize = 200;

/// Where a name stands: bytes of the texts before any change.
pub type Occurrences = BTreeMap<PathBuf, BTreeSet<usize>>;

/// A renaming that is under way.
struct Renaming<'a> {
    checker: &'a dyn Checker,
    pipeline: &'a Path,
    unsaved: &'a Unsaved,
    old: &'a str,
    new: &'a str,
    /// The texts before any change.
    texts: BTreeMap<PathBuf, String>,
    found: Occurrences,
}

/// Whether a symbol can be renamed, and its name.
pub fn name_of(symbol: &Symbol, analysis: &Analysis) -> Option<String> {
    match &symbol.meaning {
        Meaning::Task(ix) => Some(analysis.plan.as_ref()?.task(*ix).name.base().to_owned()),
        Meaning::Column(_, name) => Some(name.clone()),
        _ => None,
    }
}

/// The places of a name that have to change for `new` to stand for it.
///
/// # Errors
/// In words, if it cannot be renamed without changing what anything means.
pub fn occurrences(
    symbol: &Symbol,
    new: &str,
    analysis: &Analysis,
    (checker, pipeline, unsaved): (&dyn Checker, &Path, &Unsaved),
) -> Result<Occurrences, String> {
    let old = name_of(symbol, analysis).ok_or("only tasks and columns can be renamed")?;
    if let Some(error) = analysis.errors().find(|error| !error.passing) {
        return Err(format!("the pipeline has mistakes, which must go first: {}", error.message));
    }
    if old == new {
        return Ok(Occurrences::new());
    }
    let texts = analysis.sources.files();
    let texts = texts.filter_map(|(id, file)| Some((analysis.path(id)?, file.text.clone()))).collect();
    let mut renaming = Renaming { checker, pipeline, unsaved, old: &old, new, texts, found: Occurrences::new() };
    match &symbol.meaning {
        Meaning::Task(_) => {
            let id = definition::of(symbol, analysis).ok_or("it is not known where the task is declared")?;
            renaming.change(&id.path, id.range.start);
        }
        Meaning::Column(ix, name) => renaming.change_maker(analysis, *ix, name)?,
        _ => {}
    }
    let after = renaming.follow(analysis)?;
    if let Meaning::Column(..) = symbol.meaning {
        renaming.in_templates(analysis, &after);
    }
    renaming.keeps_meaning(analysis, &after)?;
    Ok(renaming.found)
}

impl Renaming<'_> {
    /// Changes the name at a byte, if it stands there: a file that was saved meanwhile is another text.
    fn change(&mut self, path: &Path, at: usize) -> bool {
        let text = self.texts.get(path).and_then(|text| text.get(at..at + self.old.len()));
        text == Some(self.old) && self.found.entry(path.to_owned()).or_default().insert(at)
    }

    /// The texts with what was changed so far.
    fn changed(&self) -> Unsaved {
        let mut texts = BTreeMap::clone(self.unsaved);
        for (path, places) in &self.found {
            let Some(text) = self.texts.get(path) else { continue };
            let mut changed = text.clone();
            for at in places.iter().rev() {
                changed.replace_range(*at..at + self.old.len(), self.new);
            }
            texts.insert(path.clone(), changed);
        }
        Arc::new(texts)
    }

    fn check(&self) -> Result<Analysis, String> {
        self.checker.check(self.pipeline, &self.changed())
    }

    /// Changes the name of a column where a table gets it: the first place on its way back whose change renames the column of
    /// that table, and leaves no other of the old name.
    fn change_maker(&mut self, analysis: &Analysis, task: TaskIx, name: &str) -> Result<(), String> {
        let plan = analysis.plan.as_ref().ok_or("the pipeline has no graph")?;
        let way = definition::way_back(analysis, task, name);
        for maker in &way {
            let id = &plan.task(*maker).name;
            for (Definition { path, range }, _) in definition::candidates(analysis, *maker, name) {
                let before = self.found.clone();
                self.change(&path, range.start);
                let after = self.check()?;
                if has(&after, id, self.new) && !has(&after, id, self.old) {
                    return Ok(());
                }
                self.found = before;
            }
        }
        let of = way.last().map(|task| format!(" of `{}`", plan.task(*task).name.base())).unwrap_or_default();
        Err(format!("`{name}` gets its name from the source{of}: rename it with a task that derives or selects it"))
    }

    /// Changes what the checker no longer finds, until it finds all.
    fn follow(&mut self, before: &Analysis) -> Result<Analysis, String> {
        let known: BTreeSet<&str> = before.errors().map(|error| error.message.as_str()).collect();
        for _ in 0..MOST_CHECKS {
            let after = self.check()?;
            let wrong: Vec<Diagnostic> =
                after.errors().filter(|error| !known.contains(error.message.as_str())).cloned().collect();
            if wrong.is_empty() {
                return Ok(after);
            }
            // All places first: they are of the text that was checked, which a change moves.
            let places: Vec<Definition> = wrong.iter().flat_map(|error| self.places(&after, error)).collect();
            let mut changed = false;
            for place in &places {
                changed |= self.change(&place.path, place.range.start);
            }
            if !changed {
                let message = wrong.first().map(|error| error.message.as_str()).unwrap_or_default();
                return Err(format!("`{}` cannot be renamed to `{}`: {message}", self.old, self.new));
            }
        }
        Err(format!("`{}` cannot be renamed: it is used too deep below", self.old))
    }

    /// Where the old name stands at the places of a mistake, in the texts before any change.
    fn places(&self, after: &Analysis, error: &Diagnostic) -> Vec<Definition> {
        let mut places = Vec::new();
        for label in &error.labels {
            let Some(path) = after.path(label.span.file) else { continue };
            let Some(text) = after.sources.get(label.span.file).map(|file| file.text.as_str()) else { continue };
            let Some(part) = text.get(label.span.range()) else { continue };
            for found in word::all(part, self.old) {
                let start = self.before(&path, label.span.start as usize + found.start);
                places.push(Definition { path: path.clone(), range: start..start + self.old.len() });
            }
        }
        places
    }

    /// The byte of a changed text, in the text before any change.
    fn before(&self, path: &Path, at: usize) -> usize {
        let mut shift = 0isize;
        let longer = self.new.len() as isize - self.old.len() as isize;
        for place in self.found.get(path).into_iter().flatten() {
            // The place in the changed text.
            if (*place as isize + shift) as usize >= at {
                break;
            }
            shift += longer;
        }
        (at as isize - shift) as usize
    }

    /// In templates, rows know their columns by name only when they are rendered: of the tables whose column has changed, the
    /// name behind a point and in quotes is the column.
    fn in_templates(&mut self, before: &Analysis, after: &Analysis) {
        let (Some(plan), Some(new)) = (&before.plan, &after.plan) else { return };
        for task in &plan.tasks {
            let renamed = |ix: &TaskIx| {
                let name = &plan.task(*ix).name;
                has(before, name, self.old) && new.find(name.as_str()).is_some() && !has(after, name, self.old)
            };
            if !task.needs.iter().any(|need| renamed(&need.task)) {
                continue;
            }
            for file in task.io.files.iter().filter(|file| file.role == FileRole::Template) {
                let path = tidemill_core::plan::resolve(&plan.spec.project, &file.path.value);
                let text = self.texts.get(&path).cloned().unwrap_or_default();
                let places: Vec<usize> =
                    word::all(&text, self.old).filter(|at| is_column(&text, at)).map(|at| at.start).collect();
                for at in places {
                    self.change(&path, at);
                }
            }
        }
    }

    /// That every table has the columns that it had, but for the name.
    fn keeps_meaning(&self, before: &Analysis, after: &Analysis) -> Result<(), String> {
        let (Some(old), Some(new)) = (&before.plan, &after.plan) else { return Ok(()) };
        let renamed = |name: &str| if name == self.old { self.new.to_owned() } else { name.to_owned() };
        if old.tasks.len() != new.tasks.len() {
            return Err(format!("`{}` is the name of another task", self.new));
        }
        for (at, (was, is)) in old.tasks.iter().zip(&new.tasks).enumerate() {
            let ix = TaskIx(at as u32);
            let (Some(columns), Some(now)) = (before.schema(ix), after.schema(ix)) else { continue };
            let same = columns.len() == now.len()
                && columns.fields().iter().zip(now.fields()).all(|(was, is)| {
                    was.data_type == is.data_type && (was.name == is.name || renamed(&was.name) == is.name)
                });
            if !same {
                let (task, new) = (was.name.base(), self.new);
                return Err(format!(
                    "with the name `{new}` the table of `{task}` would have other columns than `{}` has now",
                    is.name.base()
                ));
            }
        }
        Ok(())
    }
}

/// Whether a task's table has a column of that name.
fn has(analysis: &Analysis, task: &TaskName, column: &str) -> bool {
    let ix = analysis.plan.as_ref().and_then(|plan| plan.find(task.as_str()));
    ix.and_then(|ix| analysis.schema(ix)).is_some_and(|schema| schema.get(column).is_some())
}

/// Whether a name in a template is a column of a row: behind a point, or in quotes, within `${{ }}` or `{% %}`.
fn is_column(text: &str, name: &Range<usize>) -> bool {
    let before = text[..name.start].chars().next_back();
    let path = word::path_before(text, name.start);
    let is_member = before == Some('.') && !matches!(path.first(), Some(&"tasks" | &"params" | &"env" | &"run"));
    word::is_in_hole(text, name.start) && (is_member || matches!(before, Some('"' | '\'')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_template_a_column_stands_behind_a_point_or_in_quotes() {
        let text = "total ${{ row.total }} ${{ tasks.total.rows }} ${{ rows | sum(attribute=\"total\") }}";
        let found: Vec<usize> = word::all(text, "total").filter(|at| is_column(text, at)).map(|at| at.start).collect();
        assert_eq!(found, [14, 73]);
    }
}
