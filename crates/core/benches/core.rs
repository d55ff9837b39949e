//! What each step of a run costs by itself: `cargo bench -p tidemill-core`.
//!
//! The graph is a tree in which each task has up to three below it. Times are of one core; a number of items beside them is
//! the throughput. They are for comparing two states of the code on one machine.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidemill_core::cache::ContentStore;
use tidemill_core::clock::Moment;
use tidemill_core::diagnostic::{Diagnostic, Diagnostics};
use tidemill_core::fingerprint::Fingerprint;
use tidemill_core::ids::{Digest, TaskIx, TaskName};
use tidemill_core::plan;
use tidemill_core::sched::{Action, AttemptEnd, Dep, Input, Options, SchedGraph, SchedTask, Scheduler, Verdict};
use tidemill_core::spec::{self, At, LoadOptions, Loaded};
use tidemill_core::table::Schema;
use tidemill_core::task::{
    CheckContext, Descriptor, Edge, EdgeKind, Io, RunContext, RunFacts, Task, TaskFailure, TaskResult, TaskSource,
    TaskType, TaskTypes,
};

fn main() {
    divan::main();
}

const SIZES: [u32; 3] = [100, 10_000, 100_000];

/// The one before: each has up to three below it.
fn parent(at: u32) -> u32 {
    at.saturating_sub(1) / 3
}

/// A task that reads another and does nothing.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CopyKeys {
    from: Option<At<String>>,
    group_by: Option<Vec<String>>,
}

impl Task for CopyKeys {
    fn io(&self) -> Io {
        let edge = |task: &At<String>| Edge { task: task.clone(), role: "from".to_owned(), what: EdgeKind::Table };
        Io { reads: self.from.iter().map(edge).collect(), table: true, ..Io::default() }
    }

    fn parameters(&self) -> serde_json::Value {
        serde_json::json!({ "group_by": self.group_by })
    }

    fn describe(&self) -> String {
        "copy".to_owned()
    }

    fn check(&self, _: &CheckContext<'_>) -> Result<Option<Schema>, Vec<Diagnostic>> {
        Ok(None)
    }

    fn run(&self, _: &RunContext<'_>) -> Result<TaskResult, TaskFailure> {
        Ok(TaskResult::default())
    }
}

struct CopyType;

impl TaskType for CopyType {
    fn descriptor(&self) -> &'static Descriptor {
        &Descriptor { name: "copy", summary: "Copies a table.", ..Descriptor::TABLE }
    }

    fn schema(&self) -> schemars::Schema {
        schemars::schema_for!(CopyKeys)
    }

    fn build(&self, source: &TaskSource<'_>) -> Result<Arc<dyn Task>, Vec<Diagnostic>> {
        let keys: CopyKeys = spec::read(&source.spec.keys, source.scope(), source.sources)?;
        Ok(Arc::new(keys))
    }
}

fn types() -> TaskTypes {
    TaskTypes::new().with(CopyType)
}

/// Writes a pipeline of so many tasks, and says how it is loaded.
fn pipeline(folder: &Path, tasks: u32) -> LoadOptions {
    let mut text = "version: 1\nname: many\ntasks:\n  t0: {type: copy}\n".to_owned();
    for at in 1..tasks {
        text += &format!("  t{at}:\n    type: copy\n    from: t{}\n    group_by: [n]\n", parent(at));
    }
    let file = folder.join("pipeline.yaml");
    std::fs::write(&file, text).expect("the folder is the benchmark's own");
    let instant = "2024-11-20T19:45:00+00:00".to_owned();
    LoadOptions {
        folder: folder.to_owned(),
        file,
        profile: None,
        engine: None,
        params: Vec::new(),
        params_file: None,
        environment: BTreeMap::new(),
        run: RunFacts {
            id: "20241120-194500-0001".to_owned(),
            started: instant.clone(),
            logical_time: instant,
            date: "2024-11-20".to_owned(),
            trigger: "manual".to_owned(),
            status: "running".to_owned(),
        },
        texts: Arc::default(),
    }
}

fn load(options: &LoadOptions) -> Loaded {
    let loaded = spec::load(options, &types());
    assert!(!loaded.diagnostics.has_errors());
    loaded
}

