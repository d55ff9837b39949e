//! The metrics of runs: durations, rows, failures.

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, MeterProvider as _};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use tidemill_core::event::{TaskEnd, TaskStatus};
use tidemill_core::sched::How;

/// Between which seconds durations are told apart.
const SECONDS: [f64; 14] = [0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0];

/// What is measured.
pub(super) struct Instruments {
    pipeline: String,
    run_duration: Histogram<f64>,
    task_duration: Histogram<f64>,
    rows: Counter<u64>,
    run_failures: Counter<u64>,
    task_failures: Counter<u64>,
}

impl Instruments {
    pub(super) fn new(provider: &SdkMeterProvider, pipeline: String) -> Self {
        let meter = provider.meter("tidemill");
        let duration = |name: &'static str, description: &'static str| {
            let histogram = meter.f64_histogram(name).with_unit("s").with_description(description);
            histogram.with_boundaries(SECONDS.to_vec()).build()
        };
        let counter = |name: &'static str, unit: &'static str, description: &'static str| {
            meter.u64_counter(name).with_unit(unit).with_description(description).build()
        };
        Self {
            pipeline,
            run_duration: duration("tidemill.run.duration", "How long runs take, their handlers included"),
            task_duration: duration(
                "tidemill.task.duration",
                "How long tasks take that run, all their attempts included",
            ),
            rows: counter("tidemill.task.rows", "{row}", "Rows that tasks have read, made and rejected"),
            run_failures: counter("tidemill.run.failures", "{run}", "Runs that have failed"),
            task_failures: counter("tidemill.task.failures", "{task}", "Tasks that have failed"),
        }
    }

    fn named(&self) -> KeyValue {
        KeyValue::new("tidemill.pipeline", self.pipeline.clone())
    }

    /// Counts a task that has ended. Instances of a `foreach` are one task here, or each item would be a series of its own.
    pub(super) fn task(&self, end: &TaskEnd, kind: &'static str) {
        let task = [
            self.named(),
            KeyValue::new("tidemill.task.id", end.task.base().to_owned()),
            KeyValue::new("tidemill.task.type", kind),
        ];
        let with = |name: &'static str, value: &'static str| [&task[..], &[KeyValue::new(name, value)]].concat();
        if end.status == TaskStatus::Failed {
            self.task_failures.add(1, &task);
        }
        if end.attempts > 0 {
            self.task_duration.record(end.duration.as_secs_f64(), &with("tidemill.task.status", end.status.as_str()));
        }
        // What is no table has no rows.
        if let (Some(How::Ran), Some(rows)) = (end.how, end.report.rows) {
            let read = end.report.rows_in.iter().map(|rows| rows.rows).sum();
            let counts = [("read", read), ("made", rows), ("rejected", end.report.rejected_rows())];
            counts.into_iter().for_each(|(what, rows)| self.rows.add(rows, &with("tidemill.rows", what)));
        }
    }

    /// Counts the run, which has ended so.
    pub(super) fn run(&self, seconds: f64, status: &'static str) {
        let attributes = [self.named(), KeyValue::new("tidemill.run.status", status)];
        self.run_duration.record(seconds, &attributes);
        self.run_failures.add(u64::from(status == "failed"), &[self.named()]);
    }
}
