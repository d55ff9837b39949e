//! The keys of a pipeline file, from which its JSON Schema and its validation follow.

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use crate::table::{CheckSeverity, Location};

use super::connection::ConnectionForms;
use super::engine_spec::{EngineForms, EngineKind};
use super::notify::ChannelKeys;
use super::openlineage::OpenLineageForms;
use super::telemetry::TelemetryForms;
use super::test_spec::TestKeys;
use super::{At, HumanDuration, OneOrMany, Template, TriggerRule};

/// Any value.
#[derive(Clone, Debug)]
pub struct Anything;

impl<'de> Deserialize<'de> for Anything {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

impl JsonSchema for Anything {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Anything".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({})
    }
}

/// A value of the environment: text, or a number or truth value as text.
pub(crate) type EnvMap = IndexMap<String, Template>;

/// A pipeline file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read key by key; the struct says what there is")]
pub(crate) struct PipelineKeys {
    /// The version of this format: 1.
    #[schemars(extend("const" = 1))]
    pub version: i64,
    /// The pipeline's name: state, lock and history belong to it. Default: the file's name.
    pub name: Option<At<String>>,
    /// What it is for.
    pub description: Option<String>,
    /// Parameters: a default value, or `{type, default, min, max, enum, help}`.
    #[schemars(with = "Option<IndexMap<String, Anything>>")]
    pub params: Option<Anything>,
    /// Names of secrets, taken from the environment or `dotenv`, masked wherever text leaves the process.
    pub secrets: Option<Vec<At<String>>>,
    /// A file of `NAME=value` lines for secrets and commands; it may be missing.
    pub dotenv: Option<At<Location>>,
    /// Databases, object stores and hosts on the web, by name: a URL, or a map with `url` or `driver`.
    #[schemars(with = "Option<IndexMap<String, ConnectionForms>>")]
    pub connections: Option<Anything>,
    /// The environment of commands.
    pub env: Option<EnvMap>,
    /// How many tasks of a pool run at once.
    #[schemars(with = "Option<IndexMap<String, PoolSize>>")]
    pub pools: Option<Anything>,
    /// Common task keys for every task that does not say otherwise.
    pub defaults: Option<CommonKeys>,
    /// When it runs: a cron expression, or a map with `cron` or `every`.
    #[schemars(with = "Option<ScheduleForms>")]
    pub schedule: Option<Anything>,
    /// Who is told of what becomes of scheduled runs: channels by name, each `slack`, `teams`, `email` or `webhook`.
    #[schemars(with = "Option<IndexMap<String, ChannelKeys>>")]
    pub notify: Option<Anything>,
    /// Where traces and metrics of runs go: the URL of an OpenTelemetry collector, or a map.
    #[schemars(with = "Option<TelemetryForms>")]
    pub telemetry: Option<Anything>,
    /// Where lineage of runs goes by OpenLineage: the URL of a server, or a map with `url` or `file`.
    #[schemars(with = "Option<OpenLineageForms>")]
    pub openlineage: Option<Anything>,
    /// The tasks, by id.
    #[schemars(with = "Option<IndexMap<String, TaskKeys>>")]
    pub tasks: Option<Anything>,
    /// Tasks that run after all others have succeeded.
    #[schemars(with = "Option<IndexMap<String, TaskKeys>>")]
    pub on_success: Option<Anything>,
    /// Tasks that run after something has failed.
    #[schemars(with = "Option<IndexMap<String, TaskKeys>>")]
    pub on_failure: Option<Anything>,
    /// Tasks that run at the end, whatever has happened.
    #[schemars(with = "Option<IndexMap<String, TaskKeys>>")]
    pub finally: Option<Anything>,
    /// Tests: for given rows, what the tables of tasks must be. `tidemill test` runs them.
    #[schemars(with = "Option<IndexMap<String, TestKeys>>")]
    pub tests: Option<Anything>,
    /// More files, which add their tasks, params and tests.
    pub include: Option<OneOrMany<At<String>>>,
    /// Variants, chosen by `--profile`.
    pub profiles: Option<IndexMap<String, ProfileKeys>>,
    /// Folders outside the project in which outputs may lie.
    pub allow_outside: Option<OneOrMany<At<String>>>,
    /// Files of fonts (.ttf, .otf, .ttc) for letters in figures that the built-in one lacks.
    pub fonts: Option<OneOrMany<At<Location>>>,
    /// Names of environment variables that commands inherit beside the usual ones.
    pub pass_env: Option<OneOrMany<At<String>>>,
    /// What is kept of history, logs and cache.
    pub retention: Option<RetentionKeys>,
    /// So much memory a run may hold, such as `4GB`: what would need more fails. Default nine tenths of what is free.
    pub memory: Option<super::ByteSize>,
    /// What computes the tables: `local` (this machine, the default), `spark`, or a map.
    #[schemars(with = "Option<EngineForms>")]
    pub engine: Option<Anything>,
}

