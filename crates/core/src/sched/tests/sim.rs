//! A run of a random pipeline on a clock of its own, watched at every step.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;

use super::world::{Attempt, World};
use crate::clock::Moment;
use crate::ids::TaskIx;
use crate::sched::{
    Action, AttemptEnd, Counts, Halt, How, Input, SchedGraph, Scheduler, Status, StopReason, TaskState, Verdict,
};
use crate::task::EdgeKind;

/// What a run left behind.
pub struct Trace {
    pub actions: Vec<(Moment, Action)>,
    pub statuses: Vec<Option<Status>>,
    pub first_failure: Option<TaskIx>,
    /// Tasks whose first attempt started after a failure.
    pub started_after_failure: Vec<TaskIx>,
    pub attempts: Vec<u32>,
}

struct Out {
    attempt: u32,
    started: Moment,
    plan: Attempt,
    stopped: bool,
}

struct Sim<'a> {
    world: &'a World,
    scheduler: Scheduler,
    now: Moment,
    coming: BinaryHeap<Reverse<(Moment, usize)>>,
    inputs: Vec<Input>,
    out: BTreeMap<TaskIx, Out>,
    looked_up: Vec<bool>,
    backed_off: Vec<Option<Moment>>,
    halted: u32,
    finished: bool,
    trace: Trace,
}

/// Runs a pipeline to its end; panics where a rule is broken.
pub fn simulate(world: &World) -> Trace {
    let graph = Arc::new(SchedGraph::new(world.tasks.clone(), world.pools.clone()).unwrap());
    let len = world.tasks.len();
    let mut sim = Sim {
        world,
        scheduler: Scheduler::new(graph, world.options),
        now: Moment::default(),
        coming: BinaryHeap::new(),
        inputs: Vec::new(),
        out: BTreeMap::new(),
        looked_up: vec![false; len],
        backed_off: vec![None; len],
        halted: 0,
        finished: false,
        trace: Trace {
            actions: Vec::new(),
            statuses: vec![None; len],
            first_failure: None,
            started_after_failure: Vec::new(),
            attempts: vec![0; len],
        },
    };
    for halt in &world.halts {
        sim.later(*halt, Input::Halt(Halt::Interrupt));
    }
    sim.tell([Input::Begin]);
    sim.run();
    sim.check_end();
    sim.trace
}

