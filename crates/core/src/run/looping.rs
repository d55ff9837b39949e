//! The thread that owns a run's state.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, Thread};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, never, unbounded};
use jiff::{SignedDuration, Timestamp};

use super::record::{Attempt, Record};
use super::workers::Workers;
use super::{Executor, Interrupts, LookUp, RunOptions, RunSummary};
use crate::attempt::AttemptToken;
use crate::clock::{Clock, Moment};
use crate::event::{EVENT_VERSION, Happening, LookedUpAction, Observers, RunEvent, RunOutcome, panic_text};
use crate::ids::TaskIx;
use crate::sched::{
    Action, AttemptEnd, Counts, Halt, Input, Options, SchedGraph, Scheduler, Status, StopReason, TaskState, Verdict,
};
use crate::task::{TaskFailure, TaskReport};

/// Look-ups on workers at once; they read and hash files, so more would only fight over the disk.
const LOOK_UPS: usize = 4;

/// The way from workers to the loop.
#[derive(Clone)]
struct Outbox {
    sender: Sender<Message>,
    reader: Thread,
}

impl Outbox {
    fn send(&self, message: Message) {
        // The loop may be over; then nobody asks any more.
        let _ = self.sender.send(message);
        self.reader.unpark();
    }
}

/// What workers send.
enum Message {
    LookedUp { task: TaskIx, found: LookUp },
    Ended { task: TaskIx, attempt: u32, outcome: Result<TaskReport, TaskFailure> },
}

pub(super) struct Loop<'a> {
    graph: Arc<SchedGraph>,
    executor: Arc<dyn Executor>,
    observers: &'a mut Observers,
    clock: &'a dyn Clock,
    options: &'a RunOptions,
    scheduler: Scheduler,
    records: Vec<Record>,
    /// Answers that need no other thread, to be handed to the scheduler next.
    inputs: VecDeque<Input>,
    workers: Workers,
    look_ups: Workers,
    outbox: Outbox,
    inbox: Receiver<Message>,
    shown: Counts,
    interrupted: bool,
    ledger_error: Option<String>,
    finished: bool,
}

impl<'a> Loop<'a> {
    pub(super) fn new(
        graph: Arc<SchedGraph>,
        executor: Arc<dyn Executor>,
        observers: &'a mut Observers,
        clock: &'a dyn Clock,
        options: &'a RunOptions,
    ) -> Self {
        let RunOptions { jobs, keep_going, seed, .. } = *options;
        let (sender, inbox) = unbounded();
        Self {
            scheduler: Scheduler::new(Arc::clone(&graph), Options { jobs, keep_going, seed }),
            records: graph.all().map(|_| Record::default()).collect(),
            inputs: VecDeque::new(),
            workers: Workers::new("task", jobs),
            look_ups: Workers::new("look-up", LOOK_UPS),
            outbox: Outbox { sender, reader: thread::current() },
            inbox,
            shown: Counts::default(),
            interrupted: false,
            ledger_error: None,
            finished: false,
            graph,
            executor,
            observers,
            clock,
            options,
        }
    }

    pub(super) fn run(mut self, interrupts: &Interrupts) -> RunSummary {
        let began = (self.clock.now(), self.clock.monotonic());
        let tasks = self.scheduler.counts().total();
        self.emit(Happening::RunStarted { tasks, jobs: self.options.jobs.max(1) });
        interrupts.listen();
        if interrupts.receiver.try_recv().is_ok() {
            self.interrupt();
        }
        self.feed(Input::Begin);
        let mut alarm: (Option<Moment>, Receiver<_>) = (None, never());
        while !self.finished {
            if self.inbox.is_empty() {
                self.show_progress();
            }
            let at = self.scheduler.wake_at();
            if alarm.0 != at {
                alarm = (at, at.map_or_else(never, |at| self.clock.alarm(at)));
            }
            if interrupts.receiver.try_recv().is_ok() {
                self.interrupt();
            } else if alarm.1.try_recv().is_ok() {
                alarm = (None, never());
                self.feed(Input::Tick);
            } else if let Ok(message) = self.inbox.try_recv() {
                self.receive(message);
            } else {
                self.sleep(alarm.0);
            }
        }
        self.show_progress();
        self.summary(began)
    }

