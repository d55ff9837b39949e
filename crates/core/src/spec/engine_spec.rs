//! `engine`: what computes a pipeline's tables.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::diagnostic::{Diagnostic, SourceMap, Span};

use crate::table::Location;

use super::connection::unset_secrets;
use super::{ByteSize, HumanDuration, Key, Node, NodeValue, RuntimeNames, Scope, Template, open_password};

/// Where tables are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    /// On this machine.
    #[default]
    Local,
    /// On Apache Spark.
    Spark,
    /// On Apache Spark, or on this machine if few rows come in.
    Auto,
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local => "local",
            Self::Spark => "spark",
            Self::Auto => "auto",
        })
    }
}

impl FromStr for EngineKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "local" => Ok(Self::Local),
            "spark" => Ok(Self::Spark),
            "auto" => Ok(Self::Auto),
            other => Err(format!("`{other}` is no engine: there are local, spark and auto")),
        }
    }
}

/// The engine as the file has it. Its texts may name secrets, which are known only when it is used.
#[derive(Clone, Debug, Default)]
pub struct EngineSpec {
    /// Which.
    pub kind: EngineKind,
    /// Where that is said.
    pub span: Option<Span>,
    url: Option<Template>,
    token: Option<Template>,
    warehouse: Option<Template>,
    ui: Option<Template>,
    settings: Vec<(String, Template)>,
    download_limit: Option<u64>,
    stage_limit: Option<u64>,
    stall_limit: Option<Duration>,
    local_rows: Option<u64>,
}

/// The name of the connection to the catalog of the cluster that `engine` names.
pub const CLUSTER: &str = "spark";

/// How a cluster is reached, with the values of the secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterConfig {
    /// The address of the Spark Connect server: `sc://host:15002`.
    pub url: String,
    /// What the server is shown, unless the address says it.
    pub token: Option<String>,
    /// The warehouse: `file:///…`, a folder that this machine and all workers see under one path.
    pub warehouse: String,
    /// Where the pages of Spark are, if not on the server's host; `{app}` stands for the application.
    pub ui: Option<String>,
    /// Further settings of the session.
    pub settings: Vec<(String, String)>,
    /// The most bytes of Parquet of one table that are taken from the warehouse for outputs and reports; default 2 GB.
    pub download_limit: u64,
    /// The most bytes of Parquet of one table that are brought to the warehouse; default 10 GB.
    pub stage_limit: u64,
    /// How long a statement may go on without any of its tasks ending or reading further; default 10 minutes.
    pub stall_limit: Duration,
    /// How many rows may come into a task that `auto` leaves to this machine; default 100,000.
    pub local_rows: u64,
}

impl ClusterConfig {
    const DOWNLOAD_LIMIT: u64 = 2_000_000_000;
    const STAGE_LIMIT: u64 = 10_000_000_000;
    const STALL_LIMIT: Duration = Duration::from_secs(600);
    /// What this machine computes in less time than a statement takes to be planned, written and read back.
    const LOCAL_ROWS: u64 = 100_000;
}

/// An engine: a word, or a map.
pub(crate) struct EngineForms;

impl JsonSchema for EngineForms {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Engine".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let size = ByteSize::json_schema(generator);
        let texts = json_schema!({
            "type": "object",
            "description": "Settings of the session.",
            "additionalProperties": {"type": ["string", "number", "boolean"]},
        });
        json_schema!({
            "type": ["string", "object"],
            "x-expected": "`local`, `spark`, `auto`, or a map with `type`",
            "description": "What computes the tables: `local` (this machine, the default), `spark`, `auto` (spark, but this machine where few rows come in), or a map.",
            "properties": {
                "type": {"type": "string", "enum": ["local", "spark", "auto"], "description": "Which; default local."},
                "url": {"type": "string", "description": "The Spark Connect server: sc://host:15002."},
                "token": {"type": "string", "description": "What the server is shown; a secret."},
                "warehouse": {"type": "string", "description": "A folder that all workers see: file:///mnt/shared/tidemill."},
                "ui": {"type": "string", "description": "Where Spark's pages are: http://spark.example:4040, or https://history.example/history/{app}."},
                "settings": texts,
                "download_limit": size.clone(),
                "stage_limit": size,
                "stall_limit": HumanDuration::json_schema(generator),
                "local_rows": {"type": "integer", "minimum": 0, "description": "With auto: how many rows may come into a task on this machine; default 100000."},
            },
            "additionalProperties": false,
        })
    }
}

impl EngineSpec {
    /// The profile's keys over the file's, and the command line's word over both.
    pub(crate) fn read(
        root: Option<&(Key, Node)>,
        profile: Option<&(Key, Node)>,
        chosen: Option<EngineKind>,
        found: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut spec = Self::default();
        for (key, node) in [root, profile].into_iter().flatten() {
            spec.take(key, node, found);
        }
        spec.kind = chosen.unwrap_or(spec.kind);
        spec
    }

