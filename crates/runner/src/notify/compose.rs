//! What is to be told, from what is written down.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tidemill_core::event::TaskStatus;
use tidemill_core::ids::RunId;
use tidemill_core::notify::{FailedNoticeTask, Notice};
use tidemill_core::spec::NotifyEvent;
use tidemill_secrets::masked;
use tidemill_state::{Fire, FireStatus, Run, RunStatus, TaskRecord};

use super::cause::BROKEN;
use super::{NoticeCause, Notifier};
use crate::Failure;
use crate::command_line;
use crate::project::{written, zone_of};

/// Of more tasks, lines or fires the first are told, or counted.
const MOST_TASKS: usize = 10;
const MOST_LINES: usize = 20;
const MOST_FIRES: usize = 1_000;
/// Of an error, so many lines.
const ERROR_LINES: usize = 6;

impl Notifier<'_> {
    /// What there is to tell of a cause, the most important first; none if nothing is.
    pub(super) fn notices(&self, cause: &NoticeCause<'_>) -> Result<Vec<(NotifyEvent, Notice)>, Failure> {
        let pipeline = &self.spec.name.value;
        match cause {
            NoticeCause::BrokenFile { fire, is_former_in_force, mistakes } => {
                let what = match (fire, is_former_in_force) {
                    (None, _) => "The run could not begin",
                    (_, true) => "The file has mistakes; what it was before stays in force",
                    (_, false) => "The file has mistakes, and nothing runs on schedule until they are mended",
                };
                let details = lines(mistakes.iter().cloned());
                let commands = vec![self.command("check")];
                let notice = Notice { summary: what.to_owned(), details, commands, ..self.about(*fire) };
                Ok(vec![(NotifyEvent::Failed, finished(notice, NotifyEvent::Failed))])
            }
            NoticeCause::Late(fire) => {
                let known = self.state.fire(pipeline, *fire)?;
                // What waits for another run to end is not written down yet.
                let is_open = known.as_ref().is_none_or(|known| known.status == FireStatus::Due);
                if is_open { self.late(*fire, known.and_then(|known| known.run)) } else { Ok(Vec::new()) }
            }
            NoticeCause::Ended(run) => match self.state.run(run)? {
                Some(run) => {
                    let before = self.failures_told(&self.key(cause)?)?;
                    let what = format!("The run of {}", self.shown(run.start.started));
                    self.ended(self.about(None), &what, before, &run)
                }
                None => Ok(Vec::new()),
            },
            NoticeCause::Settled { fire, is_file_broken, mistakes } => {
                let Some(known) = self.state.fire(pipeline, *fire)? else { return Ok(Vec::new()) };
                match (&known.run, known.status) {
                    (_, FireStatus::Due) => Ok(Vec::new()),
                    (Some(run), FireStatus::Done) => match self.state.run(run.as_str())? {
                        Some(run) => {
                            // What the file was before does not mend what it is now.
                            let before = self.failures_before(known.instant)?;
                            let counts = run.status() != RunStatus::Success || !*is_file_broken;
                            let what = format!("The run for {}", self.shown(known.instant));
                            self.ended(self.about(Some(known.instant)), &what, if counts { before } else { 0 }, &run)
                        }
                        None => Ok(Vec::new()),
                    },
                    _ if known.never_began() => self.never_began(&known, mistakes()),
                    _ => Ok(Vec::new()),
                }
            }
        }
    }

    fn late(&self, fire: Timestamp, run: Option<RunId>) -> Result<Vec<(NotifyEvent, Notice)>, Failure> {
        let by = self.spec.schedule.as_ref().and_then(|schedule| schedule.late?.of(fire, &self.zone()));
        let by = by.map_or_else(String::new, |by| format!(" by {}", by.to_zoned(self.zone()).strftime("%H:%M:%S")));
        let run = run.map(|run| self.state.run(run.as_str())).transpose()?.flatten();
        let detail = match &run {
            Some(run) => format!("it goes on since {}", self.shown(run.start.started)),
            None => "it has not begun: it waits for another run to end".to_owned(),
        };
        let mut notice = self.about(Some(fire));
        notice.summary = format!("The run for {} has not ended{by}", self.shown(fire));
        notice.details = vec![detail];
        notice.commands = vec![self.command("status")];
        self.of_run(&mut notice, run.as_ref());
        Ok(vec![(NotifyEvent::Late, finished(notice, NotifyEvent::Late))])
    }

    fn never_began(&self, fire: &Fire, mistakes: Vec<String>) -> Result<Vec<(NotifyEvent, Notice)>, Failure> {
        let shown = self.shown(fire.instant);
        let mut notice = self.about(Some(fire.instant));
        notice.summary = format!("The run for {shown} never began: {}", fire.reason.as_deref().unwrap_or_default());
        notice.details = lines(mistakes);
        notice.failures = self.failures_before(fire.instant)? + 1;
        notice.commands =
            vec![self.command("check"), self.command(&format!("backfill --from {0} --to {0}", fire.instant))];
        Ok(vec![(NotifyEvent::Failed, finished(notice, NotifyEvent::Failed))])
    }

    /// What there is to tell of a run that has ended: `what` is how it is called, and so many before it had failed in succession.
    fn ended(
        &self,
        mut notice: Notice,
        what: &str,
        before: usize,
        run: &Run,
    ) -> Result<Vec<(NotifyEvent, Notice)>, Failure> {
        let records = self.state.tasks_of(&run.id)?;
        self.of_run(&mut notice, Some(run));
        match run.status() {
            RunStatus::Failed | RunStatus::Interrupted | RunStatus::Running => {
                let failed = records.iter().filter(|record| record.status == TaskStatus::Failed);
                let count = failed.clone().count();
                notice.summary = match (run.status(), count) {
                    (RunStatus::Failed, 0) => format!("{what} failed"),
                    (RunStatus::Failed, 1) => format!("{what} failed in 1 task"),
                    (RunStatus::Failed, _) => format!("{what} failed in {count} tasks"),
                    _ => format!("{what} died: its process was killed or the machine went down"),
                };
                notice.tasks = failed.take(MOST_TASKS).map(|record| failed_task(run, record)).collect();
                notice.failures = before + 1;
                notice.commands.push(self.command(&format!("retry {}", run.id)));
                Ok(vec![(NotifyEvent::Failed, finished(notice, NotifyEvent::Failed))])
            }
            RunStatus::Success => {
                let warnings = warnings_of(&records);
                notice.details = lines(warnings.iter().cloned());
                notice.failures = before;
                let mut notices = Vec::new();
                if before > 0 {
                    let after = if before == 1 {
                        "after one that failed".to_owned()
                    } else {
                        format!("after {before} that failed")
                    };
                    let summary = format!("{what} succeeded, {after}");
                    let notice = Notice { summary, ..notice.clone() };
                    notices.push((NotifyEvent::Recovered, finished(notice, NotifyEvent::Recovered)));
                }
                if !warnings.is_empty() {
                    let plural = if warnings.len() == 1 { "" } else { "s" };
                    notice.summary = format!("{what} succeeded with {} warning{plural}", warnings.len());
                    notices.push((NotifyEvent::Warned, finished(notice, NotifyEvent::Warned)));
                }
                Ok(notices)
            }
            // Whoever stopped it knows.
            RunStatus::Cancelled => Ok(Vec::new()),
        }
    }

    /// What tells a cause from all others of its pipeline. A mistake that comes back after a run that succeeded is another.
    pub(super) fn key(&self, cause: &NoticeCause<'_>) -> Result<String, Failure> {
        let key = cause.key();
        if !matches!(cause, NoticeCause::BrokenFile { fire: None, .. }) {
            return Ok(key);
        }
        let last = self.state.last_success(&self.spec.name.value)?;
        Ok(last.map_or_else(|| key.clone(), |run| format!("{key} after {run}")))
    }

    /// How many fires in succession had failed before one. Those that were meant to be passed over, or stopped, do not count.
    fn failures_before(&self, fire: Timestamp) -> Result<usize, Failure> {
        let pipeline = &self.spec.name.value;
        let mut failures = 0;
        for before in self.state.fires_before(pipeline, fire, MOST_FIRES)? {
            let run = before.run.as_ref().filter(|_| before.status == FireStatus::Done);
            let status = run.map(|run| self.state.run(run.as_str())).transpose()?.flatten().map(|run| run.status());
            match status {
                Some(RunStatus::Failed | RunStatus::Interrupted) => failures += 1,
                Some(RunStatus::Success) => break,
                // Of a run that is forgotten nothing is known.
                None if run.is_some() => break,
                None if before.never_began() => failures += 1,
                Some(RunStatus::Running | RunStatus::Cancelled) | None => {}
            }
        }
        // Of a file that let nothing begin there is no fire, only what was told of it.
        let last = self.state.last_failure_notice(pipeline)?;
        let was_broken = last.as_ref().and_then(|last| last.notice()).is_some_and(|(_, what)| {
            what.strip_prefix(NotifyEvent::Failed.word()).is_some_and(|what| what.trim_start().starts_with(BROKEN))
        });
        Ok(if was_broken { failures.max(1) } else { failures })
    }

    /// How many failures were told in succession before one, whoever had started the runs: it is the one of which somebody has heard
    /// that a recovery is news.
    fn failures_told(&self, before: &str) -> Result<usize, Failure> {
        let failed = NotifyEvent::Failed.word();
        let mut failures = BTreeSet::new();
        for effect in self.state.notices(&self.spec.name.value, MOST_FIRES)? {
            match effect.notice().and_then(|(_, what)| what.split_once(' ')) {
                Some((event, _)) if event == NotifyEvent::Recovered.word() => break,
                Some((event, what)) if event == failed && what != before => drop(failures.insert(what.to_owned())),
                _ => {}
            }
        }
        Ok(failures.len())
    }

    fn about(&self, fire: Option<Timestamp>) -> Notice {
        Notice {
            pipeline: self.spec.name.value.clone(),
            at: self.shown(Timestamp::now()),
            fire: fire.map(|fire| self.shown(fire)),
            url: self.page.clone(),
            ..Notice::default()
        }
    }

    /// Adds what is known of a run.
    fn of_run(&self, notice: &mut Notice, run: Option<&Run>) {
        let Some(run) = run else { return };
        notice.run = Some(run.id.to_string());
        notice.commands.push(self.command(&format!("show {}", run.id)));
        if let Some(ended) = run.ended {
            notice.at = self.shown(ended);
        }
        // A name that the page would write in another way leads to its front.
        let name = &notice.pipeline;
        let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if let (Some(page), true) = (&self.page, is_plain) {
            notice.url = Some(format!("{}/p/{name}/runs/{}", page.trim_end_matches('/'), run.id));
        }
    }

    fn command(&self, what: &str) -> String {
        format!("{} {what}", command_line::again(self.spec))
    }

    fn zone(&self) -> TimeZone {
        zone_of(self.spec).unwrap_or(TimeZone::UTC)
    }

    fn shown(&self, instant: Timestamp) -> String {
        written(&instant.to_zoned(self.zone()))
    }
}