    /// Until something has come or the alarm is due. Who sends unparks this thread: to wait for several channels at once would
    /// spin and yield first, which for thousands of short tasks takes the processor from those that are waited for.
    fn sleep(&self, alarm: Option<Moment>) {
        match alarm {
            Some(at) => thread::park_timeout(at.since(self.clock.monotonic())),
            None => thread::park(),
        }
    }

    fn summary(mut self, began: (Timestamp, Moment)) -> RunSummary {
        let counts = self.scheduler.counts();
        let status = match (self.interrupted, counts.failed, &self.ledger_error) {
            (true, _, None) => RunOutcome::Interrupted,
            (false, 0, None) => RunOutcome::Success,
            _ => RunOutcome::Failed,
        };
        let duration = self.clock.monotonic().since(began.1);
        let first_failure = self.scheduler.first_failure();
        self.emit(Happening::RunEnded {
            status,
            duration,
            counts,
            first_failure: first_failure.map(|task| self.graph.task(task).name.clone()),
            error: self.ledger_error.clone(),
        });
        let tasks = self.records.into_iter().map(|record| record.end).collect();
        RunSummary { status, started: began.0, duration, counts, tasks, first_failure, error: self.ledger_error }
    }

    fn interrupt(&mut self) {
        self.interrupted = true;
        self.feed(Input::Halt(Halt::Interrupt));
    }

    /// Takes in a message and whatever else has come by now.
    fn receive(&mut self, first: Message) {
        let mut next = Some(first);
        while let Some(message) = next {
            let input = match message {
                Message::LookedUp { task, found } => self.looked_up(task, found),
                Message::Ended { task, attempt, outcome } => self.attempt_ended(task, attempt, outcome),
            };
            self.inputs.push_back(input);
            next = self.inbox.try_recv().ok();
        }
        self.work_off();
    }

    fn feed(&mut self, input: Input) {
        self.inputs.push_back(input);
        self.work_off();
    }

    /// Tells the scheduler and does what it wants, until there is nothing left to tell.
    fn work_off(&mut self) {
        let mut actions = Vec::new();
        while !self.inputs.is_empty() {
            self.scheduler.handle(self.inputs.drain(..), self.clock.monotonic(), &mut actions);
            for action in actions.drain(..) {
                self.act(action);
            }
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            // A run whose ledger cannot be written is about to be stopped: what follows from its last task must not happen.
            Action::LookUp(_) if self.ledger_error.is_some() => {}
            Action::LookUp(task) => self.look_up(task),
            Action::Start { task, attempt } => self.start(task, attempt),
            Action::Stop { task, attempt, reason } => self.stop(task, attempt, reason),
            Action::Kill { task, .. } => {
                if let Some(attempt) = &self.records[task.index()].attempt {
                    attempt.token.kill();
                }
            }
            Action::Retry { task, .. } => self.show_attempt_end(task, true),
            Action::Done { task, status } => self.done(task, status),
            Action::Finished => self.finished = true,
        }
    }

    fn look_up(&mut self, task: TaskIx) {
        let quick = catch_unwind(AssertUnwindSafe(|| self.executor.look_up_quickly(task)));
        match quick.map_err(|panic| LookUp::Failed(panicked(&*panic))) {
            Ok(None) => self.look_up_on_worker(task),
            Ok(Some(found)) | Err(found) => {
                let input = self.looked_up(task, found);
                self.inputs.push_back(input);
            }
        }
    }

    fn look_up_on_worker(&mut self, task: TaskIx) {
        let (executor, outbox) = (Arc::clone(&self.executor), self.outbox.clone());
        let job = move || {
            let found = catch_unwind(AssertUnwindSafe(|| executor.look_up(task)))
                .unwrap_or_else(|panic| LookUp::Failed(panicked(&*panic)));
            outbox.send(Message::LookedUp { task, found });
        };
        if let Err(error) = self.look_ups.submit(job) {
            let input = self.looked_up(task, LookUp::Failed(no_thread(&error)));
            self.inputs.push_back(input);
        }
    }