    fn take(&mut self, key: &Key, node: &Node, found: &mut Vec<Diagnostic>) {
        self.span = Some(key.span);
        let kind = |node: &Node| node.value.scalar_text().unwrap_or_default().parse::<EngineKind>();
        if !matches!(node.value, NodeValue::Map(_)) {
            match kind(node) {
                Ok(kind) => self.kind = kind,
                Err(message) => found.push(Diagnostic::error(message).at(node.span, "")),
            }
            return;
        }
        // Another word in a map has been found by validation.
        self.kind = node.get("type").and_then(|(_, node)| kind(node).ok()).unwrap_or(self.kind);
        let text = |name: &str| {
            let (_, node) = node.get(name)?;
            node.value.scalar_text().map(|text| Template { text, span: node.span })
        };
        self.url = text("url").or(self.url.take());
        self.token = text("token").or(self.token.take());
        self.warehouse = text("warehouse").or(self.warehouse.take());
        self.ui = text("ui").or(self.ui.take());
        for (key, node) in node.get("settings").map(|(_, node)| node.entries()).unwrap_or_default() {
            let Some(text) = node.value.scalar_text() else { continue };
            self.settings.retain(|(name, _)| *name != key.name);
            self.settings.push((key.name.clone(), Template { text, span: node.span }));
        }
        let bytes = |name: &str| text(name).and_then(|size| ByteSize::parse(&size.text).ok()).map(|size| size.0);
        self.download_limit = bytes("download_limit").or(self.download_limit);
        self.stage_limit = bytes("stage_limit").or(self.stage_limit);
        let stall_limit = text("stall_limit").and_then(|limit| HumanDuration::parse(&limit.text).ok());
        self.stall_limit = stall_limit.map(Duration::from).or(self.stall_limit);
        self.local_rows = text("local_rows").and_then(|rows| rows.text.parse().ok()).or(self.local_rows);
    }

    /// What is below the warehouse as a path of the file system, whichever engine computes the tables. None if the warehouse is no
    /// folder, or its place is a secret.
    pub fn in_warehouse(&self, below: &str, scope: &Scope, sources: &SourceMap) -> Option<Location> {
        let url = self.warehouse.as_ref()?.render(scope, &serde_json::Map::new(), sources).ok()?;
        let folder = url.strip_prefix("file://")?;
        Some(Location::new(format!("{}/{below}", folder.trim_end_matches('/'))))
    }

    fn texts(&self) -> impl Iterator<Item = &Template> {
        [&self.url, &self.token, &self.warehouse, &self.ui]
            .into_iter()
            .flatten()
            .chain(self.settings.iter().map(|(_, text)| text))
    }

    /// What is wrong with its texts before any secret is known.
    pub(crate) fn check(&self, scope: &Scope, known: &RuntimeNames<'_>, sources: &SourceMap) -> Vec<Diagnostic> {
        let mut found: Vec<Diagnostic> = self.texts().flat_map(|text| text.check(scope, known, sources)).collect();
        let open = self.token.iter().filter(|token| !token.text.contains("${{"));
        found.extend(open.map(|token| open_password(sources, token, "SPARK_TOKEN")));
        found
    }

    /// The cluster, if the engine is one, with the values of the secrets.
    ///
    /// # Errors
    /// If a key is missing, a secret that it names is not set, or a `${{ }}` has no value.
    pub fn cluster(
        &self,
        scope: &Scope,
        secrets: &BTreeMap<String, String>,
        sources: &SourceMap,
    ) -> Result<Option<ClusterConfig>, Vec<Diagnostic>> {
        if self.kind == EngineKind::Local {
            return Ok(None);
        }
        if self.url.is_none() || self.warehouse.is_none() {
            let missing = if self.url.is_none() { "url" } else { "warehouse" };
            let mistake = Diagnostic::error(format!("the engine spark has no `{missing}`"));
            let mistake = self.span.into_iter().fold(mistake, |mistake, span| mistake.at(span, ""));
            let example = "`engine: {type: spark, url: sc://localhost:15002, warehouse: file:///mnt/shared/tidemill}`";
            return Err(vec![mistake.help(format!("such as {example}"))]);
        }
        self.named_cluster(scope, secrets, sources)
    }

    /// Whether it names a cluster, whatever computes the tables.
    pub fn names_cluster(&self) -> bool {
        self.url.is_some()
    }

    /// The cluster that it names, whatever computes the tables. Its warehouse may be missing.
    ///
    /// # Errors
    /// If a secret that it names is not set, or a `${{ }}` has no value.
    pub fn named_cluster(
        &self,
        scope: &Scope,
        secrets: &BTreeMap<String, String>,
        sources: &SourceMap,
    ) -> Result<Option<ClusterConfig>, Vec<Diagnostic>> {
        let Some(url) = &self.url else { return Ok(None) };
        unset_secrets(self.texts(), "the engine", secrets, sources)?;
        let values = secrets.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        let runtime = [("secrets".to_owned(), serde_json::Value::Object(values))].into_iter().collect();
        let render = |text: &Template| text.render(scope, &runtime, sources);
        let settings = self.settings.iter().map(|(name, text)| Ok((name.clone(), render(text)?)));
        Ok(Some(ClusterConfig {
            url: render(url)?,
            token: self.token.as_ref().map(render).transpose()?,
            warehouse: self.warehouse.as_ref().map(render).transpose()?.unwrap_or_default(),
            ui: self.ui.as_ref().map(render).transpose()?,
            settings: settings.collect::<Result<_, Vec<Diagnostic>>>()?,
            download_limit: self.download_limit.unwrap_or(ClusterConfig::DOWNLOAD_LIMIT),
            stage_limit: self.stage_limit.unwrap_or(ClusterConfig::STAGE_LIMIT),
            stall_limit: self.stall_limit.unwrap_or(ClusterConfig::STALL_LIMIT),
            local_rows: self.local_rows.unwrap_or(ClusterConfig::LOCAL_ROWS),
        }))
    }
}
