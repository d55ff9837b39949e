//! What a run has done, told at its end.

use std::time::Duration;

use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::event::{RunOutcome, TaskEnd, TaskStatus};
pub use tidemill_core::format::seconds;
use tidemill_core::format::{quantity, thousands};
use tidemill_core::plan::Plan;
use tidemill_core::run::RunSummary;
use tidemill_core::sched::How;

use crate::accounting::{Account, emphasis_of, time_of};
use crate::terminal::{Paint, Stream};
use crate::text_table::{Cell, TextTable};
use crate::wrapped::wrapped;
use tidemill_runner::execute::RunLogs;

/// More ended tasks than this are not listed one by one.
pub const MOST_ROWS: usize = 60;

/// `1 task`, `3 tasks`.
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// What a task has made, in a few words.
pub fn brief(end: &TaskEnd) -> String {
    let mut parts = Vec::new();
    if let Some(rows) = end.report.rows {
        parts.push(quantity(rows, "row"));
    }
    let rejected: u64 = end.report.rejected.iter().map(|reason| reason.rows).sum();
    if rejected > 0 {
        parts.push(format!("{} rejected", thousands(rejected)));
    }
    parts.extend(end.report.note.clone());
    parts.extend(end.report.place.told());
    parts.join(", ")
}

/// The table of tasks, the warnings that have not been `told` before the run, the failures, where the results are, and a last line.
pub fn tell(plan: &Plan, summary: &RunSummary, logs: &RunLogs, told: &[Diagnostic], paint: Paint) -> String {
    let ends: Vec<&TaskEnd> = plan.order.iter().filter_map(|ix| summary.task(*ix)).collect();
    let worked: Vec<&TaskEnd> = ends.iter().copied().filter(|end| end.how != Some(How::Cached)).collect();
    let mut text = String::new();
    if !worked.is_empty() && worked.len() <= MOST_ROWS {
        // As wide as it has to be: a summary is also read in files.
        text += &table(&worked).write(Stream::Stderr.room(), 2, paint);
        text.push('\n');
    }
    text += &warnings(&worked, told, paint);
    text += &failures(plan, &ends, logs, paint);
    text += &results(&worked, paint);
    text += &last_line(summary, paint);
    text
}

fn table(ends: &[&TaskEnd]) -> TextTable {
    // A column that would be empty is left out.
    let with_dropped = ends.iter().any(|end| !Account::of(&end.report).dropped().is_empty());
    let mut table = TextTable::new().name("task").number("rows in").number("rows out").number("rejected");
    if with_dropped {
        table = table.number("dropped");
    }
    table = table.number("time");
    for end in ends {
        let account = Account::of(&end.report);
        let rows_out = end.report.rows.map(thousands).unwrap_or_default();
        let mut row = vec![end.task.to_string(), account.rows_in(), rows_out, account.rejected()];
        row.extend(with_dropped.then(|| account.dropped()));
        row.push(time_of(end.status, end.how, end.duration));
        table.row(row.into_iter().map(|text| Cell::new(text, emphasis_of(end.status, end.how))));
    }
    table
}

