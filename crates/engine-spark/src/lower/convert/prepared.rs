//! What is done to a text before it is read: strip, trim, case.

use tidemill_core::table::{Conversion, TextCase};

use super::super::cast::WHITE_SPACE_AROUND;
use super::super::literal::quoted;
use super::super::regex::any_of;

/// What goes on a word, and what does not: a word begins behind what is neither letter, digit nor apostrophe.
const WORDS: &str = r"[\p{IsAlphabetic}\p{N}'\x{2019}]+|[^\p{IsAlphabetic}\p{N}'\x{2019}]+";

pub(super) fn prepared(x: &str, conversion: &Conversion) -> String {
    let mut sql = x.to_owned();
    if let Some(characters) = conversion.strip.as_deref().filter(|characters| !characters.is_empty()) {
        sql = format!("regexp_replace({sql}, {}, '')", quoted(&any_of(characters.chars().map(|c| (c, c)))));
    }
    if conversion.trim {
        sql = format!("nullif(regexp_replace({sql}, {}, ''), '')", quoted(WHITE_SPACE_AROUND));
    }
    match conversion.case {
        None => sql,
        Some(TextCase::Lower) => format!("lower({sql})"),
        Some(TextCase::Upper) => format!("upper({sql})"),
        Some(TextCase::Title) => title(&sql),
    }
}

/// The first letter of each word large, the others small. A sigma is small by itself here, not as the last one of a word.
fn title(x: &str) -> String {
    let word = "concat(upper(substring(w, 1, 1)), lower(replace(substring(w, 2), 'Σ', 'σ')))";
    format!("array_join(transform(regexp_extract_all({x}, {}, 0), w -> {word}), '')", quoted(WORDS))
}
