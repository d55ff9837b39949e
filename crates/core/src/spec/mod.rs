//! YAML → [`Spec`]: every value with its position, all mistakes at once.

mod at;
mod common;
mod connection;
mod containers;
mod contract_edit;
mod duration;
mod engine_spec;
mod flow_comma;
mod foreach;
mod holes;
mod include;
mod interpolate;
mod json_schema;
mod keys;
mod late;
mod load;
mod node;
mod notify;
mod open_password;
mod openlineage;
mod output;
mod params;
mod parse;
mod parse_parallel;
mod read;
mod schedule;
mod scope;
mod sql_fill;
mod sql_text;
mod syntax_error;
mod tasks;
mod telemetry;
mod template_text;
mod template_use;
mod test_spec;
#[cfg(test)]
mod tests;
mod unknown_calls;
mod validate;

pub use at::At;
pub use common::{CachePolicy, Common, Retries, TriggerRule};
pub use connection::ConnectionSpec;
pub use containers::{OneOrMany, OrderedMap};
pub use contract_edit::{contract_text, with_contract};
pub use duration::HumanDuration;
pub use engine_spec::{CLUSTER, ClusterConfig, EngineKind, EngineSpec};
pub use holes::Hole;
pub use json_schema::json_schema;
pub use keys::Anything;
pub(crate) use keys::CheckKeys;
pub use late::Late;
pub use load::{LoadOptions, Loaded, load};
pub use node::{Key, Node, NodeValue};
pub use notify::{ChannelSpec, NotifyEvent};
pub use open_password::open_password;
pub use openlineage::{OpenLineageConfig, OpenLineageSpec};
pub use output::OutputSpec;
pub use params::{Param, ParamOrigin, ParamType};
pub use read::read;
pub use schedule::{ByteSize, Catchup, Overlap, Retention, Rhythm, Schedule};
pub use scope::Scope;
pub use sql_text::{SqlHole, SqlText};
pub use telemetry::{OtlpProtocol, TelemetryConfig, TelemetrySpec};
pub use template_text::Template;
pub use template_use::{RuntimeNames, UsedName, names_used};
pub use test_spec::{Expectation, ExpectationOf, Fixture, FixtureCell, FixtureRow, TestSpec};

use std::path::PathBuf;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use crate::diagnostic::{FileId, SourceMap};
use crate::ids::TaskName;
use crate::table::Location;

/// A task as the file has it, one for each instance of a `foreach`.
#[derive(Clone, Debug)]
pub struct TaskSpec {
    /// Its id and where it stands.
    pub id: At<TaskName>,
    /// Its type.
    pub kind: At<String>,
    /// The keys common to every task, with `defaults` applied.
    pub common: Common,
    /// The keys of its type: a map node.
    pub keys: Node,
    /// The names its `${{ }}` may use: params, env, item, run.
    pub scope: Scope,
    /// Of an instance of a `foreach`, where it belongs.
    pub foreach: Option<ForeachGroup>,
    /// Whether it stands for a `foreach` without items: nothing is done, and those that name it find no rows and no files. Its
    /// `item` has no value.
    pub has_no_items: bool,
    /// Then, what an instance would publish.
    pub outputs_of_items: Vec<OutputOfItems>,
}

impl TaskSpec {
    /// The lines of the file that declare the task: from its id on, as long as lines are deeper.
    pub fn text(&self, sources: &SourceMap) -> Option<String> {
        let file = sources.get(self.id.span.file)?;
        let before = file.text.get(..self.id.span.start as usize)?;
        let text = &file.text[before.rfind('\n').map_or(0, |end| end + 1)..];
        let depth = |line: &str| line.len() - line.trim_start().len();
        let own = depth(text.lines().next()?);
        let mut lines: Vec<&str> = text
            .lines()
            .enumerate()
            .take_while(|(at, line)| *at == 0 || line.trim().is_empty() || depth(line) > own)
            .map(|(_, line)| line.get(own..).unwrap_or_default())
            .collect();
        while lines.last().is_some_and(|line| line.trim().is_empty()) {
            lines.pop();
        }
        Some(lines.join("\n"))
    }
}

/// Where an instance of a `foreach` without items would publish a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputOfItems {
    /// The path, with `_` for what is not known.
    pub path: At<Location>,
    /// The folder that all of them lie in, as far as it is known.
    pub folder: Location,
}

/// Where an instance of a `foreach` belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeachGroup {
    /// The id that the file has, by which all instances are meant.
    pub id: TaskName,
    /// The instance's place in the order of the items, from 0.
    pub order: usize,
}

/// The tree of a YAML text, whose places are in that file. None if it is no YAML.
pub fn tree(file: FileId, text: &str) -> Option<Node> {
    parse::parse(file, text, &mut Vec::new()).ok()
}

/// A whole pipeline, with includes, profile and parameters applied.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The folder of the root file: where relative paths start.
    pub project: PathBuf,
    /// The root file and those it includes.
    pub files: Vec<PathBuf>,
    /// `name`; without it, the file's name without its ending.
    pub name: At<String>,
    /// `description`.
    pub description: Option<String>,
    /// The parameters with their values.
    pub params: IndexMap<String, Param>,
    /// The names of the secrets.
    pub secrets: Vec<At<String>>,
    /// A file of `NAME=value` lines, which may be missing.
    pub dotenv: Option<At<Location>>,
    /// `connections`, by name.
    pub connections: IndexMap<String, ConnectionSpec>,
    /// The environment of commands, rendered when they run.
    pub env: IndexMap<String, Template>,
    /// How many tasks of a pool run at once.
    pub pools: IndexMap<String, u32>,
    /// When it runs by itself.
    pub schedule: Option<Schedule>,
    /// `notify`: who is told of what becomes of scheduled runs, by name.
    pub notify: IndexMap<String, ChannelSpec>,
    /// `telemetry`: where traces and metrics of runs go.
    pub telemetry: Option<TelemetrySpec>,
    /// `openlineage`: where lineage of runs goes.
    pub openlineage: Option<OpenLineageSpec>,
    /// `tasks`, instances of a `foreach` next to each other.
    pub tasks: IndexMap<TaskName, Arc<TaskSpec>>,
    /// `tests`, of all files.
    pub tests: Vec<TestSpec>,
    /// Tasks that run after all others have succeeded.
    pub on_success: IndexMap<TaskName, Arc<TaskSpec>>,
    /// Tasks that run after something has failed.
    pub on_failure: IndexMap<TaskName, Arc<TaskSpec>>,
    /// Tasks that run at the end, whatever has happened.
    pub finally: IndexMap<TaskName, Arc<TaskSpec>>,
    /// Ids of tasks that are missing above because of mistakes in them: naming them is no mistake.
    pub broken: IndexSet<TaskName>,
    /// Folders outside the project in which outputs may lie.
    pub allow_outside: Vec<At<String>>,
    /// Files of fonts for letters in figures that the built-in one lacks.
    pub fonts: Vec<At<Location>>,
    /// Names of variables that commands inherit beside the usual ones.
    pub pass_env: Vec<At<String>>,
    /// What is kept of history, logs and cache.
    pub retention: Retention,
    /// So many bytes of memory a run may hold.
    pub memory: Option<u64>,
    /// What computes the tables.
    pub engine: EngineSpec,
    /// The names that `${{ }}` may use everywhere: params, env, run.
    pub scope: Scope,
}

impl Spec {
    /// Whether a name is that of the connection to the catalog of the cluster that `engine` names.
    pub fn is_cluster(&self, connection: &str) -> bool {
        connection == CLUSTER && self.engine.names_cluster()
    }
}
