//! The keys common to every task.

use std::time::Duration;

use schemars::JsonSchema;

use crate::diagnostic::{Diagnostic, SourceMap};
use crate::task::CheckTypes;

use super::holes::cut;
use super::keys::{CacheForms, CacheWord, CheckKeys, CommonKeys, RetriesForms, RetriesKeys};
use super::output::{OutputSpec, read_outputs};
use super::{At, EngineKind, Node, NodeValue, Scope, Template, read};

/// The keys common to every task, resolved.
#[derive(Clone, Debug, Default)]
pub struct Common {
    /// `description`.
    pub description: Option<String>,
    /// `tags`.
    pub tags: Vec<String>,
    /// `depends_on`.
    pub depends_on: Vec<At<String>>,
    /// `when`: one whole `${{ … }}`, evaluated when the task is due.
    pub when: Option<Template>,
    /// `trigger_rule`.
    pub trigger_rule: TriggerRule,
    /// `retries`.
    pub retries: Retries,
    /// `timeout`, for one attempt.
    pub timeout: Option<Duration>,
    /// `cache`.
    pub cache: CachePolicy,
    /// `pool`.
    pub pool: Option<At<String>>,
    /// `engine`: where its table is computed, if not where the pipeline says.
    pub engine: Option<EngineKind>,
    /// `checks`: each a map node, compiled against the table's columns.
    pub checks: Vec<Node>,
    /// `output`, of table tasks.
    pub outputs: Vec<OutputSpec>,
}

/// Under which results of the tasks before it a task starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TriggerRule {
    /// All succeeded.
    #[default]
    AllSuccess,
    /// All have ended, however.
    AllDone,
    /// At least one failed.
    OneFailed,
    /// None failed; some may be skipped.
    NoneFailed,
}

/// How often and when a failed task is tried again.
#[derive(Clone, Debug, PartialEq)]
pub struct Retries {
    /// Attempts beside the first.
    pub max: u32,
    /// Wait before the first extra attempt.
    pub delay: Duration,
    /// Each further wait is so many times the one before; 1 or more.
    pub backoff: f64,
    /// No wait is longer.
    pub max_delay: Option<Duration>,
    /// Each wait is lengthened or shortened at random by up to this share of it, 0 to 1.
    pub jitter: f64,
    /// Only for these exit codes of a command; empty: for any failure.
    pub on_exit: Vec<i32>,
}

impl Default for Retries {
    fn default() -> Self {
        Self { max: 0, delay: Duration::ZERO, backoff: 1.0, max_delay: None, jitter: 0.0, on_exit: Vec::new() }
    }
}

/// What is remembered of a task's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum CachePolicy {
    /// All.
    #[default]
    Auto,
    /// Nothing: it always runs.
    Off,
    /// All, for so long.
    Ttl(Duration),
    /// The digest alone.
    DigestOnly,
}

/// The names of the common keys, `type` aside.
const NAMES: [&str; 14] = [
    "description",
    "tags",
    "depends_on",
    "when",
    "trigger_rule",
    "retries",
    "timeout",
    "cache",
    "pool",
    "engine",
    "checks",
    "foreach",
    "output",
    "type",
];