/// YAML text to tasks with their positions, validated.
#[divan::bench(args = SIZES, sample_count = 10)]
fn read_the_file(bencher: Bencher<'_, '_>, tasks: u32) {
    let folder = tempfile::tempdir().expect("a folder");
    let options = pipeline(folder.path(), tasks);
    bencher.counter(ItemsCount::new(tasks)).bench_local(|| load(&options));
}

/// Tasks to a graph.
#[divan::bench(args = SIZES, sample_count = 10)]
fn build_the_graph(bencher: Bencher<'_, '_>, tasks: u32) {
    let folder = tempfile::tempdir().expect("a folder");
    let loaded = load(&pipeline(folder.path(), tasks));
    let spec = Arc::new(loaded.spec.expect("a pipeline without mistakes"));
    let types = types();
    bencher.counter(ItemsCount::new(tasks)).bench_local(|| {
        let mut found = Diagnostics::default();
        let plan = plan::build(&spec, &spec.tasks, &loaded.sources, &types, &mut found);
        plan.expect("a tree has no cycle")
    });
}

/// A whole run through the state machine, each attempt ending at once.
#[divan::bench(args = SIZES, sample_count = 10)]
fn schedule_a_run(bencher: Bencher<'_, '_>, tasks: u32) {
    let listed = (0..tasks)
        .map(|at| SchedTask {
            deps: if at == 0 { vec![] } else { vec![Dep { task: TaskIx(parent(at)), kind: EdgeKind::Table }] },
            ..SchedTask::new(TaskName::new(format!("t{at}")))
        })
        .collect();
    let graph = Arc::new(SchedGraph::new(listed, Vec::new()).expect("a tree has no cycle"));
    bencher.counter(ItemsCount::new(tasks)).bench_local(|| {
        let mut machine = Scheduler::new(graph.clone(), Options { jobs: 8, keep_going: false, seed: 1 });
        let (mut inputs, mut actions) = (vec![Input::Begin], Vec::new());
        while !inputs.is_empty() {
            machine.handle(inputs.drain(..), Moment::default(), &mut actions);
            for action in actions.drain(..) {
                match action {
                    Action::LookUp(task) => inputs.push(Input::LookedUp { task, verdict: Verdict::Run }),
                    Action::Start { task, attempt } => {
                        inputs.push(Input::Ended { task, attempt, end: AttemptEnd::Success });
                    }
                    _ => {}
                }
            }
        }
        assert_eq!(machine.counts().success(), tasks as usize);
    });
}

/// A fingerprint of ten parts, from its builder to its hash.
#[divan::bench]
fn fingerprint_a_task(bencher: Bencher<'_, '_>) {
    let parameters = serde_json::json!({
        "from": "orders", "group_by": ["country"], "metrics": {"total": "sum(total_amount)", "orders": "count(*)"},
        "sort": ["-total", "country"], "limit": 10, "where": "total_amount > 0", "having": null
    });
    let upstream = TaskName::new("orders");
    let digest = Digest::of(b"orders");
    bencher.bench_local(|| {
        Fingerprint::builder("aggregate", 1)
            .engine("polars/1")
            .parameters(&parameters, |_| Vec::new())
            .upstream(&upstream, EdgeKind::Table, None, digest)
            .build()
            .digest()
    });
}

const BYTES: [usize; 3] = [1_000, 1_000_000, 64_000_000];

/// An object written, hashed, synced and renamed.
#[divan::bench(args = BYTES, sample_count = 10)]
fn put_into_the_cache(bencher: Bencher<'_, '_>, bytes: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = ContentStore::new(folder.path());
    let mut content = vec![7_u8; bytes];
    let mut number = 0_u64;
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        // Another content each time: an object that is there already is not written again.
        number += 1;
        content[..8].copy_from_slice(&number.to_le_bytes());
        store.put(|to| to.write_all(&content)).expect("the folder is the benchmark's own")
    });
}

/// An object read by a process that has not verified it before.
#[divan::bench(args = BYTES, sample_count = 10)]
fn read_from_the_cache(bencher: Bencher<'_, '_>, bytes: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let content = vec![7_u8; bytes];
    let object = ContentStore::new(folder.path()).put(|to| to.write_all(&content)).expect("the folder is our own");
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        let path = ContentStore::new(folder.path()).get(&object.digest).expect("it can be read").expect("it is there");
        std::fs::read(path).expect("it can be read").len()
    });
}
