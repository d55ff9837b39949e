//! How the same pipeline is called again, from wherever somebody reads of it.

use tidemill_core::spec::Spec;

/// `tidemill -C FOLDER …` with the file and the profile that this process was called with, up to the command.
pub fn again(spec: &Spec) -> String {
    let mut words = vec!["tidemill".to_owned(), "-C".to_owned(), quoted(&spec.project.to_string_lossy())];
    if let Some(file) = spec.files.first() {
        let file = file.strip_prefix(&spec.project).unwrap_or(file).to_string_lossy();
        if file != "pipeline.yaml" {
            words.extend(["-f".to_owned(), quoted(&file)]);
        }
    }
    if let Some(profile) = profile(std::env::args()) {
        words.extend(["--profile".to_owned(), quoted(&profile)]);
    }
    words.join(" ")
}

/// The params that are not as the file declares them, as flags with a blank before each.
pub fn params(spec: &Spec) -> String {
    let given = spec.params.iter().filter(|(_, param)| param.default.as_ref() != Some(&param.value));
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    given.map(|(name, param)| format!(" -p {}", quoted(&format!("{name}={}", text(&param.value))))).collect()
}

fn profile(mut words: impl Iterator<Item = String>) -> Option<String> {
    while let Some(word) = words.next() {
        match word.strip_prefix("--profile") {
            Some("") => return words.next(),
            Some(rest) if rest.starts_with('=') => return Some(rest[1..].to_owned()),
            _ => {}
        }
    }
    None
}

/// The text as one word of a shell.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./@=+:,%".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_split_them() {
        assert_eq!(quoted("/srv/retail"), "/srv/retail");
        assert_eq!(quoted("it's here"), "'it'\\''s here'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn the_profile_is_found_in_both_forms() {
        let of = |line: &str| profile(line.split(' ').map(str::to_owned));
        assert_eq!(of("tidemill --profile prod run"), Some("prod".to_owned()));
        assert_eq!(of("tidemill run --profile=prod"), Some("prod".to_owned()));
        assert_eq!(of("tidemill run"), None);
    }
}
