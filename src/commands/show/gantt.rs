//! The tasks of a run over its time: a line each, with rows and a bar from its start to its end.

use jiff::Timestamp;
use tidemill_core::event::TaskStatus;
use tidemill_core::sched::How;
use tidemill_state::TaskRecord;
use unicode_width::UnicodeWidthStr;

use super::{View, WholeRun};
use crate::accounting::{Account, emphasis_of, time_of};
use crate::summary::seconds;
use crate::text_table::{Cell, Emphasis, GAP, TextTable, shortened};
use tidemill_core::format::thousands;
use tidemill_state::run_time;

/// What stands before each line.
const INDENT: usize = 2;
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
    let mut table =
        TextTable::new().text("task").number("rows in").number("rows out").number("rejected").number("time");
    tasks.iter().for_each(|task| table.row(cells(task)));
    let places: Vec<Option<String>> = tasks.iter().map(|task| task.report.place.told()).collect();
    if places.iter().any(Option::is_some) {
        let place = |place: Option<String>| Cell::new(place.unwrap_or_default(), Emphasis::Plain);
        table.add_text("computed".to_owned(), places.into_iter().map(place));
    }
    let room = view.width.saturating_sub(INDENT + table.width() + GAP);
    if let Some(scale) = Scale::of(whole, view.now, room.min(*BAR.end())) {
        table.add_text(scale.head(), tasks.iter().map(|task| scale.bar(task)));
    }
    let mut text = table.write(usize::MAX, INDENT, view.paint);
    if !left_out.is_empty() {
        text += &format!("  {}\n", view.paint.dim(format!("and {} cached", thousands(left_out.len() as u64))));
    }
    text.push('\n');
    text
}

fn cells(task: &TaskRecord) -> [Cell; 5] {
    let account = Account::of(&task.report);
    let texts = [
        shortened(task.task.as_str(), WIDEST_ID),
        account.rows_in(),
        task.report.rows.map(thousands).unwrap_or_default(),
        account.rejected(),
        time_of(task.status, task.how, task.duration),
    ];
    texts.map(|text| Cell::new(text, emphasis_of(task.status, task.how)))
}

fn bar_emphasis(task: &TaskRecord) -> Emphasis {
    match task.status {
        TaskStatus::Failed => Emphasis::Bad,
        _ if task.attempts > 1 => Emphasis::Notable,
        _ => Emphasis::Active,
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

    /// A task's bar, behind as many spaces as it began late; nothing for a task that did not run.
    fn bar(&self, task: &TaskRecord) -> Cell {
        if task.attempts == 0 {
            return Cell::default();
        }
        let eighths =
            |seconds: f64| (seconds / self.seconds * self.columns as f64 * 8.0).clamp(0.0, self.columns as f64 * 8.0);
        let from = task.started.duration_since(self.start).as_secs_f64();
        // A bar begins at a whole column, and even the shortest can be seen.
        let first = ((eighths(from) / 8.0) as usize).min(self.columns - 1);
        let length = (eighths(from + task.duration.as_secs_f64()) as usize).saturating_sub(first * 8).max(1);
        let bar = format!("{}{}{}", " ".repeat(first), "█".repeat(length / 8), EIGHTHS[length % 8]);
        Cell::new(bar, bar_emphasis(task))
    }
}