fn warnings(ends: &[&TaskEnd], told: &[Diagnostic], paint: Paint) -> String {
    let is_told = |warning: &String| told.iter().any(|told| told.message == *warning);
    let mut text = String::new();
    for end in ends {
        for note in Account::of(&end.report).notes() {
            text += &in_lines(&format!("{} {}: {note}", paint.yellow("note"), end.task), 2);
            text.push('\n');
        }
    }
    for end in ends {
        for warning in end.report.warnings.iter().filter(|warning| !is_told(warning)) {
            let said = format!("{} {}: {warning}", paint.yellow("warning"), end.task);
            text += &in_lines(&said, 2);
            text.push('\n');
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn failures(plan: &Plan, ends: &[&TaskEnd], logs: &RunLogs, paint: Paint) -> String {
    let mut text = String::new();
    for end in ends.iter().filter(|end| end.status == TaskStatus::Failed) {
        let Some(failure) = &end.error else { continue };
        let kind = plan.find(end.task.as_str()).map_or("", |ix| plan.task(ix).task_type.name);
        let room = Stream::Stderr.room();
        let error = format!("{} task {} ({kind}): {}", paint.red("error"), paint.bold(&end.task), failure.message);
        text += &(wrapped(&error, room, 0, 2) + "\n");
        for line in &failure.tail {
            text += &format!("  {} {line}\n", paint.dim("│"));
        }
        for help in &failure.help {
            text += &format!("  {} {}\n", paint.cyan("help:"), wrapped(help, room, 8, 8));
        }
        text += &format!("  {} {}\n\n", paint.dim("log:"), shown(&logs.path(&end.task)));
    }
    text
}

fn results(ends: &[&TaskEnd], paint: Paint) -> String {
    let mut folders: Vec<(String, Vec<String>)> = Vec::new();
    for end in ends.iter().filter(|end| end.status == TaskStatus::Success) {
        for path in &end.report.outputs {
            let (folder, file) = path.as_str().rsplit_once('/').unwrap_or((".", path.as_str()));
            match folders.iter_mut().find(|(known, _)| known == folder) {
                Some((_, files)) => files.push(file.to_owned()),
                None => folders.push((folder.to_owned(), vec![file.to_owned()])),
            }
        }
    }
    let of_folder = |(folder, files): (String, Vec<String>)| {
        let shown = if files.len() > 12 { format!("{} files", files.len()) } else { files.join("  ") };
        format!("  {folder}/  {shown}")
    };
    // What a task has done elsewhere, such as the mail that it sent or put into the outbox.
    let is_elsewhere = |end: &&&TaskEnd| end.status == TaskStatus::Success && end.report.outputs.is_empty();
    let of_task = |end: &&TaskEnd| Some(format!("  {}: {}", end.task, end.report.note.as_ref()?));
    let elsewhere = ends.iter().filter(is_elsewhere).filter_map(of_task);
    let lines: Vec<String> = folders.into_iter().map(of_folder).chain(elsewhere).collect();
    if lines.is_empty() {
        return String::new();
    }
    let lines = lines.iter().map(|line| in_lines(line, 6) + "\n");
    format!("{}\n{}\n", paint.bold("Results"), lines.collect::<String>())
}

/// The only line of a run that had nothing to do.
pub fn nothing_to_do(tasks: usize, duration: Duration, paint: Paint) -> String {
    let why = match tasks {
        0 => "there are no tasks".to_owned(),
        1 => "the task is up to date".to_owned(),
        more => format!("all {more} tasks are up to date"),
    };
    format!("{} nothing to do: {why} ({})\n", paint.green("done"), seconds(duration))
}

fn last_line(summary: &RunSummary, paint: Paint) -> String {
    let counts = &summary.counts;
    let mut parts = Vec::new();
    let mut part = |number: usize, what: &str| {
        if number > 0 {
            parts.push(format!("{number} {what}"));
        }
    };
    part(counts.ran, "ran");
    part(counts.cached, "cached");
    part(counts.restored, "restored");
    part(counts.failed, "failed");
    part(counts.skipped, "skipped");
    part(counts.cancelled, "not reached");
    if counts.total() == counts.cached {
        return nothing_to_do(counts.cached, summary.duration, paint);
    }
    let word = match summary.status {
        RunOutcome::Success => paint.green("done"),
        RunOutcome::Failed => paint.red("failed"),
        RunOutcome::Interrupted => paint.yellow("interrupted"),
    };
    format!("{word} in {}: {}\n", seconds(summary.duration), parts.join(", "))
}

/// A sentence in lines as wide as the terminal, if there is one; those behind the first begin with `indent` blanks.
fn in_lines(text: &str, indent: usize) -> String {
    wrapped(text, Stream::Stderr.room(), 0, indent)
}

/// A path as short as it can be said: below the current folder, relative to it.
pub fn shown(path: &std::path::Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).display().to_string()
}
