//! `webhook`: a request to another system.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tidemill_core::diagnostic::{Diagnostic, SourceMap, failure_of};
use tidemill_core::spec::{At, Node, NodeValue, OrderedMap, RuntimeNames, Scope, Template};
use tidemill_core::table::Schema;
use tidemill_core::task::{
    CheckContext, Descriptor, Io, LogLevel, MakesTable, RunContext, Task, TaskFailure, TaskResult, TaskSource,
};
use ureq::http::{Method, Request};

use super::parameters::Parameters;
use super::texts::{input_edges, input_tables, runtime_names};

/// How long the whole exchange may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Of an answer, only so many bytes are read and logged.
const SHOWN: u64 = 2000;

/// Sends a request to another system.
#[derive(Deserialize, Serialize, JsonSchema, Clone)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where to, beginning with `https://` or `http://`.
    url: Template,
    /// The method; default POST.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<At<String>>,
    /// Headers, beside `content-type`.
    #[serde(default)]
    headers: OrderedMap<Template>,
    /// What is sent; every text in it may use `${{ }}`, and one that is a whole `${{ }}` keeps its type.
    #[serde(default)]
    json: Body,
    /// Names and the tasks whose tables enter under them, each a list of rows.
    #[serde(default)]
    inputs: OrderedMap<At<String>>,
}

/// Any value. What it holds is taken from the file's own tree, because its texts are rendered only when it is sent.
#[derive(Serialize, Clone, Default)]
struct Body;

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Untouched;

        impl<'de> Visitor<'de> for Untouched {
            type Value = Body;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("any value")
            }

            fn visit_none<E>(self) -> Result<Body, E> {
                Ok(Body)
            }

            fn visit_some<D: Deserializer<'de>>(self, _untouched: D) -> Result<Body, D::Error> {
                Ok(Body)
            }
        }

        deserializer.deserialize_option(Untouched)
    }
}

impl JsonSchema for Body {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Anything".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> schemars::Schema {
        json_schema!({"type": ["string", "number", "boolean", "array", "object", "null"], "x-expected": "any value"})
    }
}

struct WebhookTask {
    keys: Webhook,
    method: Method,
    body: Option<Node>,
    scope: Scope,
}

impl Parameters for Webhook {
    const DESCRIPTOR: Descriptor = Descriptor {
        name: "webhook",
        version: 1,
        summary: "Sends a request to another system, such as a chat or an alarm.",
        colour: "#b23b32",
        table: MakesTable::Never,
        effect: true,
        ..Descriptor::TABLE
    };

    fn into_task(self, source: &TaskSource<'_>) -> Result<Arc<dyn Task>, Vec<Diagnostic>> {
        let mut mistakes = Vec::new();
        let body = source.spec.keys.get("json").filter(|(_, node)| node.value != NodeValue::Null);
        let method = match &self.method {
            None => Method::POST,
            Some(name) => Method::from_bytes(name.value.to_ascii_uppercase().as_bytes()).unwrap_or_else(|_| {
                mistakes.push(
                    Diagnostic::error(format!("`{}` is no method", name.value))
                        .at(name.span, "of a request")
                        .help("there is POST, PUT, PATCH, GET, DELETE"),
                );
                Method::POST
            }),
        };
        if let (Some((key, _)), true) = (body, matches!(method, Method::GET | Method::HEAD)) {
            mistakes.push(
                Diagnostic::error(format!("a {method} request carries nothing"))
                    .at(key.span, "this could not be sent")
                    .help("take `json` away, or use POST"),
            );
        }
        let is_late = self.url.text.trim_start().starts_with("${{");
        if !is_late && !["http://", "https://"].iter().any(|scheme| self.url.text.starts_with(scheme)) {
            mistakes.push(
                Diagnostic::error(format!("`{}` is no URL of a webhook", self.url.text))
                    .at(self.url.span, "a request is sent here")
                    .help("begin it with `https://` or `http://`"),
            );
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let body = body.map(|(_, node)| node.clone());
        Ok(Arc::new(WebhookTask { keys: self, method, body, scope: source.scope().clone() }))
    }
}

impl WebhookTask {
    /// All its texts.
    fn texts(&self) -> Vec<Template> {
        let mut texts = vec![self.keys.url.clone()];
        texts.extend(self.keys.headers.iter().map(|(_, text)| text.clone()));
        if let Some(body) = &self.body {
            collect(body, &mut texts);
        }
        texts
    }

