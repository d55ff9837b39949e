//! What is wrong, where, and what to do: plain data, printed by the binary.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexSet;

use crate::ids::TaskName;
use crate::regular_file::read_text;
use crate::task::TaskFailure;

/// A file of the pipeline, as an index into its [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct FileId(pub u16);

/// A range of bytes in one file of the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte; equal to `start` for a place between two letters.
    pub end: u32,
}

impl Span {
    /// The span as a range of bytes.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The texts that spans point into.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    // Grows while others look: an SQL file or a template is added when the task that names it is read.
    files: boxcar::Vec<SourceText>,
    /// Texts by their paths that stand for what is on the disk.
    unsaved: Arc<BTreeMap<PathBuf, String>>,
}

/// One text: a pipeline file, an included one, an SQL file or a template.
#[derive(Clone, Debug)]
pub struct SourceText {
    /// As the user knows it: relative to where the pipeline is.
    pub name: String,
    /// The whole text.
    pub text: String,
}

impl SourceMap {
    /// A map for files of which these, by their paths, are taken from here and not from the disk.
    pub fn with_unsaved(unsaved: Arc<BTreeMap<PathBuf, String>>) -> Self {
        Self { unsaved, ..Self::default() }
    }

    /// The text of a file that is not read from the disk.
    pub fn unsaved(&self, path: &Path) -> Option<&str> {
        self.unsaved.get(path).map(String::as_str)
    }

    /// The text of a file of the pipeline, such as a template: what stands for it, or what is on the disk.
    ///
    /// # Errors
    /// As [`read_text`].
    pub fn read(&self, path: &Path) -> io::Result<String> {
        self.unsaved(path).map_or_else(|| read_text(path), |text| Ok(text.to_owned()))
    }

    /// Adds a text and gives it an id.
    pub fn add(&self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let at = self.files.push(SourceText { name: name.into(), text: text.into() });
        FileId(u16::try_from(at).unwrap_or(u16::MAX))
    }

    /// The file of that id.
    pub fn get(&self, id: FileId) -> Option<&SourceText> {
        self.files.get(usize::from(id.0))
    }

    /// All files with their ids, in the order in which they were added.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceText)> {
        self.files.iter().map(|(at, file)| (FileId(u16::try_from(at).unwrap_or(u16::MAX)), file))
    }

    /// All texts, in the order in which they were added.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|(_, file)| file.text.as_str())
    }

    /// Line and column of the start of `span`, both from 1; columns count characters.
    pub fn line_column(&self, span: Span) -> Option<(usize, usize)> {
        let text = &self.get(span.file)?.text;
        let before = text.get(..span.start as usize)?;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Some((before.matches('\n').count() + 1, before[line_start..].chars().count() + 1))
    }

    /// The place of `range` within the *value* of the YAML scalar at `scalar`.
    ///
    /// A quoted or plain scalar on one line maps letter by letter; a block scalar maps line by line. Where escapes or
    /// folding make the two differ, the whole scalar is returned: never a wrong letter.
    pub fn within_scalar(&self, scalar: Span, value: &str, range: Range<usize>) -> Span {
        let Some(raw) = self.get(scalar.file).and_then(|file| file.text.get(scalar.range())) else {
            return scalar;
        };
        let at = |start: usize, end: usize| Span {
            file: scalar.file,
            start: scalar.start + start as u32,
            end: scalar.start + end as u32,
        };
        for skip in [0, 1] {
            if raw.get(skip..).is_some_and(|rest| rest.starts_with(value)) {
                return at(skip + range.start, skip + range.end);
            }
        }
        if !raw.starts_with('|') {
            return scalar;
        }
        // A literal block: each line of the value is a line of the text behind a constant indentation.
        let Some(head) = value.get(..range.start) else { return scalar };
        let line_no = head.matches('\n').count();
        let column = head.rfind('\n').map_or(range.start, |nl| range.start - nl - 1);
        let Some(line) = value.lines().nth(line_no) else { return scalar };
        let mut offset = raw.find('\n').map_or(raw.len(), |nl| nl + 1);
        for (no, text) in raw[offset..].split_inclusive('\n').enumerate() {
            if no == line_no {
                let Some(indent) = text.find(line) else { return scalar };
                let start = offset + indent + column;
                return at(start, (start + range.len()).min(offset + text.trim_end().len()));
            }
            offset += text.len();
        }
        scalar
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing runs.
    Error,
    /// Worth knowing; the run goes on.
    Warning,
}

