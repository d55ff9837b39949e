//! The tasks of a run over its time: a line each, with rows and a bar from its start to its end.

use jiff::Timestamp;
use tidemill_core::event::TaskStatus;
use tidemill_core::sched::How;
use tidemill_state::TaskRecord;
use unicode_width::UnicodeWidthStr;

use super::{View, WholeRun};
use crate::accounting::Account;
use crate::commands::history::run_time;
use crate::summary::seconds;
use crate::text_table::{Look, shortened};
use tidemill_core::format::thousands;

/// With more tasks than these, those that were cached are only counted.
const MOST_ROWS: usize = 60;
/// Longer ids are shortened.
const WIDEST_ID: usize = 32;
/// Bars are as wide as the terminal allows, within these.
const BAR: std::ops::RangeInclusive<usize> = 10..=80;
/// Eighths of a block, for the end of a bar.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// The drawing with its head.
pub fn draw(whole: &WholeRun, view: &View) -> String {
    if whole.tasks.is_empty() {
        return String::new();
    }
    let many = whole.tasks.len() > MOST_ROWS;
    let (tasks, left_out): (Vec<&TaskRecord>, Vec<&TaskRecord>) =
        whole.tasks.iter().partition(|task| !many || task.how != Some(How::Cached));
    let cells: Vec<[String; 5]> = tasks.iter().map(|task| cells(task)).collect();
    let head = ["task", "rows in", "rows out", "rejected", "time"].map(str::to_owned);
    let widths: Vec<usize> =
        (0..5).map(|at| cells.iter().chain([&head]).map(|row| row[at].width()).max().unwrap_or(0)).collect();
    let taken = 2 + widths.iter().sum::<usize>() + 2 * 4;
    let scale = Scale::of(whole, view.now, view.width.saturating_sub(taken + 2).min(*BAR.end()));
    let line = |row: &[String; 5]| {
        let mut line = format!("  {}{}", row[0], " ".repeat(widths[0] - row[0].width()));
        for (cell, width) in row.iter().zip(&widths).skip(1) {
            line += &format!("  {}{cell}", " ".repeat(width - cell.width()));
        }
        line
    };
    let mut text = view.paint.dim(line(&head));
    if let Some(scale) = &scale {
        text += &format!("  {}", view.paint.dim(scale.head()));
    }
    text.push('\n');
    for (task, row) in tasks.iter().zip(&cells) {
        text += &look(task).paint(view.paint, line(row).trim_end());
        if let Some(scale) = &scale
            && let Some((before, bar)) = scale.bar(task)
        {
            let gap = taken - line(row).trim_end().width() + 2 + before;
            text += &" ".repeat(gap);
            text += &bar_look(task).paint(view.paint, &bar);
        }
        text.push('\n');
    }
    if !left_out.is_empty() {
        text += &format!("  {}\n", view.paint.dim(format!("and {} cached", thousands(left_out.len() as u64))));
    }
    text.push('\n');
    text
}

fn cells(task: &TaskRecord) -> [String; 5] {
    let account = Account::of(&task.report);
    let time = match (task.status, task.how) {
        (TaskStatus::Success, Some(How::Cached)) => "cached".to_owned(),
        (TaskStatus::Success, Some(How::Restored)) => "restored".to_owned(),
        (TaskStatus::Success, _) => seconds(task.duration),
        (TaskStatus::Failed, _) => "failed".to_owned(),
        (TaskStatus::Skipped, _) => "skipped".to_owned(),
        (TaskStatus::Cancelled, _) => "not reached".to_owned(),
    };
    [
        shortened(task.task.as_str(), WIDEST_ID),
        account.rows_in(),
        task.report.rows.map(thousands).unwrap_or_default(),
        account.rejected(),
        time,
    ]
}

fn look(task: &TaskRecord) -> Look {
    match (task.status, task.how) {
        (TaskStatus::Failed, _) => Look::Bad,
        (TaskStatus::Skipped | TaskStatus::Cancelled, _) | (_, Some(How::Cached)) => Look::Dim,
        _ => Look::Plain,
    }
}

fn bar_look(task: &TaskRecord) -> Look {
    match task.status {
        TaskStatus::Failed => Look::Bad,
        _ if task.attempts > 1 => Look::Notable,
        _ => Look::Active,
    }
}

/// The time of a run laid out over columns.
struct Scale {
    start: Timestamp,
    seconds: f64,
    columns: usize,
}

impl Scale {
    /// None if there is no room, or no time passed.
    fn of(whole: &WholeRun, now: Timestamp, columns: usize) -> Option<Self> {
        let start = whole.run.start.started;
        let since = |task: &TaskRecord| task.started.duration_since(start).as_secs_f64() + task.duration.as_secs_f64();
        let tasks = whole.tasks.iter().filter(|task| task.attempts > 0).map(since).fold(0.0, f64::max);
        let seconds = run_time(&whole.run, now).map_or(0.0, |time| time.as_secs_f64()).max(tasks);
        (columns >= *BAR.start() && seconds > 0.0).then_some(Self { start, seconds, columns })
    }

    /// `0 ───── 1.42 s`, as wide as the bars.
    fn head(&self) -> String {
        let end = seconds(std::time::Duration::from_secs_f64(self.seconds));
        let line = self.columns.saturating_sub(end.width() + 3);
        if line == 0 { end } else { format!("0 {} {end}", "─".repeat(line)) }
    }

    /// The columns before a task's bar, and the bar; None for a task that did not run.
    fn bar(&self, task: &TaskRecord) -> Option<(usize, String)> {
        if task.attempts == 0 {
            return None;
        }
        let eighths =
            |seconds: f64| (seconds / self.seconds * self.columns as f64 * 8.0).clamp(0.0, self.columns as f64 * 8.0);
        let from = task.started.duration_since(self.start).as_secs_f64();
        // A bar begins at a whole column, and even the shortest can be seen.
        let first = ((eighths(from) / 8.0) as usize).min(self.columns - 1);
        let length = (eighths(from + task.duration.as_secs_f64()) as usize).saturating_sub(first * 8).max(1);
        Some((first, format!("{}{}", "█".repeat(length / 8), EIGHTHS[length % 8])))
    }
}