    fn names_known(&self, cx: &RunContext<'_>) -> Result<Map<String, Value>, TaskFailure> {
        let mut names = runtime_names(cx);
        let tables = input_tables(cx, &self.keys.inputs)?;
        names.insert("inputs".to_owned(), serde_json::to_value(tables).unwrap_or_default());
        Ok(names)
    }

    fn request(&self, cx: &RunContext<'_>) -> Result<Request<Vec<u8>>, TaskFailure> {
        let names = self.names_known(cx)?;
        let failed = |mistakes: Vec<Diagnostic>| failure_of(&mistakes, cx.sources);
        let text = |template: &Template| template.render(&self.scope, &names, cx.sources).map_err(failed);
        let mut request = Request::builder().method(self.method.clone()).uri(text(&self.keys.url)?.trim());
        let named = |name: &str| self.keys.headers.iter().any(|(known, _)| known.value.eq_ignore_ascii_case(name));
        if self.body.is_some() && !named("content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in &self.keys.headers {
            request = request.header(name.value.as_str(), text(value)?);
        }
        let body = match &self.body {
            Some(node) => fill(node, &|template| template.eval(&self.scope, &names, cx.sources)).map_err(failed)?,
            None => return request.body(Vec::new()).map_err(|error| unsendable(&error)),
        };
        request.body(body.to_string().into_bytes()).map_err(|error| unsendable(&error))
    }
}

fn unsendable(error: &ureq::http::Error) -> TaskFailure {
    let message = format!("the request cannot be sent: {error}");
    TaskFailure { message, permanent: true, ..TaskFailure::default() }
}

fn collect(node: &Node, texts: &mut Vec<Template>) {
    match &node.value {
        NodeValue::String(text) => texts.push(Template { text: text.clone(), span: node.span }),
        NodeValue::List(items) => items.iter().for_each(|item| collect(item, texts)),
        NodeValue::Map(entries) => entries.iter().for_each(|(_, item)| collect(item, texts)),
        _ => {}
    }
}

/// The value of a tree with its texts filled.
fn fill(node: &Node, eval: &dyn Fn(&Template) -> Result<Value, Vec<Diagnostic>>) -> Result<Value, Vec<Diagnostic>> {
    match &node.value {
        NodeValue::String(text) if text.contains("${{") => eval(&Template { text: text.clone(), span: node.span }),
        NodeValue::List(items) => items.iter().map(|item| fill(item, eval)).collect(),
        NodeValue::Map(entries) => {
            let entries = entries.iter().map(|(key, item)| Ok((key.name.clone(), fill(item, eval)?)));
            entries.collect::<Result<Map<String, Value>, _>>().map(Value::Object)
        }
        _ => Ok(node.to_json()),
    }
}

impl Task for WebhookTask {
    fn io(&self) -> Io {
        Io { reads: input_edges(&self.keys.inputs), facts: true, ..Io::default() }
    }

    fn parameters(&self) -> Value {
        let mut headers: Vec<(String, Value)> =
            self.keys.headers.iter().map(|(name, text)| (name.value.clone(), text.text.as_str().into())).collect();
        headers.sort_by(|a, b| a.0.cmp(&b.0));
        serde_json::json!({
            "url": self.keys.url,
            "method": self.method.as_str(),
            "headers": Value::Object(headers.into_iter().collect()),
            "json": self.body.as_ref().map(Node::to_json),
            "inputs": self.keys.inputs,
        })
    }

    fn names(&self, _project: &Path, sources: &SourceMap) -> Vec<Vec<String>> {
        self.texts().iter().flat_map(|text| text.uses(sources)).map(|used| used.parts).collect()
    }

