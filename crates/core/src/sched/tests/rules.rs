//! Single rules, each in the smallest pipeline that shows it.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Moment;
use crate::ids::TaskIx;
use crate::sched::{Action, AttemptEnd, Dep, Input, Options, Pool, SchedGraph, SchedTask, Scheduler, Status, Verdict};
use crate::spec::TriggerRule;
use crate::task::EdgeKind;

/// Tasks from `name rule < before, before`, with order edges; `t` before a name makes it a table edge.
fn graph(lines: &[&str]) -> Arc<SchedGraph> {
    let names: Vec<&str> = lines.iter().map(|line| line.split(' ').next().unwrap()).collect();
    let tasks = lines.iter().map(|line| {
        let (head, before) = line.split_once(" < ").unwrap_or((line, ""));
        let (name, rule) = head.split_once(' ').unwrap_or((head, "all_success"));
        let dep = |text: &str| {
            let (kind, name) = text.split_once(':').unwrap_or(("", text));
            let at = names.iter().position(|known| *known == name).unwrap();
            Dep { task: TaskIx(at as u32), kind: if kind == "t" { EdgeKind::Table } else { EdgeKind::Order } }
        };
        let rule: TriggerRule = serde_json::from_value(rule.into()).unwrap();
        let deps = before.split(", ").filter(|text| !text.is_empty()).map(dep).collect();
        SchedTask { rule, deps, ..SchedTask::new(name.into()) }
    });
    Arc::new(SchedGraph::new(tasks.collect(), Vec::new()).unwrap())
}

/// Runs a graph with one job; tasks whose name begins with `bad` fail, with `idle` are skipped. Returns `name: status, reason`.
fn outcome(lines: &[&str], keep_going: bool) -> Vec<String> {
    let graph = graph(lines);
    let mut scheduler = Scheduler::new(Arc::clone(&graph), Options { jobs: 1, keep_going, seed: 0 });
    let mut actions = Vec::new();
    scheduler.handle([Input::Begin], Moment::default(), &mut actions);
    let mut ends: Vec<(TaskIx, Status)> = Vec::new();
    let mut at = 0;
    while let Some(action) = actions.get(at).copied() {
        at += 1;
        let name = |task: TaskIx| graph.task(task).name.as_str();
        let input = match action {
            Action::LookUp(task) => {
                let verdict = if name(task).starts_with("idle") { Verdict::Skip } else { Verdict::Run };
                Input::LookedUp { task, verdict }
            }
            Action::Start { task, attempt } => {
                let failed = AttemptEnd::Failed { permanent: false, exit_code: None };
                let end = if name(task).starts_with("bad") { failed } else { AttemptEnd::Success };
                Input::Ended { task, attempt, end }
            }
            Action::Done { task, status } => {
                ends.push((task, status));
                continue;
            }
            _ => continue,
        };
        scheduler.handle([input], Moment::default(), &mut actions);
    }
    assert_eq!(actions.last(), Some(&Action::Finished));
    ends.sort_by_key(|(task, _)| *task);
    let show = |(task, status): (TaskIx, Status)| {
        let reason = status.reason(&graph).map(|reason| format!(", {reason}")).unwrap_or_default();
        format!("{}: {}{reason}", graph.task(task).name, status.name())
    };
    ends.into_iter().map(show).collect()
}

#[test]
fn after_a_failure_only_what_is_made_for_it_still_starts() {
    let lines =
        ["bad", "tidy all_done < bad", "alarm one_failed < bad", "next < bad", "other", "after < other", "end < tidy"];
    assert_eq!(
        outcome(&lines, false),
        [
            "bad: failed",
            "tidy: success",
            "alarm: success",
            "next: skipped, `bad` failed",
            "other: cancelled, not reached: the run stopped after `bad` had failed",
            "after: cancelled, not reached: the run stopped after `bad` had failed",
            "end: cancelled, not reached: the run stopped after `bad` had failed",
        ]
    );
    assert_eq!(
        outcome(&lines, true),
        [
            "bad: failed",
            "tidy: success",
            "alarm: success",
            "next: skipped, `bad` failed",
            "other: success",
            "after: success",
            "end: success",
        ]
    );
}

#[test]
fn tidying_up_is_not_done_where_nothing_was_reached() {
    let lines = ["bad", "other", "tidy all_done < other", "far < bad", "tidy_far all_done < far, other"];
    assert_eq!(
        outcome(&lines, false)[2..],
        [
            "tidy: cancelled, not reached: the run stopped after `bad` had failed",
            "far: skipped, `bad` failed",
            "tidy_far: success",
        ]
    );
}

#[test]
fn the_rules_read_what_went_before() {
    let lines = [
        "bad",
        "idle",
        "good",
        "a none_failed < idle, good",
        "b none_failed < bad",
        "c one_failed < good, idle",
        "d < good, idle",
        "e < bad",
        "f one_failed < e",
        "g none_failed < e",
        "h all_done < bad, t:idle",
        "i all_done < t:bad, good",
    ];
    assert_eq!(
        outcome(&lines, true)[3..],
        [
            "a: success",
            "b: skipped, `bad` failed",
            "c: skipped, no task before it failed",
            "d: skipped, `idle` was skipped",
            "e: skipped, `bad` failed",
            "f: success",
            "g: skipped, `e` did not run because `bad` failed",
            "h: skipped, `idle` was skipped",
            "i: skipped, `bad` failed",
        ]
    );
}

#[test]
fn the_longest_way_to_the_end_goes_first_then_the_order_of_the_file() {
    let mut tasks: Vec<SchedTask> = ["a", "b", "c", "d"].map(|name| SchedTask::new(name.into())).into();
    tasks[2].expected = Some(Duration::from_secs(1));
    tasks[3].expected = Some(Duration::from_secs(9));
    let graph = Arc::new(SchedGraph::new(tasks, Vec::new()).unwrap());
    assert_eq!(starts(&graph, 1), [3, 2, 0, 1]);
}

/// The order in which tasks start that all must run and end at once.
fn starts(graph: &Arc<SchedGraph>, jobs: usize) -> Vec<u32> {
    let mut scheduler = Scheduler::new(Arc::clone(graph), Options { jobs, keep_going: true, seed: 0 });
    let (mut inputs, mut actions, mut starts) = (vec![Input::Begin], Vec::new(), Vec::new());
    while !inputs.is_empty() {
        scheduler.handle(inputs.drain(..), Moment::default(), &mut actions);
        for action in actions.drain(..) {
            match action {
                Action::LookUp(task) => inputs.push(Input::LookedUp { task, verdict: Verdict::Run }),
                Action::Start { task, attempt } => {
                    starts.push(task.0);
                    inputs.push(Input::Ended { task, attempt, end: AttemptEnd::Success });
                }
                _ => {}
            }
        }
    }
    starts
}

#[test]
fn a_hundred_thousand_tasks_behind_one_pool_are_no_trouble() {
    let len = 100_000;
    let task = |at: u32| {
        let before = [at / 2, at.saturating_sub(1000)].into_iter().filter(|before| *before < at);
        let deps = before.map(|before| Dep { task: TaskIx(before), kind: EdgeKind::Table }).collect();
        SchedTask { deps, pool: Some(0), ..SchedTask::new(format!("t{at}").as_str().into()) }
    };
    let pools = vec![Pool { name: "one".into(), capacity: 1 }];
    let graph = Arc::new(SchedGraph::new((0..len).map(task).collect(), pools).unwrap());
    assert_eq!(starts(&graph, 8).len(), len as usize);
}
