//! `openlineage`: where lineage of runs goes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::diagnostic::{Diagnostic, SourceMap};
use crate::table::Location;

use super::connection::unset_secrets;
use super::telemetry::{Texts, no_url, open_headers, pairs};
use super::{At, Key, Node, NodeValue, OrderedMap, RuntimeNames, Scope, Template, open_password, read};

/// Where lineage goes: a URL, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code, reason = "only the schema is used")]
pub(crate) enum OpenLineageForms {
    /// The URL of a server such as Marquez.
    Url(String),
    /// All there is.
    Map(Box<OpenLineageKeys>),
}

/// Where lineage goes: a server or a file.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenLineageKeys {
    /// The server: `http://localhost:5000`. Default what the variable `OPENLINEAGE_URL` says.
    url: Option<Template>,
    /// Where at the server; default `api/v1/lineage`.
    endpoint: Option<Template>,
    /// What the server is shown; a secret.
    api_key: Option<Template>,
    /// Headers of each request.
    #[serde(default)]
    headers: OrderedMap<Template>,
    /// A file instead of a server: each event is added to it as a line of JSON.
    file: Option<At<Location>>,
    /// The namespace of jobs; default `default`.
    namespace: Option<Template>,
}

/// Where lineage goes, as the file has it. Its texts may name secrets, which are known only when it is used.
#[derive(Clone, Debug)]
pub struct OpenLineageSpec {
    url: Option<Template>,
    endpoint: Option<Template>,
    api_key: Option<Template>,
    headers: Vec<(String, Template)>,
    file: Option<At<Location>>,
    namespace: Option<Template>,
}

/// Where lineage goes, with the values of the secrets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OpenLineageConfig {
    /// The server's URL.
    pub url: Option<String>,
    /// Where at the server.
    pub endpoint: Option<String>,
    /// What the server is shown.
    pub api_key: Option<String>,
    /// Headers of each request.
    pub headers: Vec<(String, String)>,
    /// A file instead, from the project's folder.
    pub file: Option<Location>,
    /// The namespace of jobs.
    pub namespace: Option<String>,
}

impl OpenLineageSpec {
    /// Reads `openlineage`, a URL or a map.
    pub(crate) fn read(
        (key, node): &(Key, Node),
        scope: &Scope,
        sources: &SourceMap,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let keys = match &node.value {
            NodeValue::Map(_) => read::<OpenLineageKeys>(node, scope, sources),
            _ => read(node, scope, sources).map(|url| OpenLineageKeys { url: Some(url), ..OpenLineageKeys::default() }),
        };
        let keys = keys.map_err(|errors| found.extend(errors)).ok()?;
        if let (Some(url), Some(file)) = (&keys.url, &keys.file) {
            let both = Diagnostic::error("lineage goes to a `url` or into a `file`, not both");
            found.push(both.at(file.span, "the file").at(url.span, "the server"));
            return None;
        }
        if let Some(file) = keys.file.as_ref().filter(|file| file.value.scheme().is_some()) {
            let message = format!("`{}` is no file of this machine", file.value);
            found.push(Diagnostic::error(message).at(file.span, "").help("events are added to a file in the project"));
        }
        if let (Some(_), Some(foreign)) = (&keys.file, keys.api_key.as_ref().or(keys.endpoint.as_ref())) {
            let message = Diagnostic::error("this belongs to a `url`, and lineage goes into a `file`");
            found.push(message.at(foreign.span, "").at(key.span, ""));
        }
        Some(Self {
            url: keys.url,
            endpoint: keys.endpoint,
            api_key: keys.api_key,
            headers: pairs(&keys.headers),
            file: keys.file,
            namespace: keys.namespace,
        })
    }

    fn texts(&self) -> impl Iterator<Item = &Template> {
        let headers = self.headers.iter().map(|(_, text)| text);
        self.url.iter().chain(&self.endpoint).chain(&self.api_key).chain(&self.namespace).chain(headers)
    }

    /// What is wrong with its texts before any secret is known, and what is secret in them.
    pub(crate) fn check(&self, scope: &Scope, known: &RuntimeNames<'_>, sources: &SourceMap) -> Vec<Diagnostic> {
        let mut found: Vec<Diagnostic> = self.texts().flat_map(|text| text.check(scope, known, sources)).collect();
        found.extend(self.url.as_ref().and_then(|url| no_url(url, "lineage is sent here")));
        let open = self.api_key.iter().filter(|key| !key.text.contains("${{"));
        found.extend(open.map(|key| open_password(sources, key, "OPENLINEAGE_API_KEY")));
        found.extend(open_headers(&self.headers, "OPENLINEAGE_TOKEN", sources));
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
    ) -> Result<OpenLineageConfig, Vec<Diagnostic>> {
        unset_secrets(self.texts(), "`openlineage`", secrets, sources)?;
        let texts = Texts::new(scope, secrets, sources);
        let text = |text: &Option<Template>| text.as_ref().map(|text| texts.render(text)).transpose();
        Ok(OpenLineageConfig {
            url: text(&self.url)?,
            endpoint: text(&self.endpoint)?,
            api_key: text(&self.api_key)?,
            headers: texts.pairs(&self.headers)?,
            file: self.file.as_ref().map(|file| file.value.clone()),
            namespace: text(&self.namespace)?,
        })
    }
}
