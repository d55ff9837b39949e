//! The story of a run where there is no terminal: one plain line for each task.

use std::io::Write;

use tidemill_core::event::{Happening, Observer, RunEvent, TaskEnd, TaskStatus};
use tidemill_core::sched::How;

use crate::summary::{brief, seconds};
use crate::terminal::{Paint, Stream};
use tidemill_secrets::masked;

/// Prints a line when a task ends, and when one is tried again.
pub struct Lines {
    /// Whether the starts of attempts are told too.
    pub verbose: bool,
    /// Colours.
    pub paint: Paint,
}

impl Observer for Lines {
    fn on_event(&mut self, event: &RunEvent) -> Result<(), String> {
        let line = match &event.what {
            Happening::AttemptStarted { task, attempt } if self.verbose => {
                let again = if *attempt > 1 { format!(" (attempt {attempt})") } else { String::new() };
                Some(format!("{} {task}{again}", self.paint.dim("start  ")))
            }
            Happening::AttemptEnded { task, attempt, error: Some(error), retry: true, .. } => {
                Some(format!("{} {task}  attempt {attempt} failed: {}", self.paint.yellow("retry  "), error.message))
            }
            Happening::TaskEnded(end) => ended(end, self.paint),
            _ => None,
        };
        match line {
            // In one piece: a line and its end would be two writes.
            Some(line) => std::io::stderr()
                .lock()
                .write_all(Stream::Stderr.safe(&(masked(line) + "\n")).as_bytes())
                .map_err(|error| format!("cannot write to stderr: {error}")),
            None => Ok(()),
        }
    }
}

/// The line of a task that has ended; none for what was only cached or never reached, which the summary counts.
pub fn ended(end: &TaskEnd, paint: Paint) -> Option<String> {
    let name = &end.task;
    Some(match (end.status, end.how) {
        (TaskStatus::Success, Some(How::Cached)) => return None,
        (TaskStatus::Success, Some(How::Restored)) => {
            format!("{} {name}  {}", paint.cyan("restore"), end.reason.as_deref().unwrap_or("published again"))
        }
        (TaskStatus::Success, _) => {
            let brief = brief(end);
            let gap = if brief.is_empty() { "" } else { "  " };
            format!("{} {name}{gap}{brief}  {}", paint.green("done   "), paint.dim(seconds(end.duration)))
        }
        (TaskStatus::Failed, _) => {
            let message = end.error.as_ref().map_or("", |failure| failure.message.lines().next().unwrap_or_default());
            format!("{} {name}  {message}", paint.red("failed "))
        }
        (TaskStatus::Skipped, _) => {
            format!("{} {name}  {}", paint.yellow("skipped"), end.reason.as_deref().unwrap_or_default())
        }
        (TaskStatus::Cancelled, _) => return None,
    })
}
