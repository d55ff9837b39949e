//! From the root file to a [`Spec`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use indexmap::{IndexMap, IndexSet};
use serde_json::{Map, Value};

use crate::diagnostic::{Diagnostic, Diagnostics, SourceMap, Span};
use crate::ids::TaskName;
use crate::table::Location;
use crate::task::{RunFacts, TaskTypes};

use super::flow_comma;
use super::include::read_files;
use super::interpolate::{Filled, Text, fill};
use super::keys::{CommonKeys, IncludedKeys, ParamKeys, PipelineKeys, PoolSize, RetentionKeys};
use super::params::{self, Param, ParamOrigin};
use super::parse::parse;
use super::tasks::{TaskReader, read_all};
use super::test_spec::TestReader;
use super::validate::{Rules, unknown_key};
use super::{
    At, CLUSTER, ChannelSpec, ConnectionSpec, EngineKind, EngineSpec, Key, Node, NodeValue, OneOrMany, OpenLineageSpec,
    Retention, RuntimeNames, Schedule, Scope, Spec, TaskSpec, TelemetrySpec, Template, read,
};

/// What a pipeline is loaded with. Core reads no environment: the caller gives it.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// The folder in which the user is, as an absolute path.
    pub folder: PathBuf,
    /// The root file, as the user names it.
    pub file: PathBuf,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--engine`.
    pub engine: Option<EngineKind>,
    /// `-p NAME=VALUE`, in order: a later one wins. Values are YAML, except of string parameters.
    pub params: Vec<(String, String)>,
    /// `--params-file`: a YAML or JSON map.
    pub params_file: Option<PathBuf>,
    /// The environment of the process.
    pub environment: BTreeMap<String, String>,
    /// What is known of the run, for `run.*`.
    pub run: RunFacts,
    /// Texts of the pipeline's files by their paths, which are taken instead of what is on the disk.
    pub texts: Arc<BTreeMap<PathBuf, String>>,
}

/// What came of it.
#[derive(Debug)]
pub struct Loaded {
    /// The texts that spans point into.
    pub sources: SourceMap,
    /// The pipeline; with mistakes, what could be made of it. None if it is no pipeline at all.
    pub spec: Option<Spec>,
    /// All mistakes.
    pub diagnostics: Diagnostics,
}

static INCLUDED: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(IncludedKeys).to_value());
static PARAM: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(ParamKeys).to_value());

/// Reads a pipeline file with all it includes, and finds all mistakes that can be found without knowing what tasks do.
pub fn load(options: &LoadOptions, types: &TaskTypes) -> Loaded {
    let mut sources = SourceMap::with_unsaved(options.texts.clone());
    let mut found = Vec::new();
    let spec = build(options, types, &mut sources, &mut found);
    let mut diagnostics = Diagnostics::default();
    diagnostics.extend(found.into_iter().map(|mistake| flow_comma::explained(mistake, &sources)));
    diagnostics.files_are_in_order(&sources);
    Loaded { sources, spec, diagnostics }
}

fn build(
    options: &LoadOptions,
    types: &TaskTypes,
    sources: &mut SourceMap,
    found: &mut Vec<Diagnostic>,
) -> Option<Spec> {
    let project = options.folder.join(&options.file).parent().unwrap_or(&options.folder).to_owned();
    let base = options.file.parent().unwrap_or(Path::new(""));
    let files = read_files(&options.file, base, options.profile.as_deref(), sources, found)?;
    let root = files.trees.first()?;
    if !matches!(root.value, NodeValue::Map(_)) {
        let what = if root.value == NodeValue::Null { "the file is empty" } else { "a pipeline file is a map of keys" };
        found.push(Diagnostic::error(what).at(root.span, "").help("it begins with `version: 1` and has `tasks:`"));
        return None;
    }
    let schema = types.filled(schemars::schema_for!(PipelineKeys));
    for (no, tree) in files.trees.iter().enumerate() {
        validate_file(tree, &schema, no == 0, found);
    }
    let profile = profile(root, options.profile.as_deref(), found);
    let Settings { env, params, scope } = settings(options, &files.trees, profile, sources, found);
    let top = Top { root, schema: &schema, scope: &scope, sources };
    let secrets = top.env_names("secrets", found);
    let known =
        RuntimeNames { secrets: secrets.iter().map(|name| name.value.as_str()).collect(), ..RuntimeNames::default() };
    env.values().for_each(|value| found.extend(value.check(&scope, &known, sources)));
    let from_profile = profile.and_then(|profile| profile.get("connections"));
    let connections = ConnectionSpec::all(root.get("connections"), from_profile, found);
    connections.values().for_each(|connection| found.extend(connection.check(&scope, &known, sources)));
    let pass_env = top.env_names("pass_env", found);
    let pools = top.pools(found);
    let engine_of_profile = profile.and_then(|profile| profile.get("engine"));
    let engine = EngineSpec::read(root.get("engine"), engine_of_profile, options.engine, found);
    found.extend(engine.check(&scope, &known, sources));
    found.extend(connections.get(CLUSTER).filter(|_| engine.names_cluster()).map(|connection| {
        Diagnostic::error(format!("the connection `{CLUSTER}` is the catalog of the cluster that `engine` names"))
            .at(connection.name.span, "")
            .help("give this one another name")
    }));
    let schedule = top.schedule(profile, found);
    let notify = top.channels(profile, found);
    notify.values().for_each(|channel| found.extend(channel.check(&scope, &known, sources)));
    let telemetry = top.of_profile(profile, "telemetry");
    let telemetry = telemetry.and_then(|entry| TelemetrySpec::read(entry, &scope, sources, found));
    telemetry.iter().for_each(|telemetry| found.extend(telemetry.check(&scope, &known, sources)));
    let openlineage = top.of_profile(profile, "openlineage");
    let openlineage = openlineage.and_then(|entry| OpenLineageSpec::read(entry, &scope, sources, found));
    openlineage.iter().for_each(|lineage| found.extend(lineage.check(&scope, &known, sources)));
    let retention = top.get::<RetentionKeys>("retention", found).unwrap_or_default();
    let memory = top.get::<super::ByteSize>("memory", found).map(|size| size.0);

    let reader = TaskReader {
        types,
        schemas: types.iter().map(|known| (known.descriptor().name, types.schema_of(known))).collect(),
        common: types.filled(schemars::schema_for!(CommonKeys)),
        defaults: root.get("defaults").map(|(_, node)| node).filter(|node| fits(&schema, "defaults", node)),
        scope: &scope,
        sources,
        pools: root
            .get("pools")
            .map(|(_, node)| node.entries())
            .unwrap_or_default()
            .iter()
            .map(|(key, _)| key.name.as_str())
            .collect(),
        secrets: secrets.iter().map(|name| name.value.as_str()).collect(),
    };
    let tests = TestReader { scope: &scope, sources, params: &params }.read_all(&files.trees, found);
    let Tasks { tasks, on_success, on_failure, finally, broken } = read_tasks(&reader, &files.trees, found);
    Some(Spec {
        files: files.paths.iter().map(|path| options.folder.join(path)).collect(),
        project,
        name: top.get::<At<String>>("name", found).unwrap_or_else(|| At::new(stem(&options.file), root.span)),
        description: top.get("description", found),
        dotenv: top.get::<At<Location>>("dotenv", found),
        allow_outside: top.names("allow_outside", found),
        fonts: top.get::<OneOrMany<At<Location>>>("fonts", found).unwrap_or_default().0,
        params,
        secrets,
        connections,
        env,
        pools,
        schedule,
        notify,
        telemetry,
        openlineage,
        tasks,
        tests,
        on_success,
        on_failure,
        finally,
        broken,
        pass_env,
        retention: Retention { runs: retention.runs, max_size: retention.max_size.map(|size| size.0) },
        memory,
        engine,
        scope: scope.clone(),
    })
}

/// What all other keys may name.
struct Settings {
    env: IndexMap<String, Template>,
    params: IndexMap<String, Param>,
    scope: Scope,
}

/// The environment and the parameters, those of the profile over those of the files.
fn settings(
    options: &LoadOptions,
    trees: &[Node],
    profile: Option<&Node>,
    sources: &mut SourceMap,
    found: &mut Vec<Diagnostic>,
) -> Settings {
    let from_profile = |name: &str| profile.and_then(|profile| profile.get(name));
    let mut env = env_templates(trees.first().and_then(|root| root.get("env")), found);
    env.extend(env_templates(from_profile("env"), found));
    let early = early_scope(options, &env, None, sources);
    let mut params = declare(trees, &early, sources, found);
    let profiled = from_profile("params").map_or(&[][..], |(_, node)| node.entries());
    assign_params(&mut params, profiled, options, &early, sources, found);
    let scope = early_scope(options, &env, Some(params::values(&params)), sources);
    Settings { env, params, scope }
}

/// Gives the declared parameters their values: the profile's, the file's, those of the command line, each over the one before.
fn assign_params(
    declared: &mut IndexMap<String, Param>,
    profiled: &[(Key, Node)],
    options: &LoadOptions,
    scope: &Scope,
    sources: &mut SourceMap,
    found: &mut Vec<Diagnostic>,
) {
    for entry in profiled {
        params::assign(declared, entry, ParamOrigin::Profile, scope, sources, found);
    }
    if let Some(path) = &options.params_file {
        params_file(path, declared, scope, sources, found);
    }
    for given in &options.params {
        params::assign_text(declared, given, sources, found);
    }
    params::unset(declared, found);
}

/// The tasks of a pipeline and of its handlers.
struct Tasks {
    tasks: IndexMap<TaskName, Arc<TaskSpec>>,
    on_success: IndexMap<TaskName, Arc<TaskSpec>>,
    on_failure: IndexMap<TaskName, Arc<TaskSpec>>,
    finally: IndexMap<TaskName, Arc<TaskSpec>>,
    /// Those with mistakes of their own.
    broken: IndexSet<TaskName>,
}

/// Reads all tasks; only the root file, which comes first, has handlers.
fn read_tasks(reader: &TaskReader<'_>, trees: &[Node], found: &mut Vec<Diagnostic>) -> Tasks {
    let (mut seen, mut broken) = (HashMap::new(), IndexSet::new());
    let mut section = |name: &str, trees: &[Node]| {
        let maps = trees.iter().filter_map(|tree| tree.get(name));
        let entries: Vec<&(Key, Node)> = maps.flat_map(|(_, node)| node.entries()).collect();
        read_all(reader, &entries, &mut seen, &mut broken, found)
    };
    let tasks = section("tasks", trees);
    let only_root = &trees[..1];
    let on_success = section("on_success", only_root);
    let on_failure = section("on_failure", only_root);
    let finally = section("finally", only_root);
    if trees.iter().all(|tree| tree.get("tasks").is_none()) {
        found.push(Diagnostic::error("the pipeline has no `tasks`").at(only_root[0].span, ""));
    }
    Tasks { tasks, on_success, on_failure, finally, broken }
}

fn stem(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The keys at the top of the root file.
struct Top<'a> {
    root: &'a Node,
    schema: &'a Value,
    scope: &'a Scope,
    sources: &'a SourceMap,
}

impl Top<'_> {
    /// The value of a key; None if it is not there or has been found wrong by validation.
    fn get<T: serde::de::DeserializeOwned>(&self, name: &str, found: &mut Vec<Diagnostic>) -> Option<T> {
        let (_, node) =
            self.root.get(name).filter(|(_, node)| node.value != NodeValue::Null && fits(self.schema, name, node))?;
        read(node, self.scope, self.sources).map_err(|errors| found.extend(errors)).ok()
    }

    fn names(&self, name: &str, found: &mut Vec<Diagnostic>) -> Vec<At<String>> {
        self.get::<OneOrMany<At<String>>>(name, found).map(|names| names.0).unwrap_or_default()
    }

    /// Names of environment variables.
    fn env_names(&self, name: &str, found: &mut Vec<Diagnostic>) -> Vec<At<String>> {
        let names = self.names(name, found);
        names.iter().for_each(|name| env_name(name, name.span, found));
        names
    }

    fn pools(&self, found: &mut Vec<Diagnostic>) -> IndexMap<String, u32> {
        let pools = self.get::<IndexMap<String, PoolSize>>("pools", found).unwrap_or_default();
        pools.into_iter().map(|(name, size)| (name, size.0)).collect()
    }

    /// The profile's entry of that name, else the file's; None if it is not there or has been found wrong by validation.
    fn of_profile<'n>(&'n self, profile: Option<&'n Node>, name: &str) -> Option<&'n (Key, Node)> {
        let entry = profile.and_then(|profile| profile.get(name)).or_else(|| self.root.get(name));
        entry.filter(|(_, node)| node.value != NodeValue::Null && fits(self.schema, name, node))
    }

    /// The profile's schedule, else the file's.
    fn schedule(&self, profile: Option<&Node>, found: &mut Vec<Diagnostic>) -> Option<Schedule> {
        let (key, node) = self.of_profile(profile, "schedule")?;
        Schedule::read(key, node, self.scope, self.sources, found)
    }
}

impl Top<'_> {
    /// The channels of `notify`, those of the profile over those of the file.
    fn channels(&self, profile: Option<&Node>, found: &mut Vec<Diagnostic>) -> IndexMap<String, ChannelSpec> {
        let entries = [Some(self.root), profile].into_iter().flatten().filter_map(|node| node.get("notify"));
        let fitting = entries.filter(|(_, node)| node.value != NodeValue::Null && fits(self.schema, "notify", node));
        let entries: Vec<(Key, Node)> = fitting.flat_map(|(_, node)| node.entries().to_vec()).collect();
        ChannelSpec::all(&entries, self.scope, self.sources, found)
    }
}

/// Whether validation has nothing against a key at the top.
fn fits(root: &Value, name: &str, node: &Node) -> bool {
    let mut found = Vec::new();
    if let Some(schema) = root.get("properties").and_then(|known| known.get(name)) {
        Rules { root }.check(schema, node, node.span, &mut found);
    }
    found.is_empty()
}

/// Checks the keys at the top of a file, those below `tasks` aside.
fn validate_file(tree: &Node, pipeline: &Value, root: bool, found: &mut Vec<Diagnostic>) {
    let schema: &Value = if root { pipeline } else { &INCLUDED };
    let known = schema.get("properties").and_then(Value::as_object);
    if tree.value != NodeValue::Null && !matches!(tree.value, NodeValue::Map(_)) {
        found.push(Diagnostic::error("a pipeline file is a map of keys").at(tree.span, ""));
    }
    for (key, node) in tree.entries().iter().filter(|(key, _)| key.name != "version") {
        let place = node.place(key);
        match known.and_then(|known| known.get(&key.name)) {
            Some(_) if is_section(&key.name) && matches!(node.value, NodeValue::Map(_)) => {}
            Some(rule) => Rules { root: schema }.check(rule, node, place, found),
            None => {
                let known = known.into_iter().flat_map(|known| known.keys().map(String::as_str));
                found.push(match pipeline.pointer("/properties").and_then(|top| top.get(&key.name)) {
                    Some(_) if !root => Diagnostic::error(format!("`{}` belongs into the root file", key.name))
                        .at(key.span, "")
                        .help("an included file has `params`, `tasks`, `tests` and `include`"),
                    _ => unknown_key(&key.name, key.span, known),
                });
            }
        }
    }
    match tree.get("version") {
        Some((_, node)) if node.value == NodeValue::Int(1) => {}
        Some((key, node)) => found.push(
            Diagnostic::error("this is not a version of the pipeline file that is known here")
                .at(node.place(key), "")
                .help("write `version: 1`"),
        ),
        None if root => found.push(
            Diagnostic::error("the key `version` is missing")
                .at(tree.span, "")
                .help("begin the file with `version: 1`"),
        ),
        None => {}
    }
}

fn is_section(name: &str) -> bool {
    matches!(name, "tasks" | "on_success" | "on_failure" | "finally")
}

fn profile<'a>(root: &'a Node, name: Option<&str>, found: &mut Vec<Diagnostic>) -> Option<&'a Node> {
    let name = name?;
    let profiles = root.get("profiles").map(|(_, node)| node.entries()).unwrap_or_default();
    let profile = profiles.iter().find(|(key, _)| key.name == name);
    if profile.is_none() {
        let unknown = Diagnostic::error(format!("unknown profile `{name}`"));
        found.push(match profiles.is_empty() {
            true => unknown.help("the pipeline has no `profiles`"),
            false => unknown.suggest(name, profiles.iter().map(|(key, _)| key.name.as_str())),
        });
    }
    profile.map(|(_, node)| node)
}

/// `env`, its values as they are in the file.
fn env_templates(entry: Option<&(Key, Node)>, found: &mut Vec<Diagnostic>) -> IndexMap<String, Template> {
    let mut env = IndexMap::new();
    for (key, node) in entry.map_or(&[][..], |(_, node)| node.entries()) {
        env_name(&key.name, key.span, found);
        // What is no text has been found by validation.
        if let Some(text) = node.value.scalar_text() {
            env.insert(key.name.clone(), Template { text, span: node.span });
        }
    }
    env
}

fn env_name(name: &str, span: Span, found: &mut Vec<Diagnostic>) {
    let good = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    if !good {
        found.push(
            Diagnostic::error(format!("`{name}` cannot be the name of an environment variable"))
                .at(span, "")
                .help("such a name has letters, digits and `_`, and no digit first"),
        );
    }
}

/// The names known before a run: `env` and `run`, and `params` once they have values.
fn early_scope(
    options: &LoadOptions,
    env: &IndexMap<String, Template>,
    params: Option<Value>,
    sources: &SourceMap,
) -> Scope {
    let mut names = Map::new();
    let process: Map<String, Value> =
        options.environment.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    if let Ok(Value::Object(mut run)) = serde_json::to_value(&options.run) {
        run.remove("status");
        names.insert("run".to_owned(), Value::Object(run));
    }
    if let Some(params) = params {
        names.insert("params".to_owned(), params);
    }
    names.insert("env".to_owned(), Value::Object(process.clone()));
    let before = Scope::new(names.clone(), BTreeSet::new());
    let mut all = process;
    for (name, template) in env {
        let text = Text { text: &template.text, span: template.span, sources };
        // One that needs a secret has no value before a run.
        let value = match fill(text, &before, None) {
            Ok(Filled::Text(text)) => Value::String(text),
            Ok(Filled::Value(value)) => Value::String(super::interpolate::as_text(&value).unwrap_or_default()),
            Err(_) => Value::String(String::new()),
        };
        all.insert(name.clone(), value);
    }
    names.insert("env".to_owned(), Value::Object(all));
    Scope::new(names, env.keys().cloned().collect())
}

/// The parameters that the files declare, with their defaults.
fn declare(trees: &[Node], scope: &Scope, sources: &SourceMap, found: &mut Vec<Diagnostic>) -> IndexMap<String, Param> {
    let mut params: IndexMap<String, Param> = IndexMap::new();
    for (key, node) in trees.iter().filter_map(|tree| tree.get("params")).flat_map(|(_, node)| node.entries()) {
        if let Some(first) = params.get(&key.name) {
            let twice = Diagnostic::error(format!("two parameters have the name `{}`", key.name));
            found.push(twice.at(key.span, "again here").at(first.span, "first here"));
            continue;
        }
        if matches!(node.value, NodeValue::Map(_)) {
            Rules { root: &PARAM }.check(&PARAM, node, node.place(key), found);
        }
        params.insert(key.name.clone(), Param::declared(key, node, scope, sources, found));
    }
    params
}

fn params_file(
    path: &Path,
    declared: &mut IndexMap<String, Param>,
    scope: &Scope,
    sources: &mut SourceMap,
    found: &mut Vec<Diagnostic>,
) {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let message = format!("cannot read the parameters from `{}`: {error}", path.display());
            return found.push(Diagnostic::error(message));
        }
    };
    let file = sources.add(path.display().to_string(), text.clone());
    match parse(file, &text, found) {
        Ok(node) if matches!(node.value, NodeValue::Map(_) | NodeValue::Null) => {
            for entry in node.entries() {
                params::assign(declared, entry, ParamOrigin::ParamsFile, scope, sources, found);
            }
        }
        Ok(node) => found.push(Diagnostic::error("a file of parameters is a map").at(node.span, "")),
        Err(error) => found.push(error),
    }
}
