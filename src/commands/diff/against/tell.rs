//! A change told: for a terminal, and as Markdown for a pull request.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use tidemill_core::cache::ContentStore;
use tidemill_core::format::thousands;
use tidemill_state::Output;

use super::change::{ColumnChange, OutputChange, PipelineChange, RowChange, TaskChange, TaskChangeKind, few};
use crate::failure::Failure;
use crate::summary::counted;
use crate::terminal::Paint;
use crate::text_table::TextTable;

/// A table of the page: its heading, its columns and its rows. Numbers are at the right.
struct Section {
    heading: &'static str,
    columns: &'static [(&'static str, bool)],
    rows: Vec<Vec<String>>,
}

/// What a change comes to, in one sentence.
fn sentence(change: &PipelineChange) -> String {
    let tasks = |kind| change.tasks.iter().filter(|task| task.kind == kind).count();
    let mut parts = Vec::new();
    let mut part = |count: usize, noun: &str, verb: &str, verbs: &str| {
        if count > 0 {
            parts.push(format!("{} {}", counted(count, noun), if count == 1 { verb } else { verbs }));
        }
    };
    part(tasks(TaskChangeKind::Changed), "task", "changes", "change");
    part(tasks(TaskChangeKind::Added), "task", "is new", "are new");
    part(tasks(TaskChangeKind::Removed), "task", "is gone", "are gone");
    part(tasks(TaskChangeKind::Follows), "task", "follows", "follow");
    part(change.columns.len(), "column", "changes", "change");
    part(change.rows.len(), "table", "has other rows", "have other rows");
    if parts.is_empty() { "Nothing changes".to_owned() } else { parts.join(", ") }
}

/// What is not known yet, if anything.
fn pending(change: &PipelineChange) -> Option<String> {
    let names: Vec<String> = change.pending.iter().map(|name| format!("`{name}`")).collect();
    let verb = if names.len() == 1 { "has" } else { "have" };
    (!names.is_empty())
        .then(|| format!("{} {verb} not run with this change yet: `tidemill run` tells their rows", few(&names)))
}

fn sections(change: &PipelineChange) -> Vec<Section> {
    let all = [
        Section {
            heading: "Tasks",
            columns: &[("task", false), ("", false), ("why", false)],
            rows: change.tasks.iter().map(task_row).collect(),
        },
        Section {
            heading: "Columns",
            columns: &[("table", false), ("column", false), ("type", false), ("read by", false)],
            rows: change.columns.iter().map(column_row).collect(),
        },
        Section {
            heading: "Rows",
            columns: &[
                ("table", false),
                ("rows", true),
                ("added", true),
                ("removed", true),
                ("changed", true),
                ("columns that differ", false),
            ],
            rows: change.rows.iter().map(row_row).collect(),
        },
    ];
    all.into_iter().filter(|section| !section.rows.is_empty()).collect()
}

fn task_row(change: &TaskChange) -> Vec<String> {
    let kind = match change.kind {
        TaskChangeKind::Changed => "changes",
        TaskChangeKind::Added => "new",
        TaskChangeKind::Removed => "gone",
        TaskChangeKind::Follows => "follows",
    };
    vec![change.task.to_string(), kind.to_owned(), few(&change.why)]
}

fn column_row(change: &ColumnChange) -> Vec<String> {
    let types = match (&change.before, &change.after) {
        (Some(before), Some(after)) => format!("{before} → {after}"),
        (Some(before), None) => format!("{before}, gone"),
        (None, Some(after)) => format!("{after}, new"),
        (None, None) => String::new(),
    };
    let read_by = if change.read_by.is_empty() { "–".to_owned() } else { few(&change.read_by) };
    vec![change.task.to_string(), change.column.clone(), types, read_by]
}

fn row_row(change: &RowChange) -> Vec<String> {
    let (before, after) = change.rows;
    let rows =
        if before == after { thousands(after) } else { format!("{} → {}", thousands(before), thousands(after)) };
    let columns = if change.columns.is_empty() { "–".to_owned() } else { few(&change.columns) };
    let numbers = [change.added, change.removed, change.changed].map(thousands);
    [change.task.to_string(), rows].into_iter().chain(numbers).chain([columns]).collect()
}

