//! When which task starts: a pure state machine.
//!
//! It is told what has happened ([`Input`]) and says what is to be done ([`Action`]); it reads no clock, starts no thread and
//! holds no results. So the tests drive it through thousands of random runs on a clock of their own. No input costs more than
//! the degree of the tasks it concerns and a few heap operations; only stopping the run looks at every task, once.

mod backoff;
mod due;
mod graph;
mod message;
mod queue;
mod state;
#[cfg(test)]
mod tests;

pub use graph::{Dep, GraphError, Pool, SchedGraph, SchedTask};
pub use message::{Action, AttemptEnd, Input, Verdict};
pub use state::{CancelReason, Counts, FailedBy, Halt, How, SkipReason, Status, StopReason, TaskState};

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use crate::clock::Moment;
use crate::ids::TaskIx;
use queue::Queue;

/// How a run is scheduled.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Attempts at once; 0 counts as 1.
    pub jobs: usize,
    /// After a failure, go on with all that does not depend on it.
    pub keep_going: bool,
    /// From which the jitter of waits is taken.
    pub seed: u64,
}

/// The machine.
pub struct Scheduler {
    graph: Arc<SchedGraph>,
    options: Options,
    states: Vec<TaskState>,
    /// The number of the last attempt, 0 before the first.
    attempts: Vec<u32>,
    /// Whether the thread of the last attempt is out, and with it a job.
    out: Vec<bool>,
    /// How many edges lead to tasks that have not ended.
    missing: Vec<u32>,
    counts: Counts,
    queue: Queue,
    timers: BinaryHeap<Reverse<(Moment, Timer, TaskIx, u32)>>,
    /// Tasks that have ended and whose followers have not been looked at.
    settled: VecDeque<TaskIx>,
    /// Ended tasks whose thread is out and awaited.
    awaited: usize,
    first_failure: Option<TaskIx>,
    /// Whether the queue has been cleared because of that failure.
    cleared: bool,
    halts: u32,
    finished: bool,
}

/// What happens at a moment, unless the attempt that it belongs to has gone on meanwhile.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    Timeout,
    Retry,
}

impl Scheduler {
    /// A run that has not begun.
    pub fn new(graph: Arc<SchedGraph>, options: Options) -> Self {
        let mut counts = Counts::default();
        let selected = |task: TaskIx| graph.task(task).selected;
        let states: Vec<TaskState> =
            graph.all().map(|task| if selected(task) { TaskState::Waiting } else { TaskState::Outside }).collect();
        counts.waiting = states.iter().filter(|state| **state == TaskState::Waiting).count();
        let missing = |task: &SchedTask| task.deps.iter().filter(|dep| selected(dep.task)).count() as u32;
        Self {
            options,
            attempts: vec![0; graph.len()],
            out: vec![false; graph.len()],
            missing: graph.tasks().iter().map(missing).collect(),
            states,
            counts,
            queue: Queue::new(&graph, options.jobs),
            timers: BinaryHeap::new(),
            settled: VecDeque::new(),
            awaited: 0,
            first_failure: None,
            cleared: false,
            halts: 0,
            finished: false,
            graph,
        }
    }

    /// Takes in what has happened and adds to `actions` what is to be done, in this order. Attempts are started after all of
    /// `inputs` are in, so that of many tasks that become ready together the most urgent one starts first.
    pub fn handle(&mut self, inputs: impl IntoIterator<Item = Input>, now: Moment, actions: &mut Vec<Action>) {
        if self.finished {
            return;
        }
        for input in inputs {
            match input {
                Input::Begin => self.begin(actions),
                Input::LookedUp { task, verdict } => self.looked_up(task, verdict, actions),
                Input::Stopped { task, attempt, in_time } => self.stopped(task, attempt, in_time, actions),
                Input::Ended { task, attempt, end } => self.attempt_ended(task, attempt, end, now, actions),
                Input::Tick => {}
                Input::Halt(halt) => self.halt(halt, actions),
            }
        }
        self.settle(actions);
        self.fire(now, actions);
        self.start(now, actions);
        if self.counts.open() == 0 && self.awaited == 0 {
            self.finished = true;
            actions.push(Action::Finished);
        }
    }

    /// When [`Input::Tick`] is due, if nothing else happens before.
    pub fn wake_at(&mut self) -> Option<Moment> {
        while let Some(Reverse((at, timer, task, attempt))) = self.timers.peek().copied() {
            if self.holds(timer, task, attempt) {
                return Some(at);
            }
            self.timers.pop();
        }
        None
    }

    /// How many tasks are where.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Where a task is.
    pub fn state(&self, task: TaskIx) -> TaskState {
        self.states[task.index()]
    }

    /// The number of its last attempt, 0 if there was none.
    pub fn attempts(&self, task: TaskIx) -> u32 {
        self.attempts[task.index()]
    }

    /// The first task that failed.
    pub fn first_failure(&self) -> Option<TaskIx> {
        self.first_failure
    }

