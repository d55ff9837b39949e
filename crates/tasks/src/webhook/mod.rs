//! `webhook`: a request to another system.

mod authority;
mod exchange;

use std::path::Path;
use std::sync::Arc;

use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tidemill_core::diagnostic::{Diagnostic, SourceMap, failure_of};
use tidemill_core::spec::{At, Node, NodeValue, OrderedMap, RuntimeNames, Scope, Template, open_password};
use tidemill_core::table::Schema;
use tidemill_core::task::{
    CheckContext, Descriptor, Io, MakesTable, RunContext, Task, TaskFailure, TaskResult, TaskSource,
};
use ureq::http::{HeaderName, HeaderValue, Method, Request};

use self::authority::Authority;
pub(crate) use self::exchange::{Hooks, exchange};
use super::parameters::Parameters;
use super::texts::{columns_of, input_edges, input_tables, runtime_names};

/// Headers whose value is as good as a password.
const SECRET_HEADERS: [&str; 3] = ["authorization", "proxy-authorization", "x-api-key"];

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
        mistakes.extend(self.headers.iter().filter_map(|(name, value)| header_mistake(name, value)));
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
            let value = HeaderValue::from_str(&text(value)?).map_err(|_| unsendable(&header_of_lines(&name.value)))?;
            request = request.header(name.value.as_str(), value);
        }
        let body = match &self.body {
            Some(node) => fill(node, &|template| template.eval(&self.scope, &names, cx.sources)).map_err(failed)?,
            None => return request.body(Vec::new()).map_err(|error| unsendable(&error)),
        };
        request.body(body.to_string().into_bytes()).map_err(|error| unsendable(&error))
    }
}

/// What is wrong with a header, as far as it is known before a run.
fn header_mistake(name: &At<String>, value: &Template) -> Option<Diagnostic> {
    if HeaderName::from_bytes(name.value.as_bytes()).is_err() {
        let message = format!("`{}` is no name of a header", name.value);
        return Some(
            Diagnostic::error(message)
                .at(name.span, "")
                .help("a name has letters, digits and `-`, such as `x-api-key`"),
        );
    }
    let is_known = !value.text.contains("${{");
    (is_known && HeaderValue::from_str(&value.text).is_err()).then(|| {
        Diagnostic::error(header_of_lines(&name.value)).at(value.span, "on one line, without control characters")
    })
}

/// That the value of a header would be more than its own.
pub(crate) fn header_of_lines(name: &str) -> String {
    format!("the value of the header `{name}` has a line end or another control character")
}

/// That a request cannot be sent, and why.
pub(crate) fn unsendable(error: &impl std::fmt::Display) -> TaskFailure {
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
        // Behind the host there is often a key, in front of it a password.
        format!("{} {}", self.method, Authority::of(self.keys.url.text.trim()).host)
    }

    fn check(&self, cx: &CheckContext<'_>) -> Result<Option<Schema>, Vec<Diagnostic>> {
        let known = RuntimeNames {
            tasks: cx.before.iter().map(String::as_str).collect(),
            inputs: self.keys.inputs.iter().map(|(name, _)| name.value.as_str()).collect(),
            outputs: Vec::new(),
            secrets: cx.secrets.iter().map(String::as_str).collect(),
            columns: columns_of(cx, &self.keys.inputs),
        };
        let mistakes: Vec<Diagnostic> =
            self.texts().iter().flat_map(|text| text.check(&self.scope, &known, cx.sources)).collect();
        if mistakes.is_empty() { Ok(None) } else { Err(mistakes) }
    }

    fn warnings(&self, cx: &CheckContext<'_>) -> Vec<Diagnostic> {
        let is_open = |text: &str| !text.contains("${{");
        let url = Some(&self.keys.url).filter(|url| Authority::of(&url.text).password.is_some_and(is_open));
        let headers = self.keys.headers.iter().filter(|(name, text)| {
            SECRET_HEADERS.iter().any(|secret| name.value.eq_ignore_ascii_case(secret)) && is_open(&text.text)
        });
        let headers = headers.map(|(_, text)| open_password(cx.sources, text, "TOKEN"));
        url.map(|url| open_password(cx.sources, url, "WEBHOOK_URL")).into_iter().chain(headers).collect()
    }

    fn run(&self, cx: &RunContext<'_>) -> Result<TaskResult, TaskFailure> {
        for text in self.texts() {
            super::texts::secrets_are_set(cx, &text)?;
        }
        let hooks = Hooks { deadline: cx.deadline, begin: cx.begin_effect, log: cx.log };
        exchange(&hooks, self.request(cx)?)
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
