//! `${{ }}` in SQL: one typed literal each, never text.

use std::ops::Range;

use crate::diagnostic::Diagnostic;
use crate::table::Value;

use super::Scope;
use super::holes::{Hole, cut};
use super::interpolate::{Text, closed, evaluate, kind};
use super::sql_text::SqlHole;

/// The text with a placeholder of equal length for each hole, and what the placeholders stand for.
///
/// # Errors
/// One for each hole that cannot be filled or stands inside quotes.
pub(crate) fn fill_sql(text: Text<'_>, scope: &Scope) -> Result<(String, Vec<SqlHole>), Vec<Diagnostic>> {
    if !text.text.contains("${{") {
        return Ok(with_now(text.text.to_owned(), Vec::new(), scope));
    }
    let cut = cut(text.text);
    closed(&cut, text)?;
    let quoted = quoted(text.text, &cut.holes);
    let (mut out, mut holes, mut errors, mut from) = (String::new(), Vec::new(), Vec::new(), 0);
    for hole in &cut.holes {
        out.push_str(&text.text[from..hole.whole.start]);
        from = hole.whole.end;
        let place = text.place(hole.whole.clone());
        if quoted.iter().any(|range| range.contains(&hole.whole.start)) {
            errors.push(
                Diagnostic::error("`${{ }}` stands inside SQL quotes")
                    .at(place, "")
                    .help("leave the quotes out: the value becomes a literal by itself"),
            );
            continue;
        }
        match evaluate(text, hole.expression.clone(), scope, None) {
            Ok(value) => match sql_hole(&value) {
                Some(value) => holes.push(value),
                None => {
                    errors.push(Diagnostic::error(format!("{} cannot be a literal in SQL", kind(&value))).at(place, ""))
                }
            },
            Err(more) => errors.extend(more),
        }
        let placeholder = format!("${}", holes.len());
        out.push_str(&placeholder);
        out.extend(std::iter::repeat_n(' ', hole.whole.len().saturating_sub(placeholder.len())));
    }
    out.push_str(&text.text[from..]);
    if errors.is_empty() { Ok(with_now(out, holes, scope)) } else { Err(errors) }
}

/// The same with a hole more, for which each `now()` outside of quotes stands, where the time of the run is known.
fn with_now(mut sql: String, mut holes: Vec<SqlHole>, scope: &Scope) -> (String, Vec<SqlHole>) {
    let Ok(serde_json::Value::String(time)) = scope.find(["run", "logical_time"]) else {
        return (sql, holes);
    };
    let calls = calls_of_now(&sql);
    if !calls.is_empty() {
        holes.push(SqlHole::Now { logical_time: time.clone() });
    }
    for call in calls {
        let placeholder = format!("${}", holes.len());
        let blanks = " ".repeat(call.len().saturating_sub(placeholder.len()));
        sql.replace_range(call, &(placeholder + &blanks));
    }
    (sql, holes)
}

/// Where `now()` is called.
fn calls_of_now(sql: &str) -> Vec<Range<usize>> {
    let letters = sql.to_ascii_lowercase();
    let mut quotes = None;
    let call = |start: usize| {
        let is_start =
            !letters[..start].ends_with(|before: char| before.is_alphanumeric() || matches!(before, '_' | '.'));
        let open = letters[start + "now".len()..].trim_start().strip_prefix('(').filter(|_| is_start)?;
        let behind = open.trim_start().strip_prefix(')')?;
        let quotes = quotes.get_or_insert_with(|| quoted(sql, &[]));
        (!quotes.iter().any(|range| range.contains(&start))).then(|| start..sql.len() - behind.len())
    };
    letters.match_indices("now").map(|(start, _)| start).filter_map(call).collect()
}

fn sql_hole(value: &serde_json::Value) -> Option<SqlHole> {
    match value {
        serde_json::Value::Array(items) => items.iter().map(literal).collect::<Option<_>>().map(SqlHole::Many),
        other => literal(other).map(SqlHole::One),
    }
}

fn literal(value: &serde_json::Value) -> Option<Value> {
    match value {
        serde_json::Value::Null => Some(Value::Null),
        serde_json::Value::Bool(value) => Some(Value::Bool(*value)),
        serde_json::Value::Number(number) => {
            number.as_i64().map(Value::Int).or_else(|| number.as_f64().map(Value::Float))
        }
        serde_json::Value::String(text) => Some(Value::String(text.clone())),
        _ => None,
    }
}

/// What stands inside SQL quotes; the quotes within holes are not SQL's.
fn quoted(sql: &str, holes: &[Hole]) -> Vec<Range<usize>> {
    let bytes = sql.as_bytes();
    let (mut ranges, mut open, mut at) = (Vec::new(), None, 0);
    while at < bytes.len() {
        if let Some(hole) = holes.iter().find(|hole| hole.whole.start == at) {
            at = hole.whole.end;
            continue;
        }
        match (open, bytes[at]) {
            (None, quote @ (b'\'' | b'"' | b'`')) => open = Some((quote, at)),
            (None, b'-') if bytes.get(at + 1) == Some(&b'-') => {
                at = sql[at..].find('\n').map_or(bytes.len(), |end| at + end);
                continue;
            }
            (Some((quote, start)), byte) if byte == quote => {
                ranges.push(start..at + 1);
                open = None;
            }
            _ => {}
        }
        at += 1;
    }
    if let Some((_, start)) = open {
        ranges.push(start..bytes.len());
    }
    ranges
}