    /// The only place where a state changes: counters, the queue and what follows from an end derive from it.
    fn set(&mut self, task: TaskIx, state: TaskState, actions: &mut Vec<Action>) {
        let old = std::mem::replace(&mut self.states[task.index()], state);
        if let Some(count) = self.counts.of(old) {
            *count -= 1;
        }
        if let Some(count) = self.counts.of(state) {
            *count += 1;
        }
        match state {
            TaskState::LookingUp => actions.push(Action::LookUp(task)),
            TaskState::Ready => self.queue.push(&self.graph, task),
            TaskState::Done(status) => {
                if matches!(status, Status::Failed(_)) {
                    self.first_failure.get_or_insert(task);
                }
                self.awaited += usize::from(self.out[task.index()] && self.graph.task(task).awaited);
                self.settled.push_back(task);
                actions.push(Action::Done { task, status });
            }
            _ => {}
        }
    }

    fn begin(&mut self, actions: &mut Vec<Action>) {
        for task in self.graph.all() {
            if self.missing[task.index()] == 0 && self.state(task) == TaskState::Waiting {
                self.due(task, actions);
            }
        }
    }

    /// All before it have ended.
    fn due(&mut self, task: TaskIx, actions: &mut Vec<Action>) {
        let state = match due::ends_unrun(self.graph.task(task), &self.states, self.no_further()) {
            Some(status) => TaskState::Done(status),
            None => TaskState::LookingUp,
        };
        self.set(task, state, actions);
    }

    /// The failure after which the run is to go no further.
    fn no_further(&self) -> Option<TaskIx> {
        self.first_failure.filter(|_| !self.options.keep_going)
    }

    fn looked_up(&mut self, task: TaskIx, verdict: Verdict, actions: &mut Vec<Action>) {
        if self.state(task) != TaskState::LookingUp {
            return;
        }
        let state = match (verdict, self.no_further()) {
            (Verdict::Run, Some(after)) if !due::tolerates_failure(self.graph.task(task)) => {
                TaskState::Done(Status::Cancelled(CancelReason::NotReached { after }))
            }
            (Verdict::Run, _) => TaskState::Ready,
            (Verdict::Cached, _) => TaskState::Done(Status::Success(How::Cached)),
            (Verdict::Restored, _) => TaskState::Done(Status::Success(How::Restored)),
            (Verdict::Skip, _) => TaskState::Done(Status::Skipped(SkipReason::Verdict)),
            (Verdict::Fail, _) => TaskState::Done(Status::Failed(FailedBy::LookUp)),
        };
        self.set(task, state, actions);
    }

    fn stopped(&mut self, task: TaskIx, attempt: u32, in_time: bool, actions: &mut Vec<Action>) {
        let TaskState::Stopping(reason) = self.state(task) else { return };
        if attempt != self.attempts(task) {
            return;
        }
        match reason {
            _ if !in_time => self.set(task, TaskState::Running, actions),
            StopReason::RunStopped(halt) => {
                self.set(task, TaskState::Done(Status::Cancelled(CancelReason::Stopped(halt))), actions);
            }
            StopReason::Timeout if self.may_retry(task, false, None) => self.set(task, TaskState::Lingering, actions),
            StopReason::Timeout => self.set(task, TaskState::Done(Status::Failed(FailedBy::Timeout)), actions),
        }
    }

    fn attempt_ended(&mut self, task: TaskIx, attempt: u32, end: AttemptEnd, now: Moment, actions: &mut Vec<Action>) {
        if attempt != self.attempts(task) || !std::mem::take(&mut self.out[task.index()]) {
            return;
        }
        self.queue.release(&self.graph, task);
        match (self.state(task), end) {
            (TaskState::Running | TaskState::Stopping(_), AttemptEnd::Success) => {
                self.set(task, TaskState::Done(Status::Success(How::Ran)), actions);
            }
            (TaskState::Running, AttemptEnd::Failed { permanent, exit_code }) => {
                if self.may_retry(task, permanent, exit_code) {
                    self.back_off(task, false, now, actions);
                } else {
                    self.set(task, TaskState::Done(Status::Failed(FailedBy::Attempt)), actions);
                }
            }
            (TaskState::Stopping(StopReason::RunStopped(halt)), AttemptEnd::Failed { .. }) => {
                self.set(task, TaskState::Done(Status::Cancelled(CancelReason::Stopped(halt))), actions);
            }
            (TaskState::Stopping(StopReason::Timeout), AttemptEnd::Failed { .. }) => {
                if self.may_retry(task, false, None) {
                    self.back_off(task, true, now, actions);
                } else {
                    self.set(task, TaskState::Done(Status::Failed(FailedBy::Timeout)), actions);
                }
            }
            (TaskState::Lingering, _) => self.back_off(task, true, now, actions),
            // Stopped long ago: only its job was missing.
            (TaskState::Done(_), _) => self.awaited -= usize::from(self.graph.task(task).awaited),
            // No thread is out in any other state.
            (
                TaskState::Outside | TaskState::Waiting | TaskState::LookingUp | TaskState::Ready | TaskState::Backoff,
                _,
            ) => {}
        }
    }

