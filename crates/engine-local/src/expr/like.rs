//! `like`.

use polars::prelude::{BooleanChunked, StringChunked};
use regex::{Regex, RegexBuilder};

use crate::error::{Outcome, value};

/// The pattern of `like` as a regular expression over the whole text.
pub(super) fn regex(pattern: &str, escape: Option<char>, ignore_case: bool) -> Outcome<Regex> {
    let mut text = String::from("^");
    let mut chars = pattern.chars();
    while let Some(char) = chars.next() {
        if Some(char) == escape {
            let taken = chars.next().ok_or_else(|| value(format!("the pattern {pattern:?} ends with its escape")))?;
            text.push_str(&regex::escape(taken.encode_utf8(&mut [0; 4])));
        } else {
            match char {
                '%' => text.push_str(".*"),
                '_' => text.push('.'),
                other => text.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
            }
        }
    }
    text.push('$');
    build(&text, ignore_case)
}

/// The regular expression; `.` takes line ends too, so that `%` means any text.
fn build(text: &str, ignore_case: bool) -> Outcome<Regex> {
    RegexBuilder::new(text)
        .dot_matches_new_line(true)
        .case_insensitive(ignore_case)
        .build()
        .map_err(|error| value(format!("the pattern cannot be used: {error}")))
}

/// Whether each text matches.
pub(super) fn matches(texts: &StringChunked, regex: &Regex) -> BooleanChunked {
    texts.iter().map(|text| text.map(|text| regex.is_match(text))).collect()
}
