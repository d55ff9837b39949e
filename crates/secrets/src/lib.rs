//! The pipeline's secrets, and what keeps them inside this process.

mod dotenv;
#[cfg(test)]
mod fuzz;
mod masker;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::env::VarError;
use std::io::ErrorKind;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;
use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::plan::resolve;
use tidemill_core::regular_file;
use tidemill_core::spec::{At, Spec};
use tidemill_core::table::Location;

pub use masker::{MASK, MaskedStream, Masker};

/// What is masked in all that this process tells: wherever text leaves it, it may be by way of a message that nobody thought of.
static MASKER: RwLock<Option<Arc<Masker>>> = RwLock::new(None);

/// The declared secrets that are set, by name: in the environment, else in the pipeline's dotenv file.
pub fn of(spec: &Spec) -> BTreeMap<String, String> {
    read(spec).0
}

/// From now on masks the secrets of this pipeline; tells what is wrong with them, and never what they are.
pub fn keep(spec: &Spec) -> Vec<Diagnostic> {
    let (secrets, mut mistakes) = read(spec);
    for name in &spec.secrets {
        let Some(value) = secrets.get(&name.value).filter(|value| masker::shows(value)) else { continue };
        let what = if masker::is_short(value) { "" } else { "the password in " };
        let message =
            format!("{what}`{}` has fewer than {} characters and is not masked", name.value, masker::SHORTEST);
        let help = "a longer one is masked wherever it shows; so short a text stands in too much that is no secret";
        mistakes.push(Diagnostic::warning(message).at(name.span, "this secret").help(help));
    }
    let masker = (!secrets.is_empty()).then(|| Arc::new(Masker::new(secrets.values().map(String::as_str))));
    *MASKER.write().unwrap_or_else(PoisonError::into_inner) = masker;
    mistakes
}

fn read(spec: &Spec) -> (BTreeMap<String, String>, Vec<Diagnostic>) {
    let (file, mut mistakes) = spec.dotenv.as_ref().map(|path| read_dotenv(spec, path)).unwrap_or_default();
    let mut secrets = BTreeMap::new();
    for name in &spec.secrets {
        let value = match std::env::var(&name.value) {
            Ok(value) => Some(value),
            Err(VarError::NotPresent) => file.get(&name.value).cloned(),
            Err(VarError::NotUnicode(_)) => {
                let message = format!("the variable {} of the environment is not UTF-8", name.value);
                mistakes.push(Diagnostic::error(message).at(name.span, "it is a secret").passing());
                None
            }
        };
        secrets.extend(value.filter(|value| !value.is_empty()).map(|value| (name.value.clone(), value)));
    }
    (secrets, mistakes)
}

/// The values of the dotenv file, which may be missing, and its mistakes. No line of it is quoted: it may hold a secret.
fn read_dotenv(spec: &Spec, path: &At<Location>) -> (BTreeMap<String, String>, Vec<Diagnostic>) {
    let mistake = |place: String, message: &str| Diagnostic::error(format!("{place}: {message}")).passing();
    let bytes = match regular_file::read(&resolve(&spec.project, &path.value), dotenv::LARGEST) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Default::default(),
        Err(error) => {
            let told = mistake(path.value.to_string(), &error.to_string()).at(path.span, "secrets are read from here");
            return (BTreeMap::new(), vec![told]);
        }
    };
    let found = dotenv::parse(&bytes);
    let told = |wrong: &dotenv::Mistake| {
        mistake(format!("{}:{}", path.value, wrong.line), &wrong.message)
            .at(path.span, "secrets are read from here")
            .help(wrong.help)
    };
    (found.values, found.mistakes.iter().map(told).collect())
}

/// The text as it may leave the process.
pub fn masked<'a>(text: impl Into<Cow<'a, str>>) -> String {
    let text = text.into();
    let masker = MASKER.read().unwrap_or_else(PoisonError::into_inner).clone();
    match masker {
        Some(masker) => masker.text(&text).into_owned(),
        None => text.into_owned(),
    }
}

/// The same value with all its texts masked.
pub fn masked_value(value: &Value) -> Value {
    match value {
        Value::String(text) => masked(text).into(),
        Value::Array(items) => items.iter().map(masked_value).collect(),
        Value::Object(map) => map.iter().map(|(name, item)| (name.clone(), masked_value(item))).collect(),
        // A number may be a secret, such as a PIN.
        Value::Number(number) => match masked(number.to_string()) {
            text if text == number.to_string() => value.clone(),
            text => text.into(),
        },
        Value::Bool(_) | Value::Null => value.clone(),
    }
}
