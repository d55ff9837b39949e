//! `connections`: what a pipeline reads from and writes to outside of this machine.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};

use crate::connection::ConnectionConfig;
use crate::diagnostic::{Diagnostic, SourceMap};
use crate::table::Location;

use super::{At, Key, Node, NodeValue, RuntimeNames, Scope, Template, open_password};

/// The keys of a connection that are no options of its kind.
const KEYS: [&str; 4] = ["url", "driver", "headers", "options"];
/// Schemes that no connection may take for its name, because they mean something by themselves.
const RESERVED: [&str; 13] =
    ["file", "sqlite", "postgres", "postgresql", "mysql", "mariadb", "s3", "gs", "az", "http", "https", "ftp", "adbc"];

/// A connection as the file has it. Its texts may name secrets, which are known only when it is used.
#[derive(Clone, Debug)]
pub struct ConnectionSpec {
    /// Its name, and where it stands.
    pub name: At<String>,
    /// `url`, or all that there is.
    url: Option<Template>,
    /// `driver`.
    driver: Option<Template>,
    /// `headers`.
    headers: Vec<(String, Template)>,
    /// `options` of the driver.
    driver_options: Vec<(String, Template)>,
    /// All other keys.
    options: Vec<(String, Template)>,
}

/// A connection: a URL, or a map.
pub(crate) struct ConnectionForms;

impl JsonSchema for ConnectionForms {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Connection".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let texts = json_schema!({"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}});
        json_schema!({
            "type": ["string", "object"],
            "x-expected": "a URL, or a map with `url` or `driver`",
            "description": "A connection: a URL, or a map with `url` or `driver` and what else it needs.",
            "properties": {
                "url": {"type": "string", "description": "postgres:// mysql:// sqlite: s3:// gs:// az:// http:// or https://"},
                "driver": {"type": "string", "description": "An ADBC driver: its name, path, or manifest."},
                "headers": texts,
                "options": texts,
            },
            "additionalProperties": {"type": ["string", "number", "boolean"]},
        })
    }
}

impl ConnectionSpec {
    /// The connections of a file, those of its profile instead of those of the same name.
    pub(crate) fn all(
        root: Option<&(Key, Node)>,
        profile: Option<&(Key, Node)>,
        found: &mut Vec<Diagnostic>,
    ) -> IndexMap<String, Self> {
        let entries = [root, profile].into_iter().flatten().flat_map(|(_, node)| node.entries());
        let mut all = IndexMap::new();
        for (key, node) in entries {
            found.extend(misnamed(key));
            all.insert(key.name.clone(), Self::of(key, node, found));
        }
        all
    }

    fn of(key: &Key, node: &Node, found: &mut Vec<Diagnostic>) -> Self {
        let name = At::new(key.name.clone(), key.span);
        let text = |name: &str| node.get(name).and_then(|(_, node)| template(node));
        let texts = |name: &str| node.get(name).map(|(_, node)| templates(node.entries())).unwrap_or_default();
        let (url, driver) = match &node.value {
            NodeValue::Map(_) => (text("url"), text("driver")),
            _ => (template(node), None),
        };
        if url.is_none() == driver.is_none() {
            let message = format!("connection `{}` has neither a `url` nor a `driver`", key.name);
            let both = format!("connection `{}` has both a `url` and a `driver`", key.name);
            let message = if url.is_none() { message } else { both };
            found.push(Diagnostic::error(message).at(key.span, "").help("a connection has one of the two"));
        }
        let mut options = templates(node.entries());
        options.retain(|(name, _)| !KEYS.contains(&name.as_str()));
        Self { name, url, driver, headers: texts("headers"), driver_options: texts("options"), options }
    }

    fn texts(&self) -> impl Iterator<Item = &Template> {
        let pairs = self.headers.iter().chain(&self.driver_options).chain(&self.options).map(|(_, text)| text);
        self.url.iter().chain(&self.driver).chain(pairs)
    }

