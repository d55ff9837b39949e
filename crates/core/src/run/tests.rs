use std::collections::BTreeSet;
use std::sync::Mutex;

use super::*;
use crate::attempt::AttemptToken;
use crate::clock::{FakeClock, SystemClock};
use crate::event::TaskStatus;
use crate::sched::{Dep, How, SchedTask};
use crate::task::{EdgeKind, TaskFailure, TaskReport};

type Work = dyn Fn(TaskIx, u32, &AttemptToken) -> Result<TaskReport, TaskFailure> + Send + Sync;

/// An executor made of closures.
struct Fake {
    quick: bool,
    cached: BTreeSet<u32>,
    skipped: BTreeSet<u32>,
    work: Box<Work>,
    ledger_breaks_at: Option<u32>,
    committed: Mutex<Vec<u32>>,
    looked_up: Mutex<Vec<u32>>,
}

impl Fake {
    fn new(
        work: impl Fn(TaskIx, u32, &AttemptToken) -> Result<TaskReport, TaskFailure> + Send + Sync + 'static,
    ) -> Self {
        Self {
            quick: false,
            cached: BTreeSet::new(),
            skipped: BTreeSet::new(),
            work: Box::new(work),
            ledger_breaks_at: None,
            committed: Mutex::default(),
            looked_up: Mutex::default(),
        }
    }
}

impl Executor for Fake {
    fn look_up_quickly(&self, task: TaskIx) -> Option<LookUp> {
        self.quick.then(|| self.look_up(task))
    }

    fn look_up(&self, task: TaskIx) -> LookUp {
        self.looked_up.lock().unwrap().push(task.0);
        if self.cached.contains(&task.0) {
            LookUp::Cached(TaskReport { rows: Some(7), ..TaskReport::default() })
        } else if self.skipped.contains(&task.0) {
            LookUp::Skip("when is false".into())
        } else {
            LookUp::Run { reasons: vec!["new".into()] }
        }
    }

    fn execute(&self, task: TaskIx, attempt: u32, token: &AttemptToken) -> Result<TaskReport, TaskFailure> {
        (self.work)(task, attempt, token)
    }

    fn committed(&self, task: TaskIx, _: &TaskEnd) -> Result<(), String> {
        self.committed.lock().unwrap().push(task.0);
        if self.ledger_breaks_at == Some(task.0) { Err("disk full".into()) } else { Ok(()) }
    }
}

/// Tasks `t0` to `t{len-1}` with table edges.
fn tasks(len: usize, edges: &[(u32, usize)]) -> Vec<SchedTask> {
    let mut tasks: Vec<SchedTask> = (0..len).map(|at| SchedTask::new(format!("t{at}").as_str().into())).collect();
    for (from, to) in edges {
        tasks[*to].deps.push(Dep { task: TaskIx(*from), kind: EdgeKind::Table });
    }
    tasks
}

fn options(jobs: usize) -> RunOptions {
    RunOptions { run: RunId::new("r"), jobs, keep_going: false, seed: 0 }
}

fn run_with(tasks: Vec<SchedTask>, fake: &Arc<Fake>, clock: &dyn Clock, interrupts: &Interrupts) -> RunSummary {
    let graph = Arc::new(SchedGraph::new(tasks, Vec::new()).unwrap());
    let executor: Arc<dyn Executor> = Arc::clone(fake) as _;
    run(graph, executor, &mut Observers::new(), clock, &options(2), interrupts)
}

fn run_simply(tasks: Vec<SchedTask>, fake: Fake) -> RunSummary {
    run_with(tasks, &Arc::new(fake), &SystemClock::new(), &Interrupts::new())
}

fn done() -> Result<TaskReport, TaskFailure> {
    Ok(TaskReport::default())
}

/// One letter a task.
fn statuses(summary: &RunSummary) -> String {
    let letter = |end: &Option<TaskEnd>| match end.as_ref().map(|end| (end.status, end.how)) {
        None => '-',
        Some((TaskStatus::Success, Some(How::Ran))) => 'r',
        Some((TaskStatus::Success, _)) => 'c',
        Some((TaskStatus::Failed, _)) => 'F',
        Some((TaskStatus::Skipped, _)) => 's',
        Some((TaskStatus::Cancelled, _)) => 'x',
    };
    summary.tasks.iter().map(letter).collect()
}