/// A file named by `include`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read key by key; the struct says what there is")]
pub(crate) struct IncludedKeys {
    /// The version of this format: 1.
    #[schemars(extend("const" = 1))]
    pub version: Option<i64>,
    /// Parameters: a default value, or `{type, default, min, max, enum, help}`.
    #[schemars(with = "Option<IndexMap<String, Anything>>")]
    pub params: Option<Anything>,
    /// The tasks, by id.
    #[schemars(with = "Option<IndexMap<String, TaskKeys>>")]
    pub tasks: Option<Anything>,
    /// Tests: for given rows, what the tables of tasks must be.
    #[schemars(with = "Option<IndexMap<String, TestKeys>>")]
    pub tests: Option<Anything>,
    /// More files, which add their tasks, params and tests.
    pub include: Option<OneOrMany<At<String>>>,
}

/// A task; its own keys follow from its type.
pub(crate) struct TaskKeys;

impl JsonSchema for TaskKeys {
    fn schema_name() -> Cow<'static, str> {
        "Task".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "object"})
    }
}

/// How many tasks of a pool run at once; 1 or more.
#[derive(Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct PoolSize(#[schemars(range(min = 1))] pub u32);

/// A profile.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read key by key; the struct says what there is")]
pub(crate) struct ProfileKeys {
    /// Values for parameters.
    #[schemars(with = "Option<IndexMap<String, Anything>>")]
    pub params: Option<Anything>,
    /// Added to the environment of commands.
    pub env: Option<EnvMap>,
    /// More files, which add their tasks and params.
    pub include: Option<OneOrMany<At<String>>>,
    /// Instead of the pipeline's of the same names.
    #[schemars(with = "Option<IndexMap<String, ConnectionForms>>")]
    pub connections: Option<Anything>,
    /// Instead of the pipeline's.
    #[schemars(with = "Option<ScheduleForms>")]
    pub schedule: Option<Anything>,
    /// Instead of the pipeline's of the same names.
    #[schemars(with = "Option<IndexMap<String, ChannelKeys>>")]
    pub notify: Option<Anything>,
    /// Instead of the pipeline's.
    #[schemars(with = "Option<TelemetryForms>")]
    pub telemetry: Option<Anything>,
    /// Instead of the pipeline's.
    #[schemars(with = "Option<OpenLineageForms>")]
    pub openlineage: Option<Anything>,
    /// Its keys instead of those of the pipeline's.
    #[schemars(with = "Option<EngineForms>")]
    pub engine: Option<Anything>,
}

/// A parameter in its long form.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "the values are read by the parameter's type; the struct says what there is")]
pub(crate) struct ParamKeys {
    /// Its type; default that of the default.
    #[serde(rename = "type")]
    pub kind: Option<super::ParamType>,
    /// Its value unless another is given; without it one must be given.
    #[schemars(with = "Option<Anything>")]
    pub default: Option<Anything>,
    /// No value is smaller.
    pub min: Option<f64>,
    /// No value is greater.
    pub max: Option<f64>,
    /// The values that are allowed.
    #[serde(rename = "enum")]
    #[schemars(with = "Option<Vec<Anything>>")]
    pub one_of: Option<Anything>,
    /// What it is for.
    pub help: Option<String>,
}

/// A schedule: a cron expression, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code, reason = "only the schema is used")]
pub(crate) enum ScheduleForms {
    /// A cron expression.
    Cron(String),
    /// All there is.
    Map(Box<ScheduleKeys>),
}

/// A schedule.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleKeys {
    /// A cron expression of five fields, or `@daily` and the like.
    pub cron: Option<At<String>>,
    /// An interval instead of `cron`.
    pub every: Option<At<HumanDuration>>,
    /// An IANA name; default UTC.
    pub timezone: Option<At<String>>,
    /// Which of the fires missed while nothing ran are made up for; default latest.
    pub catchup: Option<super::Catchup>,
    /// Older fires are recorded as skipped.
    pub max_catchup: Option<HumanDuration>,
    /// What happens to a fire while a run is under way; default skip.
    pub overlap: Option<super::Overlap>,
    /// Each fire starts up to so much later, at random.
    pub jitter: Option<HumanDuration>,
    /// When a run that has not ended is late: a time of day in the schedule's zone, `20:30`, or so long after its fire, `45m`.
    pub late: Option<At<super::Late>>,
}

/// What is kept.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetentionKeys {
    /// So many runs.
    #[schemars(range(min = 1))]
    pub runs: Option<u32>,
    /// So many bytes of cache and logs, such as `10GB`.
    pub max_size: Option<super::ByteSize>,
}