/// Whether a key is common to every task.
pub(crate) fn is_common(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Reads the common keys of a task from a map that validation has passed.
pub(crate) fn common(node: &Node, scope: &Scope, sources: &SourceMap, found: &mut Vec<Diagnostic>) -> Common {
    let simple: Vec<_> = node
        .entries()
        .iter()
        .filter(|(key, _)| !matches!(key.name.as_str(), "type" | "checks" | "foreach" | "output"))
        .cloned()
        .collect();
    let simple = Node { value: NodeValue::Map(simple), span: node.span };
    let keys = read::<CommonKeys>(&simple, scope, sources).unwrap_or_else(|errors| {
        found.extend(errors);
        CommonKeys::default()
    });
    if let Some(when) = &keys.when {
        let cut = cut(&when.text);
        if !cut.is_whole(&when.text) && !matches!(when.text.trim(), "true" | "false") {
            found.push(
                Diagnostic::error("`when` must be one whole `${{ … }}`")
                    .at(when.span, "")
                    .help("such as `when: ${{ tasks.orders.rows > 0 }}`"),
            );
        }
    }
    let mut outputs = Vec::new();
    if let Some((_, node)) = node.get("output") {
        read_outputs(node, scope, sources, &mut outputs, found);
    }
    Common {
        description: keys.description,
        tags: keys.tags.map(|tags| tags.0).unwrap_or_default(),
        depends_on: keys.depends_on.map(|tasks| tasks.0).unwrap_or_default(),
        when: keys.when,
        trigger_rule: keys.trigger_rule.unwrap_or_default(),
        retries: keys.retries.map(retries).unwrap_or_default(),
        timeout: keys.timeout.map(Duration::from),
        cache: keys.cache.map(cache).unwrap_or_default(),
        pool: keys.pool,
        engine: keys.engine,
        checks: match node.get("checks").map(|(_, node)| &node.value) {
            Some(NodeValue::List(checks)) => checks.clone(),
            _ => Vec::new(),
        },
        outputs,
    }
}

fn retries(forms: RetriesForms) -> Retries {
    let keys = match forms {
        RetriesForms::Max(max) => return Retries { max, ..Retries::default() },
        RetriesForms::Map(keys) => keys,
    };
    let RetriesKeys { max, delay, backoff, max_delay, jitter, on_exit } = keys;
    Retries {
        // Whoever says how to retry wants it at least once.
        max: max.unwrap_or(1),
        delay: delay.unwrap_or_default().into(),
        backoff: backoff.unwrap_or(1.0),
        max_delay: max_delay.map(Duration::from),
        jitter: jitter.unwrap_or(0.0),
        on_exit: on_exit.map(|codes| codes.0).unwrap_or_default(),
    }
}

fn cache(forms: CacheForms) -> CachePolicy {
    match forms {
        CacheForms::Word(CacheWord::Auto) => CachePolicy::Auto,
        CacheForms::Word(CacheWord::Off) => CachePolicy::Off,
        CacheForms::Map(keys) => match (keys.ttl, keys.store) {
            (_, Some(false)) => CachePolicy::DigestOnly,
            (Some(ttl), _) => CachePolicy::Ttl(ttl.into()),
            (None, _) => CachePolicy::Auto,
        },
    }
}

/// That each item of `checks` makes exactly one statement.
pub(crate) fn one_statement_each(node: &Node, checks: &CheckTypes, found: &mut Vec<Diagnostic>) {
    let NodeValue::List(items) = &node.value else {
        // Any other value has been found by validation, which takes a template for whatever it may stand for.
        if matches!(&node.value, NodeValue::String(text) if text.contains("${{")) {
            found.push(
                Diagnostic::error("`checks` is a list of checks, each written out")
                    .at(node.span, "not one value for all")
                    .help(
                        "`${{ … }}` may stand for the values in a check, as in `range: {n: {max: ${{ params.most }}}}`",
                    ),
            );
        }
        return;
    };
    let known = |name: &str| checks.get(name).is_some() || CheckKeys::NAMES.contains(&name);
    for item in items.iter().filter(|item| item.entries().iter().all(|(key, _)| known(&key.name))) {
        let mut given = item.entries().iter().map(|(key, _)| key).filter(|key| checks.get(&key.name).is_some());
        let first = given.next();
        match (first, given.next()) {
            (Some(first), Some(second)) => found.push(
                Diagnostic::error("a check makes one statement")
                    .at(second.span, format!("this is beside `{}`", first.name))
                    .help("make it an item of its own"),
            ),
            (None, _) => {
                let list: Vec<String> = checks.names().map(|name| format!("`{name}`")).collect();
                let error = Diagnostic::error("this check says nothing").at(item.span, "");
                found.push(error.help(format!("there is {}", list.join(", "))));
            }
            (Some(_), None) => {}
        }
    }
}