    /// What is wrong with its texts before any secret is known.
    pub(crate) fn check(&self, scope: &Scope, known: &RuntimeNames<'_>, sources: &SourceMap) -> Vec<Diagnostic> {
        let mut found: Vec<Diagnostic> = self.texts().flat_map(|text| text.check(scope, known, sources)).collect();
        let has_password = |url: &&Template| has_password(&url.text);
        let secret = |(name, value): &&(String, Template)| {
            let name = name.to_ascii_lowercase();
            let names = ["password", "secret", "token", "authorization", "api-key", "account_key", "sas"];
            names.iter().any(|secret| name.contains(secret)) && !value.text.contains("${{")
        };
        let open = self.url.iter().filter(has_password);
        let pairs = self.headers.iter().chain(&self.driver_options).chain(&self.options);
        let name = format!("{}_URL", self.name.value.to_ascii_uppercase().replace('-', "_"));
        let texts = open.chain(pairs.filter(secret).map(|(_, text)| text));
        found.extend(texts.map(|text| open_password(sources, text, &name)));
        found
    }

    /// The SQLite file that it is a name for: `sqlite:data/shop.db`. What is in it is read as from any file.
    pub fn file(&self, scope: &Scope, sources: &SourceMap) -> Option<Location> {
        let url = self.url.as_ref()?.render(scope, &Map::new(), sources).ok()?;
        let path = url.strip_prefix("sqlite:")?;
        Some(Location::new(path.strip_prefix("//").unwrap_or(path)))
    }

    /// The connection with the values of the secrets.
    ///
    /// # Errors
    /// If a secret that it names is not set, or another `${{ }}` has no value.
    pub fn config(
        &self,
        scope: &Scope,
        secrets: &BTreeMap<String, String>,
        sources: &SourceMap,
    ) -> Result<ConnectionConfig, Vec<Diagnostic>> {
        unset_secrets(self.texts(), &format!("connection `{}`", self.name.value), secrets, sources)?;
        let values = secrets.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        let runtime: Map<String, Value> = [("secrets".to_owned(), Value::Object(values))].into_iter().collect();
        let render = |text: &Template| text.render(scope, &runtime, sources);
        let pairs = |pairs: &[(String, Template)]| {
            pairs.iter().map(|(name, text)| Ok((name.clone(), render(text)?))).collect::<Result<_, Vec<Diagnostic>>>()
        };
        Ok(ConnectionConfig {
            name: self.name.value.clone(),
            url: self.url.as_ref().map(render).transpose()?,
            options: pairs(&self.options)?,
            headers: pairs(&self.headers)?,
            driver: self.driver.as_ref().map(render).transpose()?,
            driver_options: pairs(&self.driver_options)?,
        })
    }
}

/// Fails if texts of something name secrets that are not set.
pub(super) fn unset_secrets<'t>(
    texts: impl Iterator<Item = &'t Template>,
    what: &str,
    secrets: &BTreeMap<String, String>,
    sources: &SourceMap,
) -> Result<(), Vec<Diagnostic>> {
    let unset = |text: &Template| {
        let used = text.uses(sources).into_iter().find(|used| match &used.parts[..] {
            [root, name, ..] => root == "secrets" && !secrets.contains_key(name),
            _ => false,
        })?;
        let name = used.parts.get(1)?.clone();
        let mistake = Diagnostic::error(format!("{what} needs the secret {name}, which is not set")).at(used.span, "");
        Some(mistake.help(format!("set {name} in the environment, or in the file that `dotenv` names")))
    };
    let unset: Vec<Diagnostic> = texts.filter_map(unset).collect();
    if unset.is_empty() { Ok(()) } else { Err(unset) }
}

/// That a name cannot be a connection's.
fn misnamed(key: &Key) -> Option<Diagnostic> {
    let name = key.name.as_str();
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    let (message, help) = if !is_name {
        (
            format!("`{name}` cannot be the name of a connection"),
            "it has letters, digits, `_` and `-`, and a letter first",
        )
    } else if RESERVED.contains(&name) {
        (format!("`{name}` cannot be the name of a connection: it is a kind of URL"), "take another name")
    } else {
        return None;
    };
    Some(Diagnostic::error(message).at(key.span, "").help(help))
}

fn template(node: &Node) -> Option<Template> {
    // What is no text has been found by validation.
    node.value.scalar_text().map(|text| Template { text, span: node.span })
}

fn templates(entries: &[(Key, Node)]) -> Vec<(String, Template)> {
    entries.iter().filter_map(|(key, node)| Some((key.name.clone(), template(node)?))).collect()
}

/// Whether a URL says a password in clear.
fn has_password(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let Some((user, _)) = authority.rsplit_once('@') else { return false };
    user.split_once(':').is_some_and(|(_, password)| !password.is_empty() && !password.contains("${{"))
}