/// A place and what is to be said at it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What, in a few words; may be empty.
    pub text: String,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line without a full stop.
    pub message: String,
    /// Where; the first is the place the heading names.
    pub labels: Vec<Label>,
    /// What to do about it: a suggestion, the list of what is known.
    pub help: Vec<String>,
    /// Whether it may pass without an edit: it is about what is there on the disk.
    pub passing: bool,
    /// The task whose data do not fit the file: where a run begins all the same, it is that task's failure.
    pub task: Option<TaskName>,
}

impl Diagnostic {
    /// An error at no place yet.
    pub fn error(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            labels: Vec::new(),
            help: Vec::new(),
            passing: false,
            task: None,
        }
    }

    /// A warning at no place yet.
    pub fn warning(message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(message) }
    }

    /// Adds a place; the first one added is the main one.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Says whose data do not fit.
    #[must_use]
    pub fn of_task(mut self, task: &TaskName) -> Self {
        self.task = Some(task.clone());
        self
    }

    /// Marks it as one that may pass without an edit.
    #[must_use]
    pub fn passing(mut self) -> Self {
        self.passing = true;
        self
    }

    /// Adds a line of help.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Adds "did you mean …" if one of `known` is near `given`, else the list of what is known when it is short.
    #[must_use]
    pub fn suggest<'a>(self, given: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        match nearest(given, known.iter().copied()) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None if known.is_empty() => self,
            None if known.len() <= 24 => {
                let list: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
                self.help(format!("there is {}", list.join(", ")))
            }
            None => self,
        }
    }
}

/// Names of more letters are not compared with others, which takes the product of their lengths.
const LONGEST_NAME: usize = 200;

/// The one of `known` that a person most likely meant by `given`, if any is near enough.
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest_within(|letters| 1.max(letters / 3), given, known)
}

/// The nearest one, of which at most so many letters are others, by how long the longer name is.
pub fn nearest_within<'a>(
    most: impl Fn(usize) -> usize,
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let letters = given.chars().count();
    let distance = |name: &'a str| {
        let others = name.chars().count();
        let longer = letters.max(others);
        let most = most(longer);
        // So many letters at least are too many or too few.
        if longer > LONGEST_NAME || letters.abs_diff(others) > most {
            return None;
        }
        let distance = strsim::damerau_levenshtein(&given.to_lowercase(), &name.to_lowercase());
        // Of two names of one letter none is meant by the other.
        (distance <= most && distance < longer.max(1)).then_some((distance, name))
    };
    known
        .into_iter()
        .filter_map(distance)
        // Of equally near names the one with the likelier beginning, else the first.
        .min_by(|(a, one), (b, other)| {
            a.cmp(b).then_with(|| strsim::jaro_winkler(given, other).total_cmp(&strsim::jaro_winkler(given, one)))
        })
        .map(|(_, name)| name)
}

/// All mistakes found so far.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: IndexSet<Diagnostic>,
    /// So many files were read one after another, so that their ids tell their order.
    in_order: u16,
}

