//! `telemetry`: where traces and metrics of runs go.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diagnostic::{Diagnostic, SourceMap};

use super::connection::unset_secrets;
use super::{Key, Node, NodeValue, OrderedMap, RuntimeNames, Scope, Template, open_password, read};

/// How a collector of OpenTelemetry is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OtlpProtocol {
    /// Protobuf over HTTP, usually to port 4318.
    #[default]
    #[serde(rename = "http/protobuf")]
    HttpProtobuf,
    /// gRPC, usually to port 4317.
    #[serde(rename = "grpc")]
    Grpc,
}

/// Where traces and metrics go: a URL, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code, reason = "only the schema is used")]
pub(crate) enum TelemetryForms {
    /// A collector's URL.
    Url(String),
    /// All there is.
    Map(Box<TelemetryKeys>),
}

/// Where traces and metrics go.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct TelemetryKeys {
    /// The collector: `http://localhost:4318`. Default what the variables `OTEL_EXPORTER_OTLP_…` say.
    endpoint: Option<Template>,
    /// `http/protobuf` (default) or `grpc`.
    protocol: Option<OtlpProtocol>,
    /// Headers of each request, such as a token.
    #[serde(default)]
    headers: OrderedMap<Template>,
    /// The `service.name`; default `tidemill`.
    service: Option<Template>,
    /// Further attributes of the resource, such as `deployment.environment.name: prod`.
    #[serde(default)]
    attributes: OrderedMap<Template>,
    /// Whether runs and attempts are told as traces; default true.
    traces: Option<bool>,
    /// Whether durations, rows and failures are told as metrics; default true.
    metrics: Option<bool>,
}

/// Where traces and metrics go, as the file has it. Its texts may name secrets, which are known only when it is used.
#[derive(Clone, Debug)]
pub struct TelemetrySpec {
    endpoint: Option<Template>,
    protocol: Option<OtlpProtocol>,
    headers: Vec<(String, Template)>,
    service: Option<Template>,
    attributes: Vec<(String, Template)>,
    traces: bool,
    metrics: bool,
}

/// Where traces and metrics go, with the values of the secrets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TelemetryConfig {
    /// The collector's URL.
    pub endpoint: Option<String>,
    /// How it is spoken to.
    pub protocol: Option<OtlpProtocol>,
    /// Headers of each request.
    pub headers: Vec<(String, String)>,
    /// The `service.name`.
    pub service: Option<String>,
    /// Further attributes of the resource.
    pub attributes: Vec<(String, String)>,
    /// Whether there are traces.
    pub traces: bool,
    /// Whether there are metrics.
    pub metrics: bool,
}

impl TelemetrySpec {
    /// Reads `telemetry`, a URL or a map.
    pub(crate) fn read(
        (_, node): &(Key, Node),
        scope: &Scope,
        sources: &SourceMap,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let keys = match &node.value {
            NodeValue::Map(_) => read::<TelemetryKeys>(node, scope, sources),
            _ => read(node, scope, sources)
                .map(|endpoint| TelemetryKeys { endpoint: Some(endpoint), ..TelemetryKeys::default() }),
        };
        let keys = keys.map_err(|errors| found.extend(errors)).ok()?;
        Some(Self {
            endpoint: keys.endpoint,
            protocol: keys.protocol,
            headers: pairs(&keys.headers),
            service: keys.service,
            attributes: pairs(&keys.attributes),
            traces: keys.traces.unwrap_or(true),
            metrics: keys.metrics.unwrap_or(true),
        })
    }

    fn texts(&self) -> impl Iterator<Item = &Template> {
        let pairs = self.headers.iter().chain(&self.attributes).map(|(_, text)| text);
        self.endpoint.iter().chain(&self.service).chain(pairs)
    }

    /// What is wrong with its texts before any secret is known, and what is secret in them.
    pub(crate) fn check(&self, scope: &Scope, known: &RuntimeNames<'_>, sources: &SourceMap) -> Vec<Diagnostic> {
        let mut found: Vec<Diagnostic> = self.texts().flat_map(|text| text.check(scope, known, sources)).collect();
        found.extend(self.endpoint.as_ref().and_then(|url| no_url(url, "the collector is reached under this")));
        found.extend(open_headers(&self.headers, "OTLP_TOKEN", sources));
        found
    }

    /// The same with the values of the secrets.
    ///
    /// # Errors
    /// If a secret that it names is not set, or another `${{ }}` has no value.
    pub fn config(
        &self,
        scope: &Scope,
        secrets: &BTreeMap<String, String>,
        sources: &SourceMap,
    ) -> Result<TelemetryConfig, Vec<Diagnostic>> {
        unset_secrets(self.texts(), "`telemetry`", secrets, sources)?;
        let texts = Texts::new(scope, secrets, sources);
        Ok(TelemetryConfig {
            endpoint: self.endpoint.as_ref().map(|text| texts.render(text)).transpose()?,
            protocol: self.protocol,
            headers: texts.pairs(&self.headers)?,
            service: self.service.as_ref().map(|text| texts.render(text)).transpose()?,
            attributes: texts.pairs(&self.attributes)?,
            traces: self.traces,
            metrics: self.metrics,
        })
    }
}

/// Names and texts.
pub(super) fn pairs(map: &OrderedMap<Template>) -> Vec<(String, Template)> {
    map.iter().map(|(name, text)| (name.value.clone(), text.clone())).collect()
}

/// Renders texts that may name secrets.
pub(super) struct Texts<'a> {
    scope: &'a Scope,
    runtime: serde_json::Map<String, serde_json::Value>,
    sources: &'a SourceMap,
}

impl<'a> Texts<'a> {
    pub(super) fn new(scope: &'a Scope, secrets: &BTreeMap<String, String>, sources: &'a SourceMap) -> Self {
        let values = secrets.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        let runtime = [("secrets".to_owned(), serde_json::Value::Object(values))].into_iter().collect();
        Self { scope, runtime, sources }
    }

    pub(super) fn render(&self, text: &Template) -> Result<String, Vec<Diagnostic>> {
        text.render(self.scope, &self.runtime, self.sources)
    }

    pub(super) fn pairs(&self, pairs: &[(String, Template)]) -> Result<Vec<(String, String)>, Vec<Diagnostic>> {
        pairs.iter().map(|(name, text)| Ok((name.clone(), self.render(text)?))).collect()
    }
}

/// That a text is no URL of the web, as far as that can be seen before a run.
pub(super) fn no_url(url: &Template, label: &str) -> Option<Diagnostic> {
    let text = url.text.trim_start();
    let is_url = ["https://", "http://", "${{"].iter().any(|start| text.starts_with(start));
    let message = || Diagnostic::error(format!("`{}` is no URL", url.text)).at(url.span, label);
    (!is_url).then(|| message().help("begin it with `http://` or `https://`"))
}

/// Headers that say in clear who asks.
pub(super) fn open_headers<'t>(
    headers: &'t [(String, Template)],
    secret: &'t str,
    sources: &'t SourceMap,
) -> impl Iterator<Item = Diagnostic> + 't {
    let is_open = |(name, value): &&(String, Template)| {
        let name = name.to_ascii_lowercase();
        let is_secret = ["authorization", "token", "key", "secret", "password"].iter().any(|word| name.contains(word));
        is_secret && !value.text.contains("${{")
    };
    headers.iter().filter(is_open).map(move |(_, value)| open_password(sources, value, secret))
}