fn reason(summary: &RunSummary, task: u32) -> &str {
    summary.task(TaskIx(task)).unwrap().reason.as_deref().unwrap_or_default()
}

#[test]
fn what_is_cached_does_not_run_and_what_is_skipped_skips_on() {
    for quick in [false, true] {
        let mut fake = Fake::new(|_, _, _| done());
        (fake.quick, fake.cached, fake.skipped) = (quick, [0].into(), [2].into());
        let mut tasks = tasks(5, &[(0, 1), (1, 3), (2, 3)]);
        tasks[4].selected = false;
        let summary = run_simply(tasks, fake);
        assert_eq!(statuses(&summary), "crss-");
        assert_eq!(summary.status, RunOutcome::Success);
        assert_eq!((reason(&summary, 2), reason(&summary, 3)), ("when is false", "`t2` was skipped"));
        assert_eq!(summary.task(TaskIx(0)).unwrap().report.rows, Some(7));
    }
}

#[test]
fn a_panic_is_a_failure_and_names_those_it_keeps_from_running() {
    let fake = Fake::new(|task, _, _| if task.0 == 0 { panic!("lost my marbles") } else { done() });
    let summary = run_simply(tasks(3, &[(0, 1), (1, 2)]), fake);
    assert_eq!(statuses(&summary), "Fss");
    assert_eq!((summary.status, summary.first_failure), (RunOutcome::Failed, Some(TaskIx(0))));
    let error = summary.task(TaskIx(0)).unwrap().error.clone().unwrap();
    assert_eq!(error.message, "panicked: lost my marbles");
    assert_eq!(reason(&summary, 2), "`t1` did not run because `t0` failed");
}

/// What a task does that only ends when it is told to.
fn until_stopped(token: &AttemptToken) -> Result<TaskReport, TaskFailure> {
    while !token.is_cancelled() {
        std::thread::yield_now();
    }
    assert!(!token.begin_commit());
    Err(TaskFailure::new("stopped"))
}

#[test]
fn a_timed_out_attempt_cannot_publish_and_is_tried_again_once_its_thread_is_back() {
    let clock = Arc::new(FakeClock::new(Timestamp::UNIX_EPOCH));
    let alarms = clock.watch_alarms();
    let fake = Arc::new(Fake::new(|_, attempt, token| if attempt == 1 { until_stopped(token) } else { done() }));
    let mut tasks = tasks(1, &[]);
    tasks[0].timeout = Some(Duration::from_secs(60));
    tasks[0].retries.max = 1;
    let summary = std::thread::scope(|scope| {
        let running = scope.spawn(|| run_with(tasks, &fake, &*clock, &Interrupts::new()));
        alarms.recv().unwrap();
        clock.advance(Duration::from_secs(61));
        running.join().unwrap()
    });
    assert_eq!((statuses(&summary).as_str(), summary.task(TaskIx(0)).unwrap().attempts), ("r", 2));
}

#[test]
fn a_table_that_does_not_stop_fails_at_its_timeout_and_is_not_waited_for() {
    let clock = Arc::new(FakeClock::new(Timestamp::UNIX_EPOCH));
    let alarms = clock.watch_alarms();
    let (release, held) = crossbeam_channel::bounded::<()>(0);
    let (tell, told) = crossbeam_channel::bounded(1);
    let fake = Arc::new(Fake::new(move |_, _, token| {
        let _ = held.recv();
        tell.send(token.begin_commit()).unwrap();
        done()
    }));
    let mut tasks = tasks(2, &[(0, 1)]);
    tasks[0].timeout = Some(Duration::from_secs(90));
    let summary = std::thread::scope(|scope| {
        let running = scope.spawn(|| run_with(tasks, &fake, &*clock, &Interrupts::new()));
        alarms.recv().unwrap();
        clock.advance(Duration::from_secs(90));
        running.join().unwrap()
    });
    assert_eq!(statuses(&summary), "Fs");
    let error = summary.task(TaskIx(0)).unwrap().error.clone().unwrap();
    assert_eq!(error.message, "took longer than its timeout of 1m 30s");
    // Its thread comes back after the run: the gate is shut.
    drop(release);
    assert!(!told.recv().unwrap());
}

