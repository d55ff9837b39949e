//! dbt's selectors: `a`, `+a`, `a+`, `2+a+1`, `@a`, `tag:x`, `type:join`, `result:failed`, `state:modified`; spaces unite,
//! commas intersect.

use std::collections::BTreeSet;

use petgraph::Direction;
use petgraph::graph::NodeIndex;

use crate::diagnostic::nearest;
use crate::ids::TaskIx;

use super::Plan;

/// The tasks that a selector means.
pub type Selection = BTreeSet<TaskIx>;

/// A selector that means nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SelectError {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// The tasks that any of `selectors` means; each may itself hold several, parted by spaces.
///
/// `by_method` answers the methods that need more than the file, such as `result:failed`: None for an unknown one.
///
/// # Errors
/// If a selector is misspelt or means no task.
pub fn select(
    plan: &Plan,
    selectors: &[String],
    by_method: &dyn Fn(&str, &str) -> Option<Selection>,
) -> Result<Selection, SelectError> {
    let mut all = Selection::new();
    for selector in selectors.iter().flat_map(|text| text.split_whitespace()) {
        let mut parts = selector.split(',').map(|part| one(plan, part, by_method));
        let first = parts.next().unwrap_or_else(|| Ok(Selection::new()))?;
        let found = parts.try_fold(first, |found, part| Ok(found.intersection(&part?).copied().collect()))?;
        if found.is_empty() {
            return Err(SelectError {
                message: format!("no task matches `{selector}`"),
                help: Some("each part matches tasks, but none matches them all".into()),
            });
        }
        all.extend(found);
    }
    Ok(all)
}

/// A selector without commas: an optional `@`, or depths and `+` around a name or a `method:value`.
fn one(plan: &Plan, text: &str, by_method: &dyn Fn(&str, &str) -> Option<Selection>) -> Result<Selection, SelectError> {
    if let Some(core) = text.strip_prefix('@') {
        // The task, all that need it, and all that those need.
        let below = widen(plan, named(plan, core, by_method)?, Direction::Outgoing, u32::MAX);
        return Ok(widen(plan, below, Direction::Incoming, u32::MAX));
    }
    let (up, rest) = match text.split_once('+') {
        Some((depth, rest)) if depth.bytes().all(|b| b.is_ascii_digit()) => (Some(depth_of(depth, text)?), rest),
        _ => (None, text),
    };
    let (core, down) = match rest.rsplit_once('+') {
        Some((core, depth)) if depth.bytes().all(|b| b.is_ascii_digit()) => (core, Some(depth_of(depth, text)?)),
        _ => (rest, None),
    };
    let found = named(plan, core, by_method)?;
    let mut all = found.clone();
    if let Some(depth) = up {
        all.extend(widen(plan, found.clone(), Direction::Incoming, depth));
    }
    if let Some(depth) = down {
        all.extend(widen(plan, found, Direction::Outgoing, depth));
    }
    Ok(all)
}

/// No digits mean no bound.
fn depth_of(digits: &str, selector: &str) -> Result<u32, SelectError> {
    if digits.is_empty() {
        return Ok(u32::MAX);
    }
    digits.parse().map_err(|_| SelectError {
        message: format!("`{digits}` in the selector `{selector}` is too large a depth"),
        help: None,
    })
}

fn named(
    plan: &Plan,
    text: &str,
    by_method: &dyn Fn(&str, &str) -> Option<Selection>,
) -> Result<Selection, SelectError> {
    let nothing = |help: Option<String>| SelectError { message: format!("no task matches `{text}`"), help };
    if let Some((method, value)) = text.split_once(':') {
        let found: Selection = match method {
            "tag" => by(plan, |task| task.spec.common.tags.iter().any(|tag| matches(value, tag))),
            "type" => by(plan, |task| matches(value, task.task_type.name)),
            _ => by_method(method, value).ok_or_else(|| SelectError {
                message: format!("unknown selector method `{method}:`"),
                help: Some("there is `tag:`, `type:`, `result:` and `state:`".into()),
            })?,
        };
        if found.is_empty() {
            let known: BTreeSet<&str> = match method {
                "tag" => plan.tasks.iter().flat_map(|task| &task.spec.common.tags).map(String::as_str).collect(),
                "type" => plan.tasks.iter().map(|task| task.task_type.name).collect(),
                _ => BTreeSet::new(),
            };
            let help = match nearest(value, known.iter().copied()) {
                Some(near) => Some(format!("did you mean `{method}:{near}`?")),
                None if known.is_empty() => None,
                None => Some(format!("there is {}", list(&known))),
            };
            return Err(nothing(help));
        }
        return Ok(found);
    }
    if text.contains('*') {
        let found = by(plan, |task| matches(text, task.name.as_str()));
        return if found.is_empty() { Err(nothing(None)) } else { Ok(found) };
    }
    let found: Selection = plan.named(text).into_iter().collect();
    if found.is_empty() {
        let known: BTreeSet<&str> = plan.tasks.iter().flat_map(|task| [task.name.as_str(), task.name.base()]).collect();
        let help = match nearest(text, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.len() <= 30 => format!("there is {}", list(&known)),
            None => "`tidemill plan` lists the tasks".to_owned(),
        };
        return Err(nothing(Some(help)));
    }
    Ok(found)
}

fn list(names: &BTreeSet<&str>) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn by(plan: &Plan, mut is_meant: impl FnMut(&super::PlannedTask) -> bool) -> Selection {
    plan.tasks.iter().enumerate().filter(|(_, task)| is_meant(task)).map(|(at, _)| TaskIx(at as u32)).collect()
}

fn matches(pattern: &str, text: &str) -> bool {
    pattern == text || glob::Pattern::new(pattern).is_ok_and(|pattern| pattern.matches(text))
}

/// The tasks and those within so many steps of them.
pub(super) fn widen(plan: &Plan, from: Selection, direction: Direction, depth: u32) -> Selection {
    let mut all = from.clone();
    let mut edge: Vec<TaskIx> = from.into_iter().collect();
    let mut left = depth;
    while !edge.is_empty() && left > 0 {
        left -= 1;
        let mut next = Vec::new();
        for ix in edge {
            for node in plan.graph.neighbors_directed(NodeIndex::new(ix.index()), direction) {
                if all.insert(plan.graph[node]) {
                    next.push(plan.graph[node]);
                }
            }
        }
        edge = next;
    }
    all
}

impl Plan {
    /// The tasks and everything that they need, however far up.
    pub fn with_needs(&self, selection: &Selection) -> Selection {
        widen(self, selection.clone(), Direction::Incoming, u32::MAX)
    }

    /// The tasks and everything that needs them, however far down.
    pub fn with_needed_by(&self, selection: &Selection) -> Selection {
        widen(self, selection.clone(), Direction::Outgoing, u32::MAX)
    }

    /// All tasks.
    pub fn all(&self) -> Selection {
        (0..self.tasks.len()).map(|at| TaskIx(at as u32)).collect()
    }
}