    fn describe(&self) -> String {
        let url = self.keys.url.text.trim();
        // Behind the host there is often a key.
        let host = url.split_once("://").map_or(url, |(_, rest)| rest.split(['/', '?']).next().unwrap_or(rest));
        format!("{} {host}", self.method)
    }

    fn check(&self, cx: &CheckContext<'_>) -> Result<Option<Schema>, Vec<Diagnostic>> {
        let known = RuntimeNames {
            tasks: cx.before.iter().map(String::as_str).collect(),
            inputs: self.keys.inputs.iter().map(|(name, _)| name.value.as_str()).collect(),
            outputs: Vec::new(),
            secrets: cx.secrets.iter().map(String::as_str).collect(),
        };
        let mistakes: Vec<Diagnostic> =
            self.texts().iter().flat_map(|text| text.check(&self.scope, &known, cx.sources)).collect();
        if mistakes.is_empty() { Ok(None) } else { Err(mistakes) }
    }

    fn run(&self, cx: &RunContext<'_>) -> Result<TaskResult, TaskFailure> {
        for text in self.texts() {
            super::texts::secrets_are_set(cx, &text)?;
        }
        let request = self.request(cx)?;
        let host = request.uri().host().unwrap_or("nobody").to_owned();
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .user_agent(concat!("tidemill/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        (cx.begin_effect)()?;
        let mut answer = agent.run(request).map_err(|error| not_reached(&host, &error))?;
        let status = answer.status();
        let text = answer.body_mut().with_config().limit(SHOWN).lossy_utf8(true).read_to_string().unwrap_or_default();
        (cx.log)(LogLevel::Info, &format!("{host} answered {status}"));
        text.lines().for_each(|line| (cx.log)(LogLevel::Info, line));
        if status.is_success() {
            return Ok(TaskResult { note: Some(format!("{host} answered {status}")), ..TaskResult::default() });
        }
        Err(TaskFailure {
            message: format!("{host} answered {status}"),
            tail: text.lines().take(10).map(str::to_owned).collect(),
            // Too slow and too many may pass; what is wrong with the request itself does not.
            permanent: !status.is_server_error() && !matches!(status.as_u16(), 408 | 425 | 429),
            ..TaskFailure::default()
        })
    }
}

/// There is no answer. Where the request may have arrived, nobody knows what came of it, and it is not sent again.
fn not_reached(host: &str, error: &ureq::Error) -> TaskFailure {
    use ureq::{Error, Timeout};

    let permanent = matches!(error, Error::BadUri(_) | Error::Http(_));
    let before = permanent
        || matches!(error, Error::HostNotFound | Error::ConnectionFailed | Error::Tls(_) | Error::Rustls(_))
        || matches!(error, Error::Timeout(Timeout::Resolve | Timeout::Connect))
        || matches!(error, Error::Io(io) if io.kind() == std::io::ErrorKind::ConnectionRefused);
    if before {
        return TaskFailure { message: format!("cannot reach {host}: {error}"), permanent, ..TaskFailure::default() };
    }
    TaskFailure {
        message: format!("it is not known whether {host} took the request: {error}"),
        help: vec!["look there; if it did not, `tidemill retry --effects` sends it again".to_owned()],
        permanent: true,
        uncertain: true,
        ..TaskFailure::default()
    }
}

#[cfg(test)]
mod tests {
    use tidemill_core::diagnostic::Span;

    use super::*;

    #[test]
    fn a_tree_keeps_its_shape_and_its_types() {
        let node = |value| Node { value, span: Span::default() };
        let key = |name: &str| tidemill_core::spec::Key { name: name.to_owned(), span: Span::default() };
        let tree = node(NodeValue::Map(vec![
            (key("n"), node(NodeValue::Int(3))),
            (key("rows"), node(NodeValue::List(vec![node(NodeValue::String("${{ inputs.t }}".into()))]))),
            (key("text"), node(NodeValue::String("plain".into()))),
        ]));
        let filled = fill(&tree, &|_| Ok(serde_json::json!([1, 2])));
        assert_eq!(filled, Ok(serde_json::json!({"n": 3, "rows": [[1, 2]], "text": "plain"})));
    }
}