#[test]
fn an_attempt_that_publishes_when_its_time_is_up_counts() {
    let clock = Arc::new(FakeClock::new(Timestamp::UNIX_EPOCH));
    let alarms = clock.watch_alarms();
    let (begun, publishing) = crossbeam_channel::bounded(1);
    let (go_on, wait) = crossbeam_channel::bounded::<()>(1);
    let fake = Arc::new(Fake::new(move |_, _, token| {
        assert!(token.begin_commit());
        begun.send(()).unwrap();
        wait.recv().unwrap();
        done()
    }));
    let mut tasks = tasks(1, &[]);
    tasks[0].timeout = Some(Duration::from_secs(60));
    let summary = std::thread::scope(|scope| {
        let running = scope.spawn(|| run_with(tasks, &fake, &*clock, &Interrupts::new()));
        alarms.recv().unwrap();
        publishing.recv().unwrap();
        clock.advance(Duration::from_secs(61));
        go_on.send(()).unwrap();
        running.join().unwrap()
    });
    assert_eq!(statuses(&summary), "r");
}

#[test]
fn an_interruption_waits_for_commands_but_not_for_tables() {
    let interrupts = Interrupts::new();
    let interrupter = interrupts.interrupter();
    let (release, held) = crossbeam_channel::bounded::<()>(0);
    let command_ended = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let ended = Arc::clone(&command_ended);
    let both = std::sync::Barrier::new(2);
    let fake = Arc::new(Fake::new(move |task, _, token| {
        if both.wait().is_leader() {
            interrupter.interrupt();
        }
        if task.0 == 1 {
            let _ = held.recv();
            return done();
        }
        let stopped = until_stopped(token);
        ended.store(true, std::sync::atomic::Ordering::SeqCst);
        stopped
    }));
    let mut tasks = tasks(4, &[(0, 2)]);
    tasks[0].awaited = true;
    let summary = run_with(tasks, &fake, &SystemClock::new(), &interrupts);
    assert!(command_ended.load(std::sync::atomic::Ordering::SeqCst));
    assert_eq!((statuses(&summary).as_str(), summary.status), ("xxxx", RunOutcome::Interrupted));
    assert_eq!(reason(&summary, 2), "the run was interrupted");
    drop(release);
}

#[test]
fn an_interruption_before_the_run_lets_nothing_start() {
    let interrupts = Interrupts::new();
    interrupts.interrupter().interrupt();
    let fake = Arc::new(Fake::new(|_, _, _| panic!("started")));
    assert_eq!(statuses(&run_with(tasks(2, &[]), &fake, &SystemClock::new(), &interrupts)), "xx");
}

#[test]
fn a_ledger_that_cannot_be_written_stops_the_run_before_anything_follows() {
    let mut fake = Fake::new(|task, _, _| if task.0 == 1 { panic!("started") } else { done() });
    (fake.quick, fake.ledger_breaks_at) = (true, Some(0));
    let fake = Arc::new(fake);
    let summary = run_with(tasks(2, &[(0, 1)]), &fake, &SystemClock::new(), &Interrupts::new());
    assert_eq!((statuses(&summary).as_str(), summary.status), ("rx", RunOutcome::Failed));
    assert_eq!(summary.error.as_deref(), Some("disk full"));
    assert_eq!(reason(&summary, 1), "the run was stopped because its state could not be saved");
    // A look-up may publish files from the cache.
    assert_eq!(*fake.looked_up.lock().unwrap(), [0]);
}

#[test]
fn a_task_is_written_down_before_one_after_it_starts() {
    let fake = Arc::new_cyclic(|fake: &std::sync::Weak<Fake>| {
        let fake = fake.clone();
        Fake::new(move |task, _, _| {
            let written = fake.upgrade().unwrap().committed.lock().unwrap().clone();
            assert!(task.0 == 0 || written.contains(&(task.0 - 1)));
            done()
        })
    });
    let edges: Vec<(u32, usize)> = (1..50).map(|to| (to as u32 - 1, to)).collect();
    let summary = run_with(tasks(50, &edges), &fake, &SystemClock::new(), &Interrupts::new());
    assert_eq!(statuses(&summary), "r".repeat(50));
}

#[test]
fn ten_thousand_cached_tasks_need_no_other_thread() {
    let mut fake = Fake::new(|_, _, _| panic!("started"));
    (fake.quick, fake.cached) = (true, (0..10_000).collect());
    let edges: Vec<(u32, usize)> = (10..10_000).map(|to| (to as u32 - 10, to)).collect();
    let summary = run_simply(tasks(10_000, &edges), fake);
    assert_eq!(summary.counts.cached, 10_000);
}
