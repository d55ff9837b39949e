//! What a pipeline can see of the environment: another terminal, shell or cron job has another one, which is no reason to look at
//! everything again.

use std::collections::BTreeSet;
use std::ffi::OsStr;

use serde::{Deserialize, Serialize};
use tidemill_core::diagnostic::SourceMap;
use tidemill_core::spec::At;

/// The variables that a pipeline's texts name, and a digest of what they were. Values are not kept, and of secrets, which enter
/// no fingerprint, only whether they are set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnvironmentDigest {
    /// None: a text speaks of `env` as a whole, so that any variable may matter.
    variables: Option<BTreeSet<String>>,
    secrets: BTreeSet<String>,
    values: String,
}

impl EnvironmentDigest {
    /// What this pipeline sees now; `names` are those that its tasks' texts use, as paths.
    pub fn of(sources: &SourceMap, secrets: &[At<String>], names: impl IntoIterator<Item = Vec<String>>) -> Self {
        let mut variables = Some(BTreeSet::new());
        sources.texts().for_each(|text| speak_of(text, &mut variables));
        for path in names.into_iter().filter(|path| path.first().is_some_and(|root| root == "env")) {
            match (path.into_iter().nth(1), &mut variables) {
                (Some(name), Some(known)) => _ = known.insert(name),
                _ => variables = None,
            }
        }
        let secrets = secrets.iter().map(|name| name.value.clone()).collect();
        let mut seen = Self { variables, secrets, values: String::new() };
        seen.values = seen.look();
        seen
    }

    /// Whether all of it is as it was.
    pub fn are_the_same(&self) -> bool {
        self.look() == self.values
    }

    fn look(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut add = |name: &OsStr, value: Option<&OsStr>| {
            let name = name.as_encoded_bytes();
            hasher.update(&(name.len() as u64).to_le_bytes()).update(name);
            // One more than the length, so that an empty value is not one that is missing.
            let value = value.map(OsStr::as_encoded_bytes);
            hasher
                .update(&value.map_or(0, |value| value.len() as u64 + 1).to_le_bytes())
                .update(value.unwrap_or_default());
        };
        match &self.variables {
            Some(names) => {
                names.iter().for_each(|name| add(OsStr::new(name), std::env::var_os(name).as_deref()));
            }
            None => {
                let mut all: Vec<_> = std::env::vars_os().collect();
                all.retain(|(name, _)| name.to_str().is_none_or(|name| !self.secrets.contains(name)));
                all.sort();
                all.iter().for_each(|(name, value)| add(name, Some(value)));
            }
        }
        for name in &self.secrets {
            let is_set = std::env::var_os(name).is_some_and(|value| !value.is_empty());
            add(OsStr::new(name), is_set.then(|| OsStr::new("set")));
        }
        hasher.finalize().to_string()
    }
}

/// Adds the variables that a text names as `env.NAME`; None if it speaks of `env` in any other way than that and the key `env:`.
fn speak_of(text: &str, variables: &mut Option<BTreeSet<String>>) {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    for (at, _) in text.match_indices("env") {
        let rest = &text[at + "env".len()..];
        // `raw.env`, `pass_env` and `environment` are other words.
        if text[..at].ends_with(|c| is_letter(c) || c == '.') || rest.starts_with(is_letter) {
            continue;
        }
        let name = rest.strip_prefix('.').map(|rest| &rest[..rest.find(|c| !is_letter(c)).unwrap_or(rest.len())]);
        // A method's arguments may name any of them.
        let name = name.map(|name| if rest[1 + name.len()..].trim_start().starts_with('(') { "" } else { name });
        match (name, &mut *variables) {
            (Some(name), Some(known)) if !name.is_empty() => _ = known.insert(name.to_owned()),
            // The folder of a virtual environment, a dotenv file (`.env`) and the key are no value either.
            (None, _) if rest.starts_with([':', '/']) => {}
            _ => {
                *variables = None;
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Option<Vec<String>> {
        let mut variables = Some(BTreeSet::new());
        speak_of(text, &mut variables);
        variables.map(|names| names.into_iter().collect())
    }

    #[test]
    fn variables_are_named_after_a_point() {
        let named = |text: &str| seen(text).map(|names| names.join(" "));
        assert_eq!(named("env: {HOME: 1}\npass_env: [A]\ndotenv: .env\n").as_deref(), Some(""));
        assert_eq!(named("a: ${{ env.HOME }}/${{env.A_1|default('x')}} ${{ env.HOME }}").as_deref(), Some("A_1 HOME"));
        assert_eq!(named("path: venv/x env/x environment tasks.env.A").as_deref(), Some(""));
    }

    #[test]
    fn any_other_way_may_mean_any_variable() {
        for text in [
            "${{ env }}",
            "${{ env['A'] }}",
            "${{ env[params.x] }}",
            "${{ env .A }}",
            "env. A",
            "for x in env",
            "env|items",
        ] {
            assert_eq!(seen(text), None, "{text}");
        }
        // A path may end in it: in doubt, everything counts.
        assert_eq!(seen("a env"), None);
    }

    #[test]
    fn secrets_count_by_being_set() {
        let of = |secret: &str| EnvironmentDigest {
            variables: Some(BTreeSet::new()),
            secrets: BTreeSet::from([secret.to_owned()]),
            values: String::new(),
        };
        let (set, unset) = (of("PATH").look(), of("TIDEMILL_IS_NOT_SET").look());
        assert_ne!(set, unset);
        assert!(EnvironmentDigest { values: set, ..of("PATH") }.are_the_same());
        assert!(!EnvironmentDigest { values: unset, ..of("PATH") }.are_the_same());
    }
}
