//! Random pipelines, and what would happen to their tasks.

use std::time::Duration;

use tidemill_fuzz::Random;

use crate::ids::TaskIx;
use crate::sched::{AttemptEnd, Dep, Options, Pool, SchedTask, Verdict};
use crate::spec::{Retries, TriggerRule};
use crate::task::EdgeKind;

/// A pipeline and all that chance has in store for it.
#[derive(Debug)]
pub struct World {
    pub tasks: Vec<SchedTask>,
    pub pools: Vec<Pool>,
    pub options: Options,
    pub scripts: Vec<Script>,
    /// When the user interrupts, in order.
    pub halts: Vec<Duration>,
}

/// What happens to one task.
#[derive(Debug)]
pub struct Script {
    pub verdict: Verdict,
    /// How long the look-up takes; None: it is answered on the spot.
    pub look_up: Option<Duration>,
    pub attempts: Vec<Attempt>,
}

/// What one attempt does if it is left alone. All times are odd numbers of milliseconds and all timeouts even ones, so that
/// no two things that exclude each other happen at once.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    pub takes: Duration,
    /// When it asks for leave to publish, if it gets so far; publishing may still fail.
    pub commits_at: Option<Duration>,
    pub end: AttemptEnd,
    /// How long it goes on after it has been told to stop.
    pub stubborn: Duration,
}

/// An odd number of milliseconds.
fn millis(random: &mut Random, below: usize) -> Duration {
    Duration::from_millis(2 * random.below(below) as u64 + 1)
}

fn percent(random: &mut Random, share: usize) -> bool {
    random.below(100) < share
}

impl World {
    pub fn random(seed: u64) -> Self {
        let random = &mut Random::new(seed);
        let len = 1 + random.below(24);
        let pools: Vec<Pool> =
            (0..random.below(3)).map(|at| Pool { name: format!("p{at}"), capacity: random.below(4) }).collect();
        // The order of the file need not be an order in which the tasks can run.
        let mut order: Vec<u32> = (0..len as u32).collect();
        for at in (1..len).rev() {
            order.swap(at, random.below(at + 1));
        }
        let trouble = *random.pick(&[0, 10, 30]);
        let mut tasks: Vec<SchedTask> = (0..len).map(|at| task(random, at, pools.len())).collect();
        for at in 1..len {
            for _ in 0..random.below(4) {
                let kind = *random.pick(&[EdgeKind::Table, EdgeKind::Files, EdgeKind::Order, EdgeKind::Order]);
                let before = TaskIx(order[random.below(at)]);
                tasks[order[at] as usize].deps.push(Dep { task: before, kind });
            }
        }
        let scripts = (0..len).map(|at| script(random, trouble, tasks[at].retries.max)).collect();
        let options = Options { jobs: random.below(5), keep_going: percent(random, 50), seed };
        let mut halts = Vec::new();
        if percent(random, 25) {
            halts = (0..1 + random.below(3)).map(|_| millis(random, 12_000)).collect();
            halts.sort();
        }
        Self { tasks, pools, options, scripts, halts }
    }
}

fn task(random: &mut Random, at: usize, pools: usize) -> SchedTask {
    let rules = [TriggerRule::AllDone, TriggerRule::OneFailed, TriggerRule::NoneFailed];
    let retries = Retries {
        max: *random.pick(&[0, 0, 1, 3]),
        delay: Duration::from_millis(random.below(3_000) as u64),
        backoff: *random.pick(&[1.0, 2.0]),
        max_delay: percent(random, 30).then_some(Duration::from_millis(2_500)),
        jitter: *random.pick(&[0.0, 0.0, 0.3, 1.0]),
        on_exit: if percent(random, 20) { vec![7] } else { Vec::new() },
    };
    SchedTask {
        selected: !percent(random, 8),
        rule: if percent(random, 50) { TriggerRule::AllSuccess } else { *random.pick(&rules) },
        retries,
        timeout: percent(random, 30).then(|| Duration::from_millis(2 * random.below(4_000) as u64)),
        pool: (pools > 0 && percent(random, 50)).then(|| random.below(pools)),
        expected: percent(random, 50).then(|| Duration::from_secs(random.below(10) as u64)),
        awaited: percent(random, 50),
        ..SchedTask::new(format!("t{at}").as_str().into())
    }
}

fn script(random: &mut Random, trouble: usize, retries: u32) -> Script {
    let verdict = match random.below(100) {
        0..5 => Verdict::Skip,
        5..8 if trouble > 0 => Verdict::Fail,
        8..20 => Verdict::Cached,
        20..25 => Verdict::Restored,
        _ => Verdict::Run,
    };
    let attempt = |random: &mut Random| {
        let takes = millis(random, 5_000);
        let publishing = Duration::from_millis(2 * random.below(500) as u64);
        let exit_code = *random.pick(&[None, Some(1), Some(7)]);
        let end = match percent(random, trouble) {
            true => AttemptEnd::Failed { permanent: percent(random, 20), exit_code },
            false => AttemptEnd::Success,
        };
        let gets_so_far = end == AttemptEnd::Success || percent(random, 30);
        let commits_at = gets_so_far.then(|| takes - publishing.min(takes - Duration::from_millis(1)));
        Attempt { takes, commits_at, end, stubborn: millis(random, 4_000) }
    };
    let look_up = percent(random, 50).then(|| millis(random, 500));
    Script { verdict, look_up, attempts: (0..=retries).map(|_| attempt(random)).collect() }
}
