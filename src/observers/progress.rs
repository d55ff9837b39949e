//! The live display on a terminal: a line for each running task, and a bar for all. What goes wrong is told at once, the rest
//! in the summary.

use std::collections::HashMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tidemill_core::event::{Happening, Observer, RunEvent, TaskStatus};
use tidemill_core::ids::TaskName;

use super::lines::ended;
use crate::summary::MOST_ROWS;
use crate::terminal::{Paint, Stream};
use crate::wrapped::wrapped;

/// At most so many running tasks get a line of their own.
const MOST_LINES: usize = 12;

/// Draws bars on stderr; what has ended scrolls away above them.
pub struct Progress {
    all: MultiProgress,
    overall: ProgressBar,
    running: HashMap<TaskName, ProgressBar>,
    /// Whether each success is told at once: where there are too many for the table at the end.
    tells_all: bool,
    line: ProgressStyle,
    paint: Paint,
}

impl Progress {
    /// A display with nothing on it yet.
    pub fn new(paint: Paint) -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let overall = all.add(ProgressBar::new(0));
        let bar = if paint.0 { "{bar:28.cyan/dim}" } else { "{bar:28}" };
        let style = ProgressStyle::with_template(&format!("{bar} {{pos}}/{{len}} tasks  {{elapsed}}{{msg}}"));
        overall.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─"));
        let line = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed:>4}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        Self { all, overall, running: HashMap::new(), tells_all: false, line, paint }
    }

    fn finish(&self) {
        self.running.values().for_each(ProgressBar::finish_and_clear);
        self.overall.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Observer for Progress {
    fn on_event(&mut self, event: &RunEvent) -> Result<(), String> {
        match &event.what {
            Happening::RunStarted { tasks, .. } => {
                self.overall.set_length(*tasks as u64);
                self.tells_all = *tasks > MOST_ROWS;
                self.overall.enable_steady_tick(Duration::from_millis(100));
            }
            Happening::AttemptStarted { task, attempt } => {
                if self.running.len() < MOST_LINES && !self.running.contains_key(task) {
                    let line = self.all.insert_before(&self.overall, ProgressBar::new_spinner());
                    line.set_style(self.line.clone());
                    line.enable_steady_tick(Duration::from_millis(100));
                    self.running.insert(task.clone(), line);
                }
                if let Some(line) = self.running.get(task) {
                    let again = if *attempt > 1 { format!("  attempt {attempt}") } else { String::new() };
                    line.set_message(format!("{task}{again}"));
                }
            }
            Happening::AttemptEnded { task, error: Some(error), retry: true, .. } => {
                if let Some(line) = self.running.get(task) {
                    line.set_message(format!("{task}  waits to be tried again: {}", error.message));
                }
            }
            Happening::TaskEnded(end) => {
                if let Some(line) = self.running.remove(&end.task) {
                    line.finish_and_clear();
                    self.all.remove(&line);
                }
                let is_told = self.tells_all || end.status != TaskStatus::Success;
                if let Some(line) = ended(end, self.paint).filter(|_| is_told) {
                    self.overall.suspend(|| eprintln!("{}", wrapped(&line, Stream::Stderr.room(), 0, 9)));
                }
            }
            Happening::Progress(counts) => {
                self.overall.set_position((counts.total() - counts.open()) as u64);
                let failed = if counts.failed > 0 { format!("  {} failed", counts.failed) } else { String::new() };
                self.overall.set_message(failed);
            }
            Happening::RunEnded { .. } => self.finish(),
            Happening::TaskLookedUp { .. } | Happening::AttemptEnded { .. } => {}
        }
        Ok(())
    }
}
