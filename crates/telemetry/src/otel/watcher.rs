//! Watches a run and tells of it.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use opentelemetry::KeyValue;
use opentelemetry::trace::Status;
use tidemill_core::event::{Happening, Observer, RunEvent, RunOutcome};
use tidemill_core::ids::TaskName;
use tidemill_core::plan::Plan;
use tidemill_core::run::RunWatcher;
use tidemill_core::sched::Counts;
use tidemill_core::task::RunFacts;
use tidemill_core::trace::TraceContext;
use tidemill_secrets::masked;

use super::OtelSettings;
use super::export::Export;
use super::spans::Spans;
use crate::GRACE;

/// Tells a collector of one run.
pub struct OtelWatcher {
    state: Arc<Mutex<Watched>>,
}

struct Watched {
    settings: OtelSettings,
    pipeline: String,
    is_sampled: bool,
    spans: Spans,
    began: Option<Timestamp>,
    counts: Counts,
    failed: Option<TaskName>,
    export: Option<Export>,
}

impl OtelWatcher {
    /// Of a run in that place of a trace; nothing starts before the run does.
    pub fn new(settings: OtelSettings, context: TraceContext, pipeline: &str, run: RunFacts) -> Self {
        let is_sampled = context.is_sampled();
        let spans = Spans::new(context, pipeline.to_owned(), run);
        let watched = Watched {
            settings,
            pipeline: pipeline.to_owned(),
            is_sampled,
            spans,
            began: None,
            counts: Counts::default(),
            failed: None,
            export: None,
        };
        Self { state: Arc::new(Mutex::new(watched)) }
    }
}

impl RunWatcher for OtelWatcher {
    fn name(&self) -> &'static str {
        "telemetry"
    }

    fn observer(&self, plan: &Arc<Plan>) -> Box<dyn Observer> {
        Box::new(Telling { state: Arc::clone(&self.state), plan: Arc::clone(plan) })
    }

    fn end(&self, outcome: RunOutcome) -> Option<String> {
        let mut watched = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let export = watched.export.take()?;
        watched.tell_run(&export, outcome);
        export.end(GRACE)
    }
}

impl Watched {
    fn tell_run(&self, export: &Export, outcome: RunOutcome) {
        let word = match outcome {
            RunOutcome::Success => "success",
            RunOutcome::Failed => "failed",
            RunOutcome::Interrupted => "cancelled",
        };
        let now = Timestamp::now();
        if let (Some(instruments), Some(began)) = (&export.instruments, self.began) {
            instruments.run(now.duration_since(began).as_secs_f64(), word);
        }
        let counts = [
            ("tidemill.tasks.ran", self.counts.ran),
            ("tidemill.tasks.cached", self.counts.cached + self.counts.restored),
            ("tidemill.tasks.failed", self.counts.failed),
            ("tidemill.tasks.skipped", self.counts.skipped),
            ("tidemill.tasks.cancelled", self.counts.cancelled),
        ];
        let mut attributes: Vec<KeyValue> =
            counts.into_iter().map(|(name, count)| KeyValue::new(name, count as i64)).collect();
        attributes.push(KeyValue::new("tidemill.run.status", word));
        let why =
            self.failed.as_ref().map_or_else(|| format!("the run ended as {word}"), |task| format!("{task} failed"));
        let status = if outcome == RunOutcome::Success { Status::Ok } else { Status::error(masked(why)) };
        if self.is_sampled
            && let Some(span) = self.spans.run(now, status, attributes)
        {
            export.span(span);
        }
    }
}

/// Takes note of the events of one graph of the run.
struct Telling {
    state: Arc<Mutex<Watched>>,
    plan: Arc<Plan>,
}

impl Observer for Telling {
    fn on_event(&mut self, event: &RunEvent) -> Result<(), String> {
        let kind =
            |task: &TaskName| self.plan.find(task.as_str()).map_or("unknown", |ix| self.plan.task(ix).task_type.name);
        let mut watched = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let watched = &mut *watched;
        if let Happening::RunStarted { tasks, .. } = &event.what
            && watched.export.is_none()
        {
            watched.began = Some(event.at);
            watched.export = Some(Export::start(&watched.settings, &watched.pipeline, *tasks)?);
        }
        let span = watched.spans.note(event, kind);
        let Some(export) = &watched.export else { return Ok(()) };
        if let Some(span) = span.filter(|_| watched.is_sampled) {
            export.span(span);
        }
        match &event.what {
            Happening::TaskEnded(end) => export.instruments.iter().for_each(|known| known.task(end, kind(&end.task))),
            Happening::RunEnded { counts, first_failure, .. } => {
                // Handlers have counts of their own.
                watched.counts = watched.counts + *counts;
                watched.failed = watched.failed.take().or_else(|| first_failure.clone());
            }
            _ => {}
        }
        Ok(())
    }
}