    fn looked_up(&mut self, task: TaskIx, found: LookUp) -> Input {
        let record = &mut self.records[task.index()];
        let (verdict, action, reasons) = match found {
            LookUp::Run { reasons } => (Verdict::Run, LookedUpAction::Run, reasons),
            LookUp::Cached(report) => {
                record.report = report;
                (Verdict::Cached, LookedUpAction::Cached, Vec::new())
            }
            LookUp::Restored { report, reasons } => {
                record.report = report;
                (Verdict::Restored, LookedUpAction::Restore, reasons)
            }
            LookUp::Skip(reason) => {
                record.reason = Some(reason.clone());
                (Verdict::Skip, LookedUpAction::Skip, vec![reason])
            }
            LookUp::Failed(failure) => {
                let reasons = vec![failure.message.clone()];
                record.failure = Some(failure);
                (Verdict::Fail, LookedUpAction::Fail, reasons)
            }
        };
        if self.scheduler.state(task) == TaskState::LookingUp {
            let task = self.graph.task(task).name.clone();
            self.emit(Happening::TaskLookedUp { task, action, reasons });
        }
        Input::LookedUp { task, verdict }
    }

    fn start(&mut self, task: TaskIx, attempt: u32) {
        if self.ledger_error.is_some() {
            let end = AttemptEnd::Failed { permanent: true, exit_code: None };
            return self.inputs.push_back(Input::Ended { task, attempt, end });
        }
        let token = Arc::new(AttemptToken::new());
        let now = self.clock.monotonic();
        let record = &mut self.records[task.index()];
        record.started.get_or_insert_with(|| (self.clock.now(), now));
        record.attempt = Some(Attempt { number: attempt, token: Arc::clone(&token), started: now, took: None });
        let name = self.graph.task(task).name.clone();
        self.emit(Happening::AttemptStarted { task: name, attempt });
        let (executor, outbox) = (Arc::clone(&self.executor), self.outbox.clone());
        let job = move || {
            let outcome = execute(&*executor, task, attempt, &token);
            // If the loop is over, the attempt was stopped and has published nothing.
            outbox.send(Message::Ended { task, attempt, outcome });
        };
        if let Err(error) = self.workers.submit(job) {
            let input = self.attempt_ended(task, attempt, Err(no_thread(&error)));
            self.inputs.push_back(input);
        }
    }

    fn attempt_ended(&mut self, task: TaskIx, number: u32, outcome: Result<TaskReport, TaskFailure>) -> Input {
        let now = self.clock.monotonic();
        let end = match &outcome {
            Ok(_) => AttemptEnd::Success,
            Err(TaskFailure { permanent, exit_code, .. }) => {
                AttemptEnd::Failed { permanent: *permanent, exit_code: *exit_code }
            }
        };
        // Of an attempt that was given up nobody wants to know any more.
        if self.scheduler.state(task) == TaskState::Running {
            let record = &mut self.records[task.index()];
            if let Some(attempt) = &mut record.attempt {
                attempt.took = Some(now.since(attempt.started));
            }
            match outcome {
                Ok(report) => (record.report, record.failure) = (report, None),
                Err(failure) => record.failure = Some(failure),
            }
        } else if let (Err(stopped), record) = (outcome, &mut self.records[task.index()])
            && record.attempt.as_ref().is_some_and(|attempt| attempt.number == number)
        {
            // Why it was stopped is known and told; what it wrote last may say what it was waiting for.
            let ended = record.end.as_mut().and_then(|end| end.error.as_mut());
            if let Some(told) = ended.or(record.failure.as_mut()) {
                told.tail = stopped.tail;
            }
        }
        Input::Ended { task, attempt: number, end }
    }