impl Sim<'_> {
    fn later(&mut self, wait: Duration, input: Input) {
        self.coming.push(Reverse((self.now + wait, self.inputs.len())));
        self.inputs.push(input);
    }

    fn run(&mut self) {
        while !self.finished {
            let next = self.coming.peek().map(|Reverse((at, _))| *at);
            match (self.scheduler.wake_at(), next) {
                (Some(wake), next) if next.is_none_or(|at| wake < at) => {
                    self.now = self.now.max(wake);
                    self.tell([Input::Tick]);
                }
                (_, Some(at)) => {
                    let Some(Reverse((_, input))) = self.coming.pop() else { unreachable!() };
                    self.now = at;
                    self.deliver(self.inputs[input]);
                }
                (None, None) => panic!("nothing is to come and the run has not ended: {:?}", self.trace.actions),
                (Some(_), None) => unreachable!("the first arm takes it"),
            }
        }
    }

    /// Something was to happen; if the attempt has been told to stop meanwhile, it happens otherwise.
    fn deliver(&mut self, input: Input) {
        match input {
            Input::Ended { task, attempt, end } => {
                let Some(out) = self.out.get(&task) else { return };
                if out.attempt != attempt || (out.stopped && end == AttemptEnd::Success) {
                    return;
                }
                self.out.remove(&task);
                if self.scheduler.state(task) == TaskState::Running
                    || self.scheduler.state(task) == TaskState::Lingering
                {
                    self.backed_off[task.index()] = Some(self.now);
                }
            }
            Input::Halt(_) => self.halted += 1,
            _ => {}
        }
        self.tell([input]);
    }

    fn tell(&mut self, inputs: impl AsRef<[Input]>) {
        let mut actions = Vec::new();
        self.scheduler.handle(inputs.as_ref().iter().copied(), self.now, &mut actions);
        let mut answers = Vec::new();
        for action in actions {
            assert!(!self.finished, "{action:?} after the end");
            self.trace.actions.push((self.now, action));
            self.act(action, &mut answers);
        }
        self.check_step();
        if !answers.is_empty() {
            self.tell(answers);
        }
    }

    fn act(&mut self, action: Action, answers: &mut Vec<Input>) {
        match action {
            Action::LookUp(task) => {
                assert!(!std::mem::replace(&mut self.looked_up[task.index()], true), "looked up twice");
                self.check_before(task);
                let script = &self.world.scripts[task.index()];
                let answer = Input::LookedUp { task, verdict: script.verdict };
                match script.look_up {
                    Some(takes) => self.later(takes, answer),
                    None => answers.push(answer),
                }
            }
            Action::Start { task, attempt } => self.start(task, attempt),
            Action::Stop { task, attempt, reason } => {
                let (now, timeout) = (self.now, self.world.tasks[task.index()].timeout);
                let out = self.out.get_mut(&task).unwrap();
                assert_eq!(out.attempt, attempt);
                if reason == StopReason::Timeout {
                    assert_eq!(now, out.started + timeout.unwrap(), "a timeout strikes when it should");
                }
                let publishing = out.plan.commits_at.is_some_and(|at| now >= out.started + at);
                out.stopped = !publishing;
                if !publishing {
                    let (stubborn, end) = (out.plan.stubborn, AttemptEnd::Failed { permanent: false, exit_code: None });
                    self.later(stubborn, Input::Ended { task, attempt, end });
                }
                answers.push(Input::Stopped { task, attempt, in_time: !publishing });
            }
            Action::Kill { task, attempt } => {
                assert!(self.halted == 2 && self.out[&task].attempt == attempt);
                if self.out[&task].stopped {
                    let end = AttemptEnd::Failed { permanent: false, exit_code: None };
                    self.later(Duration::ZERO, Input::Ended { task, attempt, end });
                }
            }
            Action::Retry { task, attempt, .. } => {
                assert!(!self.out.contains_key(&task) && attempt == self.trace.attempts[task.index()]);
            }
            Action::Done { task, status } => {
                assert!(self.trace.statuses[task.index()].replace(status).is_none(), "a task ends once");
                if matches!(status, Status::Failed(_)) {
                    self.trace.first_failure.get_or_insert(task);
                }
            }
            Action::Finished => self.finished = true,
        }
    }

    fn start(&mut self, task: TaskIx, attempt: u32) {
        assert_eq!(self.halted, 0, "nothing starts after an interruption");
        assert_eq!(self.world.scripts[task.index()].verdict, Verdict::Run);
        let spec = &self.world.tasks[task.index()];
        let attempts = &mut self.trace.attempts[task.index()];
        *attempts += 1;
        assert!(attempt == *attempts && attempt <= spec.retries.max + 1, "attempt {attempt}");
        if attempt == 1 {
            if self.trace.first_failure.is_some() {
                self.trace.started_after_failure.push(task);
            }
        } else {
            let factor = spec.retries.backoff.powi(attempt as i32 - 2) * (1.0 - spec.retries.jitter);
            let least = spec.retries.delay.mul_f64(factor).min(spec.retries.max_delay.unwrap_or(Duration::MAX));
            let waited = self.now.since(self.backed_off[task.index()].unwrap());
            assert!(waited + Duration::from_nanos(10) >= least, "{waited:?} is less than {least:?}");
        }
        let plan = self.world.scripts[task.index()].attempts[attempt as usize - 1];
        let out = Out { attempt, started: self.now, plan, stopped: false };
        assert!(self.out.insert(task, out).is_none(), "an attempt starts only when the last one's thread is back");
        self.later(plan.takes, Input::Ended { task, attempt, end: plan.end });
        self.check_before(task);
    }

    /// All before a task have ended, with success where it reads from them.
    fn check_before(&self, task: TaskIx) {
        for dep in &self.world.tasks[task.index()].deps {
            if self.world.tasks[dep.task.index()].selected {
                let status = self.trace.statuses[dep.task.index()].expect("a task before it has not ended");
                assert!(dep.kind == EdgeKind::Order || matches!(status, Status::Success(_)), "reads from {status:?}");
            }
        }
    }

    fn check_step(&mut self) {
        let jobs = self.world.options.jobs.max(1);
        assert!(self.out.len() <= jobs, "too many jobs");
        let used =
            |pool: usize| self.out.keys().filter(|task| self.world.tasks[task.index()].pool == Some(pool)).count();
        for (at, pool) in self.world.pools.iter().enumerate() {
            assert!(used(at) <= pool.capacity.max(1), "too many of a pool");
        }
        let mut counts = Counts::default();
        for at in 0..self.world.tasks.len() {
            let state = self.scheduler.state(TaskIx(at as u32));
            counts.of(state).into_iter().for_each(|count| *count += 1);
            if state == TaskState::Ready && !self.finished {
                let room =
                    self.world.tasks[at].pool.is_none_or(|pool| used(pool) < self.world.pools[pool].capacity.max(1));
                assert!(self.out.len() == jobs || !room, "t{at} waits although there is room");
            }
        }
        assert_eq!(counts, self.scheduler.counts());
    }

    fn check_end(&self) {
        for (at, task) in self.world.tasks.iter().enumerate() {
            assert_eq!(task.selected, self.trace.statuses[at].is_some(), "t{at} has ended");
            let ran = self.trace.statuses[at] == Some(Status::Success(How::Ran));
            assert!(!ran || self.trace.attempts[at] > 0);
        }
        for (task, out) in &self.out {
            let awaited = self.world.tasks[task.index()].awaited || !out.stopped;
            assert!(!awaited || self.halted >= 3, "the run did not wait for {task:?}");
        }
        let last = self.trace.actions.last().map(|(_, action)| *action);
        assert_eq!(last, Some(Action::Finished));
        assert_eq!(self.trace.first_failure, self.scheduler.first_failure());
    }
}
