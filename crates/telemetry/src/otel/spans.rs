//! From the events of a run to its spans: one for the run, one for each attempt.

use std::collections::HashMap;
use std::time::SystemTime;

use jiff::Timestamp;
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{Array, InstrumentationScope, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use tidemill_core::event::{Happening, RunEvent, TaskEnd, TaskStatus};
use tidemill_core::ids::TaskName;
use tidemill_core::sched::How;
use tidemill_core::task::{RunFacts, TaskFailure};
use tidemill_core::trace::TraceContext;
use tidemill_secrets::masked;

/// Of a message so many letters are sent.
const LONGEST: usize = 4000;
/// Of the reasons why a task runs so many are sent.
const MOST_REASONS: usize = 20;

/// What is known of a run until its spans have ended.
pub(super) struct Spans {
    context: TraceContext,
    state: TraceState,
    scope: InstrumentationScope,
    pipeline: String,
    run: RunFacts,
    started: Option<Timestamp>,
    open: HashMap<TaskName, OpenTask>,
}

/// A task on its way.
#[derive(Default)]
struct OpenTask {
    looked_up: Option<Timestamp>,
    reasons: Vec<String>,
    /// The attempt under way: its number, its start, and its end once it has one.
    attempt: Option<(u32, Timestamp, Option<Timestamp>)>,
}

impl Spans {
    pub(super) fn new(context: TraceContext, pipeline: String, run: RunFacts) -> Self {
        let state = context.state().and_then(|state| state.parse().ok()).unwrap_or_default();
        let scope = InstrumentationScope::builder("tidemill").with_version(env!("CARGO_PKG_VERSION")).build();
        Self { context, state, scope, pipeline, run, started: None, open: HashMap::new() }
    }

    /// Takes note of an event, and returns the span that ends with it.
    pub(super) fn note(&mut self, event: &RunEvent, kind: impl Fn(&TaskName) -> &'static str) -> Option<SpanData> {
        let at = event.at;
        match &event.what {
            Happening::RunStarted { .. } => {
                // Handlers are a graph of their own, and part of the run.
                self.started.get_or_insert(at);
                None
            }
            Happening::TaskLookedUp { task, reasons, .. } => {
                let open = self.open.entry(task.clone()).or_default();
                (open.looked_up, open.reasons) = (Some(at), reasons.clone());
                None
            }
            Happening::AttemptStarted { task, attempt } => {
                self.open.entry(task.clone()).or_default().attempt = Some((*attempt, at, None));
                None
            }
            Happening::AttemptEnded { task, duration, error, retry, .. } => {
                let open = self.open.get_mut(task)?;
                let (_, started, ended) = open.attempt.as_mut()?;
                let end = started.checked_add(*duration).unwrap_or(at);
                *ended = Some(end);
                // Of the last attempt more is known when the task has ended.
                if *retry {
                    self.attempt(task, kind(task), end, &failure_of(error.as_ref()), error.as_ref())
                } else {
                    None
                }
            }
            Happening::TaskEnded(end) => self.ended(end, kind(&end.task)),
            Happening::Progress(_) | Happening::RunEnded { .. } => None,
        }
    }

    /// The span of a task that has ended: of its last attempt, or of the look-up that spared or failed it.
    fn ended(&mut self, end: &TaskEnd, kind: &'static str) -> Option<SpanData> {
        let is_cached = matches!(end.how, Some(How::Cached | How::Restored));
        let is_told = end.attempts > 0 || is_cached || end.status == TaskStatus::Failed;
        let mut more = vec![
            KeyValue::new("tidemill.task.status", end.status.as_str()),
            KeyValue::new("tidemill.task.cached", is_cached),
        ];
        // What is no table has no rows.
        if let Some(rows) = end.report.rows {
            let read = end.report.rows_in.iter().map(|rows| rows.rows).sum();
            more.push(KeyValue::new("tidemill.rows.in", signed(read)));
            more.push(KeyValue::new("tidemill.rows.out", signed(rows)));
            more.push(KeyValue::new("tidemill.rows.rejected", signed(end.report.rejected_rows())));
        }
        more.push(KeyValue::new("tidemill.warnings", end.report.warnings.len() as i64));
        let span = is_told.then(|| self.attempt(&end.task, kind, end.ended, &more, end.error.as_ref())).flatten();
        self.open.remove(&end.task);
        span
    }

    fn attempt(
        &mut self,
        task: &TaskName,
        kind: &'static str,
        now: Timestamp,
        more: &[KeyValue],
        error: Option<&TaskFailure>,
    ) -> Option<SpanData> {
        let open = self.open.get_mut(task)?;
        let (attempt, started, ended) = open.attempt.take().unwrap_or((0, open.looked_up.unwrap_or(now), None));
        let reasons = open.reasons.iter().take(MOST_REASONS).map(|reason| StringValue::from(told(reason)));
        let mut attributes = vec![
            KeyValue::new("tidemill.pipeline", self.pipeline.clone()),
            KeyValue::new("tidemill.run.id", self.run.id.clone()),
            KeyValue::new("tidemill.task.id", task.to_string()),
            KeyValue::new("tidemill.task.type", kind),
            KeyValue::new("tidemill.task.attempt", i64::from(attempt)),
            KeyValue::new("tidemill.task.reasons", Value::Array(Array::String(reasons.collect()))),
        ];
        attributes.extend_from_slice(more);
        let code = error.and_then(|error| error.exit_code);
        attributes.extend(code.map(|code| KeyValue::new("tidemill.task.exit_code", i64::from(code))));
        let status = error.map_or(Status::Ok, |error| Status::error(told(&error.message)));
        let (id, parent) = (self.context.attempt(task, attempt), Some(self.context.run()));
        Some(self.span(id, parent, masked(task.to_string()), (started, ended.unwrap_or(now)), attributes, status))
    }

    /// The span of the run, which ends now; none of a run that never began.
    pub(super) fn run(&self, now: Timestamp, status: Status, more: Vec<KeyValue>) -> Option<SpanData> {
        let mut attributes = vec![
            KeyValue::new("tidemill.pipeline", self.pipeline.clone()),
            KeyValue::new("tidemill.run.id", self.run.id.clone()),
            KeyValue::new("tidemill.run.trigger", self.run.trigger.clone()),
            KeyValue::new("tidemill.run.logical_time", self.run.logical_time.clone()),
        ];
        attributes.extend(more);
        let name = format!("run {}", self.pipeline);
        let (id, parent) = (self.context.run(), self.context.parent());
        Some(self.span(id, parent, name, (self.started?, now), attributes, status))
    }

    fn span(
        &self,
        id: [u8; 8],
        parent: Option<[u8; 8]>,
        name: String,
        (start, end): (Timestamp, Timestamp),
        attributes: Vec<KeyValue>,
        status: Status,
    ) -> SpanData {
        let trace = TraceId::from_bytes(self.context.trace());
        let span = SpanId::from_bytes(id);
        SpanData {
            span_context: SpanContext::new(trace, span, TraceFlags::SAMPLED, false, self.state.clone()),
            parent_span_id: parent.map_or(SpanId::INVALID, SpanId::from_bytes),
            parent_span_is_remote: parent.is_some() && parent == self.context.parent(),
            span_kind: SpanKind::Internal,
            name: name.into(),
            start_time: SystemTime::from(start),
            end_time: SystemTime::from(end.max(start)),
            attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status,
            instrumentation_scope: self.scope.clone(),
        }
    }
}

/// What is known of an attempt after which another follows.
fn failure_of(error: Option<&TaskFailure>) -> Vec<KeyValue> {
    let status = error.map_or(TaskStatus::Success, |_| TaskStatus::Failed);
    vec![KeyValue::new("tidemill.task.status", status.as_str()), KeyValue::new("tidemill.task.cached", false)]
}

fn told(text: &str) -> String {
    masked(text.chars().take(LONGEST).collect::<String>())
}

fn signed(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