/// For a terminal.
pub fn text(name: &str, against: &str, change: &PipelineChange, width: usize, paint: Paint) -> String {
    let mut text = format!("{} {}\n{}\n", paint.bold(name), paint.dim(format!("against {against}")), sentence(change));
    for section in sections(change) {
        let mut table = section.columns.iter().enumerate().fold(TextTable::new(), |table, (at, (head, is_number))| {
            match (at, is_number) {
                (0, _) => table.name(*head),
                (_, true) => table.number(*head),
                (_, false) => table.text(*head),
            }
        });
        section.rows.iter().for_each(|row| table.row(row.iter().map(String::as_str)));
        text += &format!("\n{}\n{}", paint.bold(section.heading), table.write(width, 2, paint));
    }
    if !change.files.is_empty() {
        let paths: Vec<String> = change.files.iter().map(|file| file.path.clone()).collect();
        text += &format!("\n{}\n  {}\n", paint.bold("Files"), paths.join("\n  "));
    }
    if let Some(pending) = pending(change) {
        text += &format!("\n{}\n", paint.dim(pending));
    }
    text
}

/// As Markdown. `pictures` are the files of figures before and after, by the figure's path.
pub fn markdown(
    name: &str,
    against: &str,
    change: &PipelineChange,
    pictures: &BTreeMap<String, [Option<String>; 2]>,
) -> String {
    let mut text = format!("## {name}, against {against}\n\n**{}.**\n", sentence(change));
    for section in sections(change) {
        // Writing to a string cannot fail.
        _ = write!(text, "\n### {}\n\n|", section.heading);
        section.columns.iter().for_each(|(head, _)| _ = write!(text, " {head} |"));
        text += "\n|";
        section.columns.iter().for_each(|(_, is_number)| text += if *is_number { "---:|" } else { "---|" });
        for row in &section.rows {
            text += "\n|";
            for (at, cell) in row.iter().enumerate() {
                let cell = escaped(cell);
                _ = if at == 0 { write!(text, " `{cell}` |") } else { write!(text, " {cell} |") };
            }
        }
        text += "\n";
    }
    if !change.files.is_empty() {
        text += "\n### Files\n\n";
        for file in &change.files {
            match pictures.get(&file.path) {
                Some([before, after]) => {
                    let shown = |picture: &Option<String>| {
                        picture
                            .as_ref()
                            .map_or_else(|| "–".to_owned(), |picture| format!("![{}]({picture})", file.path))
                    };
                    _ = write!(
                        text,
                        "\n`{}`\n\n| before | after |\n|---|---|\n| {} | {} |\n\n",
                        file.path,
                        shown(before),
                        shown(after)
                    );
                }
                None => _ = writeln!(text, "- `{}`", file.path),
            }
        }
    }
    if let Some(pending) = pending(change) {
        _ = write!(text, "\n{pending}.\n");
    }
    text
}

fn escaped(cell: &str) -> String {
    cell.replace('|', "\\|").replace('\n', " ").replace('<', "&lt;")
}

/// Writes the page and the figures into a folder; gives the page's path.
///
/// # Errors
/// If they cannot be written.
pub fn write(
    folder: &Path,
    name: &str,
    against: &str,
    change: &PipelineChange,
    store: &ContentStore,
) -> Result<PathBuf, Failure> {
    let failed = |error: std::io::Error| Failure::broken(format!("cannot write {}: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut pictures = BTreeMap::new();
    for (at, file) in change.files.iter().enumerate().filter(|(_, file)| is_picture(file)) {
        let put = |output: Option<&Output>, side: &str| -> Result<Option<String>, Failure> {
            let Some(output) = output.filter(|output| store.has(&output.object)) else { return Ok(None) };
            let ending = Path::new(&file.path).extension().unwrap_or_default().to_string_lossy().into_owned();
            let picture = format!("{}-{side}.{ending}", at + 1);
            store
                .publish(&output.object.digest, &folder.join(&picture))
                .map_err(|error| Failure::broken(error.to_string()))?;
            Ok(Some(picture))
        };
        pictures.insert(file.path.clone(), [put(file.before.as_ref(), "before")?, put(Some(&file.after), "after")?]);
    }
    let page = folder.join("index.md");
    std::fs::write(&page, markdown(name, against, change, &pictures)).map_err(failed)?;
    Ok(page)
}

fn is_picture(file: &OutputChange) -> bool {
    let ending = Path::new(&file.path).extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| matches!(ending, "png" | "svg"))
}