    fn may_retry(&self, task: TaskIx, permanent: bool, exit_code: Option<i32>) -> bool {
        let retries = &self.graph.task(task).retries;
        let matches = retries.on_exit.is_empty() || exit_code.is_some_and(|code| retries.on_exit.contains(&code));
        matches && !permanent && self.halts == 0 && self.attempts(task) <= retries.max
    }

    fn back_off(&mut self, task: TaskIx, timed_out: bool, now: Moment, actions: &mut Vec<Action>) {
        let attempt = self.attempts(task);
        let wait = backoff::wait(&self.graph.task(task).retries, self.options.seed, task, attempt);
        self.timers.push(Reverse((now + wait, Timer::Retry, task, attempt)));
        self.set(task, TaskState::Backoff, actions);
        actions.push(Action::Retry { task, attempt, timed_out });
    }

    fn halt(&mut self, halt: Halt, actions: &mut Vec<Action>) {
        self.halts += 1;
        let cancelled = TaskState::Done(Status::Cancelled(CancelReason::Stopped(halt)));
        let graph = Arc::clone(&self.graph);
        if self.halts == 1 {
            self.queue.drain();
        }
        for task in graph.all() {
            let attempt = self.attempts(task);
            match (self.halts, self.state(task)) {
                (1, TaskState::Running) => {
                    let reason = StopReason::RunStopped(halt);
                    self.set(task, TaskState::Stopping(reason), actions);
                    actions.push(Action::Stop { task, attempt, reason });
                }
                (1, TaskState::Stopping(_)) => {
                    self.set(task, TaskState::Stopping(StopReason::RunStopped(halt)), actions)
                }
                (1, state) if !state.is_final() => self.set(task, cancelled, actions),
                (2, _) if self.out[task.index()] => actions.push(Action::Kill { task, attempt }),
                (3.., state) if !state.is_final() => self.set(task, cancelled, actions),
                _ => {}
            }
        }
        if self.halts >= 3 {
            self.awaited = 0;
        }
    }

    /// Looks at the tasks after those that have ended.
    fn settle(&mut self, actions: &mut Vec<Action>) {
        let graph = Arc::clone(&self.graph);
        loop {
            self.clear_queue_after_failure(actions);
            let Some(task) = self.settled.pop_front() else { break };
            for next in graph.down(task) {
                self.missing[next.index()] -= 1;
                if self.missing[next.index()] == 0 && self.state(*next) == TaskState::Waiting {
                    self.due(*next, actions);
                }
            }
        }
    }

    /// What waits for a job when the run is to go no further does not get one, unless its rule is made for that or it has
    /// begun and is to be tried again.
    fn clear_queue_after_failure(&mut self, actions: &mut Vec<Action>) {
        let Some(after) = self.no_further().filter(|_| !self.cleared) else { return };
        self.cleared = true;
        let mut waiting = self.queue.drain();
        waiting.sort_unstable();
        for task in waiting {
            if self.attempts(task) > 0 || due::tolerates_failure(self.graph.task(task)) {
                self.queue.push(&self.graph, task);
            } else {
                self.set(task, TaskState::Done(Status::Cancelled(CancelReason::NotReached { after })), actions);
            }
        }
    }

    /// Whether a timer still means something.
    fn holds(&self, timer: Timer, task: TaskIx, attempt: u32) -> bool {
        let state = match timer {
            Timer::Timeout => TaskState::Running,
            Timer::Retry => TaskState::Backoff,
        };
        self.state(task) == state && self.attempts(task) == attempt
    }

    fn fire(&mut self, now: Moment, actions: &mut Vec<Action>) {
        while self.wake_at().is_some_and(|at| at <= now) {
            let Some(Reverse((_, timer, task, attempt))) = self.timers.pop() else { break };
            match timer {
                Timer::Retry => self.set(task, TaskState::Ready, actions),
                Timer::Timeout => {
                    let reason = StopReason::Timeout;
                    self.set(task, TaskState::Stopping(reason), actions);
                    actions.push(Action::Stop { task, attempt, reason });
                }
            }
        }
    }

    fn start(&mut self, now: Moment, actions: &mut Vec<Action>) {
        while let Some(task) = self.queue.pop(&self.graph) {
            self.attempts[task.index()] += 1;
            self.out[task.index()] = true;
            self.set(task, TaskState::Running, actions);
            let attempt = self.attempts(task);
            if let Some(timeout) = self.graph.task(task).timeout {
                self.timers.push(Reverse((now + timeout, Timer::Timeout, task, attempt)));
            }
            actions.push(Action::Start { task, attempt });
        }
    }
}
