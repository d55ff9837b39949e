//! What a command finds in its environment, and nothing else.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::LazyLock;

use serde_json::{Map, Value};
use tidemill_core::diagnostic::failure_of;
use tidemill_core::spec::{Scope, Template};
use tidemill_core::task::{RunContext, TaskFailure};

use crate::texts::secrets_are_set;

/// What is inherited, beside `LC_…` and what `pass_env` names.
const INHERITED: [&str; 19] = [
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "TZ",
    "TMPDIR",
    "VIRTUAL_ENV",
    "http_proxy",
    "https_proxy",
    "ftp_proxy",
    "all_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "FTP_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// The variables of this process that are text. They are read once: nothing here ever sets one.
static OWN: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let text = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
    std::env::vars_os().filter_map(text).collect()
});

/// The variables of this process that commands inherit.
pub fn inherited(pass: &[String]) -> BTreeMap<String, String> {
    let is_wanted =
        |name: &str| INHERITED.contains(&name) || name.starts_with("LC_") || pass.iter().any(|passed| passed == name);
    OWN.iter().filter(|(name, _)| is_wanted(name)).cloned().collect()
}

/// `TIDEMILL_INPUT_raw_orders` for `raw-orders`: what shells take as a name.
pub fn variable(prefix: &str, name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("TIDEMILL_{prefix}_{name}")
}

/// A value as the text of a variable: lists one item a line, maps as JSON.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) if !items.iter().any(|item| item.is_array() || item.is_object()) => {
            items.iter().map(text_of).collect::<Vec<_>>().join("\n")
        }
        other => other.to_string(),
    }
}

/// Texts of a command while it runs.
pub struct CommandTemplates<'a> {
    /// What is known of the attempt.
    pub cx: &'a RunContext<'a>,
    /// What was known before.
    pub scope: &'a Scope,
    /// What is known now.
    pub names: Map<String, Value>,
}

impl CommandTemplates<'_> {
    /// The text with its values.
    ///
    /// # Errors
    /// If a value is not known.
    pub fn render(&self, text: &Template) -> Result<String, TaskFailure> {
        secrets_are_set(self.cx, text)?;
        let rendered = text.render(self.scope, &self.names, self.cx.sources);
        without_nul(rendered.map_err(|mistakes| failure_of(&mistakes, self.cx.sources))?)
    }

    /// The arguments that an item of a list stands for: one, or as many as its list has.
    ///
    /// # Errors
    /// If a value is not known or no argument.
    pub fn arguments(&self, text: &Template) -> Result<Vec<String>, TaskFailure> {
        let holes = text.holes();
        match &holes[..] {
            [hole] if hole.whole.len() == text.text.trim().len() => self.values(text, hole).map(|(_, values)| values),
            _ => Ok(vec![self.render(text)?]),
        }
    }

    /// The values of one `${{ }}`, and whether it is a list.
    ///
    /// # Errors
    /// If a value is not known or no argument.
    pub fn values(
        &self,
        text: &Template,
        hole: &tidemill_core::spec::Hole,
    ) -> Result<(bool, Vec<String>), TaskFailure> {
        secrets_are_set(self.cx, text)?;
        let value = text
            .eval_hole(hole, self.scope, &self.names, self.cx.sources)
            .map_err(|mistakes| failure_of(&mistakes, self.cx.sources))?;
        let (is_list, items) = match value {
            Value::Array(items) => (true, items),
            one => (false, vec![one]),
        };
        if items.iter().any(|item| item.is_array() || item.is_object()) {
            let expression = &text.text[hole.expression.clone()];
            return Err(TaskFailure {
                message: format!("`{expression}` is no argument: it holds a map, or a list in a list"),
                help: vec!["pick a value out of it, or write it as JSON: `${{ … | tojson }}`".to_owned()],
                permanent: true,
                ..TaskFailure::default()
            });
        }
        let arguments: Result<Vec<String>, TaskFailure> = items.iter().map(|item| without_nul(text_of(item))).collect();
        Ok((is_list, arguments?))
    }
}

/// The system ends texts at a zero byte.
fn without_nul(text: String) -> Result<String, TaskFailure> {
    if text.contains('\0') {
        let message = "a value for the command holds a zero byte, which no argument can".to_owned();
        return Err(TaskFailure { message, permanent: true, ..TaskFailure::default() });
    }
    Ok(text)
}
