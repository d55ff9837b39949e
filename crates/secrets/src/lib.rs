//! The pipeline's secrets, and what keeps them inside this process.

mod masker;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;
use tidemill_core::plan::resolve;
use tidemill_core::spec::Spec;

pub use masker::{MASK, MaskedStream, Masker};

/// What is masked in all that this process tells: wherever text leaves it, it may be by way of a message that nobody thought of.
static MASKER: RwLock<Option<Arc<Masker>>> = RwLock::new(None);

/// The declared secrets that are set, by name: in the environment, else in the pipeline's dotenv file.
pub fn of(spec: &Spec) -> BTreeMap<String, String> {
    let file: BTreeMap<String, String> = spec
        .dotenv
        .as_ref()
        .and_then(|path| dotenvy::from_path_iter(resolve(&spec.project, &path.value)).ok())
        .into_iter()
        .flatten()
        .flatten()
        .collect();
    spec.secrets
        .iter()
        .filter_map(|name| {
            let value = std::env::var(&name.value).ok().or_else(|| file.get(&name.value).cloned())?;
            Some((name.value.clone(), value)).filter(|(_, value)| !value.is_empty())
        })
        .collect()
}

/// From now on masks the secrets of this pipeline.
pub fn keep(spec: &Spec) {
    let secrets = of(spec);
    let masker = (!secrets.is_empty()).then(|| Arc::new(Masker::new(secrets.values().map(String::as_str))));
    *MASKER.write().unwrap_or_else(PoisonError::into_inner) = masker;
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