fn failed_task(run: &Run, record: &TaskRecord) -> FailedNoticeTask {
    let error = record.error.as_ref().map_or("it is not known why", |error| error.message.as_str());
    let mut shown: Vec<String> = error.lines().take(ERROR_LINES).map(str::to_owned).collect();
    let tail = record.error.iter().flat_map(|error| error.tail.iter().rev().take(ERROR_LINES).rev().cloned());
    shown.extend(tail);
    let log = format!("logs/{}/{}.log", run.id, record.task);
    FailedNoticeTask { task: record.task.to_string(), error: shown.join("\n"), log }
}

fn warnings_of(records: &[TaskRecord]) -> Vec<String> {
    let mut warnings: Vec<String> = Vec::new();
    for record in records {
        let broken = record.report.checks.iter().filter(|check| check.bad_rows > 0).map(|check| check.warning());
        for warning in record.report.warnings.iter().cloned().chain(broken) {
            let told = format!("{}: {warning}", record.task);
            if !warnings.contains(&told) {
                warnings.push(told);
            }
        }
    }
    warnings
}

fn lines(all: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = all.into_iter().collect();
    if lines.len() > MOST_LINES {
        let more = lines.len() - MOST_LINES;
        lines.truncate(MOST_LINES);
        lines.push(format!("… and {more} more lines"));
    }
    lines
}

/// A notice as it may leave the process.
fn finished(notice: Notice, event: NotifyEvent) -> Notice {
    let texts = |texts: Vec<String>| texts.into_iter().map(masked).collect();
    Notice {
        event: event.word().to_owned(),
        summary: masked(notice.summary),
        details: texts(notice.details),
        commands: texts(notice.commands),
        tasks: notice.tasks.into_iter().map(|task| FailedNoticeTask { error: masked(task.error), ..task }).collect(),
        ..notice
    }
}