impl Diagnostics {
    /// Adds one, unless the very same is there already.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.insert(diagnostic);
    }

    /// Says that the files that `sources` has by now were read one after another.
    pub fn files_are_in_order(&mut self, sources: &SourceMap) {
        self.in_order = u16::try_from(sources.files.count()).unwrap_or(u16::MAX);
    }

    /// Adds several.
    pub fn extend(&mut self, more: impl IntoIterator<Item = Diagnostic>) {
        more.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }

    /// Them all, as they were found.
    pub fn into_list(self) -> impl Iterator<Item = Diagnostic> {
        self.list.into_iter()
    }

    /// Whether any of them is an error.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether any of them is an error that only an edit repairs.
    pub fn has_lasting_errors(&self) -> bool {
        self.list.iter().any(|diagnostic| diagnostic.severity == Severity::Error && !diagnostic.passing)
    }

    /// Leaves out what may pass without an edit.
    pub fn keep_lasting(&mut self) {
        self.list.retain(|diagnostic| !diagnostic.passing);
    }

    /// The errors by the task whose data they are about, if each of them is about some task's; with `passing`, if each may
    /// also pass without an edit. None if one of them is about the file itself.
    pub fn by_task(&self, passing: bool) -> Option<BTreeMap<TaskName, Vec<Diagnostic>>> {
        let mut tasks: BTreeMap<TaskName, Vec<Diagnostic>> = BTreeMap::new();
        for error in self.list.iter().filter(|diagnostic| diagnostic.severity == Severity::Error) {
            let task = error.task.clone().filter(|_| error.passing || !passing)?;
            tasks.entry(task).or_default().push(error.clone());
        }
        Some(tasks)
    }

    /// Them all, by file and position, those without a place first.
    ///
    /// The files of the pipeline come in the order in which they were read, then those that tasks name, by their names: several
    /// threads read these, one before the other or the other before the one.
    pub fn into_sorted(self, sources: &SourceMap) -> Vec<Diagnostic> {
        let in_order = self.in_order;
        let place = |span: Span| {
            let later = (span.file.0 >= in_order).then(|| sources.get(span.file).map(|file| file.name.as_str()));
            (later, span)
        };
        let mut list: Vec<Diagnostic> = self.list.into_iter().collect();
        list.sort_by_key(|diagnostic| diagnostic.labels.first().map(|label| place(label.span)));
        list
    }
}

/// Mistakes that show only while a task runs, as its failure: what no longer type-checks now that the whole of the sources
/// is known, a text that cannot be rendered.
pub fn failure_of(mistakes: &[Diagnostic], sources: &SourceMap) -> TaskFailure {
    let Some(first) = mistakes.first() else {
        return TaskFailure::new("the columns of a table before it are not known");
    };
    let place = first.labels.first().and_then(|label| {
        let (line, column) = sources.line_column(label.span)?;
        Some(format!("{}:{line}:{column}: ", sources.get(label.span.file)?.name))
    });
    let label = first.labels.first().filter(|label| !label.text.is_empty()).map(|label| format!(" ({})", label.text));
    TaskFailure {
        message: format!("{}{}{}", place.unwrap_or_default(), first.message, label.unwrap_or_default()),
        help: first.help.clone(),
        permanent: true,
        ..TaskFailure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(text: &str, raw: &str, value: &str, part: &str) -> String {
        let map = SourceMap::default();
        let file = map.add("p.yaml", text);
        let start = text.find(raw).expect("the scalar is in the text") as u32;
        let scalar = Span { file, start, end: start + raw.len() as u32 };
        let at = value.find(part).expect("the part is in the value");
        text[map.within_scalar(scalar, value, at..at + part.len()).range()].to_owned()
    }

    #[test]
    fn a_place_in_a_plain_quoted_or_block_scalar_is_found_to_the_letter() {
        assert_eq!(located("a: x + yy", "x + yy", "x + yy", "yy"), "yy");
        assert_eq!(located("a: \"x + yy\"", "\"x + yy\"", "x + yy", "yy"), "yy");
        assert_eq!(located("a: |\n  one\n  two yy\n", "|\n  one\n  two yy\n", "one\ntwo yy\n", "yy"), "yy");
    }

    #[test]
    fn where_escapes_hide_the_place_the_whole_scalar_is_named() {
        assert_eq!(located("a: 'it''s yy'", "'it''s yy'", "it's yy", "yy"), "'it''s yy'");
    }

    #[test]
    fn near_names_are_suggested_and_far_ones_are_not() {
        assert_eq!(nearest("totl_amount", ["total_amount", "country"]), Some("total_amount"));
        assert_eq!(nearest("zzz", ["total_amount", "country"]), None);
        let long = "a".repeat(60_000);
        assert_eq!(nearest(&long, std::iter::repeat_n("country", 1_000).chain([&*format!("{long}b")])), None);
    }
}