/// The keys common to every task.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "checks, foreach and output are read with their places; the struct says what there is")]
pub(crate) struct CommonKeys {
    /// What it is for.
    pub description: Option<String>,
    /// Words by which selectors find it.
    pub tags: Option<OneOrMany<String>>,
    /// Tasks that go first.
    pub depends_on: Option<OneOrMany<At<String>>>,
    /// A `${{ … }}` that must be true, else the task is skipped.
    pub when: Option<Template>,
    /// Under which results of the tasks before it it starts.
    pub trigger_rule: Option<TriggerRule>,
    /// Extra attempts: a number, or a map.
    pub retries: Option<RetriesForms>,
    /// For one attempt.
    pub timeout: Option<HumanDuration>,
    /// `auto`, `off`, `{ttl: 6h}` or `{store: false}`.
    pub cache: Option<CacheForms>,
    /// The pool it takes a place in.
    pub pool: Option<At<String>>,
    /// Where its table is computed, if the pipeline has a cluster: `local` is this machine, `auto` this machine if few rows come in.
    pub engine: Option<EngineKind>,
    /// Statements about its table that must hold.
    #[schemars(with = "Option<Vec<CheckKeys>>")]
    pub checks: Option<Anything>,
    /// One instance for each item of a list, or for each combination of a map of lists.
    #[schemars(with = "Option<ForeachForms>")]
    pub foreach: Option<Anything>,
    /// Where its table is published: a path, `{path, delimiter, bom, null, escape_formulas}`, `{connection, table, mode, key,
    /// create}`, or a list of these.
    #[schemars(with = "Option<OneOrMany<OutputForms>>")]
    pub output: Option<Anything>,
}

/// Extra attempts.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum RetriesForms {
    /// How many.
    Max(u32),
    /// How many, and when.
    Map(RetriesKeys),
}

/// Extra attempts: how many, and when.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetriesKeys {
    /// How many.
    pub max: Option<u32>,
    /// Wait before the first one; default none.
    pub delay: Option<HumanDuration>,
    /// Each further wait is so many times the one before.
    #[schemars(range(min = 1))]
    pub backoff: Option<f64>,
    /// No wait is longer.
    pub max_delay: Option<HumanDuration>,
    /// Each wait differs at random by up to this share of it, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub jitter: Option<f64>,
    /// Only after these exit codes of a command.
    pub on_exit: Option<OneOrMany<i32>>,
}

/// What is remembered of a result.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum CacheForms {
    /// `auto` or `off`.
    Word(CacheWord),
    /// For how long, or how much.
    Map(CacheKeys),
}

/// All or nothing.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CacheWord {
    /// All.
    Auto,
    /// Nothing: it always runs.
    Off,
}

/// For how long a result is remembered, or how much of it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CacheKeys {
    /// For so long.
    pub ttl: Option<HumanDuration>,
    /// `false`: remember the digest, keep no copy.
    pub store: Option<bool>,
}

/// The items of a `foreach`.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code, reason = "only the schema is used")]
pub(crate) enum ForeachForms {
    /// Items.
    List(Vec<Anything>),
    /// A matrix.
    Matrix(IndexMap<String, Vec<Anything>>),
}

/// Where a table is published.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code, reason = "only the schema is used")]
pub(crate) enum OutputForms {
    /// A path.
    Path(String),
    /// A path and how the file is written.
    Map(Box<OutputKeys>),
}

/// A path and how the file is written.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutputKeys {
    /// The path; its ending says the format. With `connection`: below the URL of that. `warehouse:name`: a folder of Parquet there.
    pub path: Option<At<Location>>,
    /// Below the warehouse: `parquet`, which is the default there; elsewhere the ending says it.
    pub format: Option<At<String>>,
    /// One of `connections`.
    pub connection: Option<At<String>>,
    /// A table of that database.
    pub table: Option<At<String>>,
    /// Of a table: `replace` (default) its rows, `append` to them, or `upsert` by a key.
    pub mode: Option<At<OutputMode>>,
    /// Of `upsert`: the columns of the key, which must be unique.
    pub key: Option<OneOrMany<At<String>>>,
    /// Of a table: make it if it is not there; default false.
    pub create: Option<At<bool>>,
    /// CSV: what stands between two fields.
    #[schemars(with = "Option<String>")]
    pub delimiter: Option<At<char>>,
    /// CSV: begin with a byte-order mark, as Excel likes it.
    pub bom: Option<At<bool>>,
    /// CSV: how NULL is written.
    pub null: Option<At<String>>,
    /// CSV and XLSX: put `'` before a text that a spreadsheet would take for a formula.
    pub escape_formulas: Option<At<bool>>,
}

/// What becomes of the rows that a table of a database has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OutputMode {
    /// They make way for the new ones.
    Replace,
    /// The new ones join them.
    Append,
    /// Those with the same key are changed, the others join them.
    Upsert,
}

/// An item of `checks`: beside these keys, that of one check; which checks there are is filled into the schema.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckKeys {
    /// `error` fails the task, `warn` is only said.
    pub severity: Option<CheckSeverity>,
    /// What it is called in messages.
    pub name: Option<String>,
}

impl CheckKeys {
    /// Its definition in a schema.
    pub(crate) const DEFINITION: &'static str = "CheckKeys";

    /// The names of the keys.
    pub(crate) const NAMES: [&'static str; 2] = ["severity", "name"];
}