    fn stop(&mut self, task: TaskIx, number: u32, reason: StopReason) {
        let now = self.clock.monotonic();
        let timeout = self.graph.task(task).timeout.unwrap_or_default();
        let record = &mut self.records[task.index()];
        let in_time = record.attempt.as_ref().is_none_or(|attempt| attempt.token.abandon());
        if in_time {
            if let Some(attempt) = &mut record.attempt {
                attempt.took = Some(now.since(attempt.started));
            }
            record.failure = Some(match reason {
                StopReason::Timeout => timed_out(timeout),
                StopReason::RunStopped(_) => stopped(),
            });
        }
        self.inputs.push_back(Input::Stopped { task, attempt: number, in_time });
    }

    fn done(&mut self, task: TaskIx, status: Status) {
        self.show_attempt_end(task, false);
        let now = (self.clock.now(), self.clock.monotonic());
        let attempts = self.scheduler.attempts(task);
        let end = self.records[task.index()].end(&self.graph, task, status, attempts, now);
        if self.ledger_error.is_none() {
            let written = catch_unwind(AssertUnwindSafe(|| self.executor.committed(task, &end)))
                .unwrap_or_else(|panic| Err(panicked(&*panic).message));
            if let Err(why) = written {
                self.ledger_error = Some(why);
                if !self.interrupted {
                    self.inputs.push_back(Input::Halt(Halt::Ledger));
                }
            }
        }
        self.emit(Happening::TaskEnded(Box::new(end.clone())));
        self.records[task.index()].end = Some(end);
    }

    /// Tells observers that the attempt they believe to be running is over. Its token stays: it may have to be killed.
    fn show_attempt_end(&mut self, task: TaskIx, retry: bool) {
        let record = &mut self.records[task.index()];
        let Some(attempt) = &mut record.attempt else { return };
        let Some(duration) = attempt.took.take() else { return };
        let what = Happening::AttemptEnded {
            task: self.graph.task(task).name.clone(),
            attempt: attempt.number,
            duration,
            error: record.failure.clone(),
            retry,
        };
        self.emit(what);
    }

    fn show_progress(&mut self) {
        let counts = self.scheduler.counts();
        if counts != self.shown {
            self.shown = counts;
            self.emit(Happening::Progress(counts));
        }
    }

    fn emit(&mut self, what: Happening) {
        let (run, at) = (self.options.run.clone(), self.clock.now());
        self.observers.emit(RunEvent { version: EVENT_VERSION, run, at, what });
    }
}

/// Does an attempt, whatever the task does.
fn execute(
    executor: &dyn Executor,
    task: TaskIx,
    attempt: u32,
    token: &AttemptToken,
) -> Result<TaskReport, TaskFailure> {
    let outcome = catch_unwind(AssertUnwindSafe(|| executor.execute(task, attempt, token)));
    let report = outcome.unwrap_or_else(|panic| Err(panicked(&*panic)))?;
    if token.begin_commit() { Ok(report) } else { Err(stopped()) }
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> TaskFailure {
    let help = vec!["this is a mistake in Tidemill, not in the pipeline: please report it".to_owned()];
    TaskFailure { help, ..TaskFailure::new(format!("panicked: {}", panic_text(panic))) }
}

fn no_thread(error: &std::io::Error) -> TaskFailure {
    let help = vec!["the limit on processes and threads may be too low: see `ulimit -u`".to_owned()];
    TaskFailure { help, permanent: true, ..TaskFailure::new(format!("cannot start a thread: {error}")) }
}

fn timed_out(timeout: Duration) -> TaskFailure {
    let shown = SignedDuration::try_from(timeout).unwrap_or(SignedDuration::MAX);
    let help = vec!["raise `timeout` if it may take longer".to_owned()];
    TaskFailure { help, cancelled: true, ..TaskFailure::new(format!("took longer than its timeout of {shown:#}")) }
}

fn stopped() -> TaskFailure {
    TaskFailure { cancelled: true, ..TaskFailure::new("stopped before it had ended") }
}
