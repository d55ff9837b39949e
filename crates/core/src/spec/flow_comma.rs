//! Commas inside `{…}`: YAML ends a value there, also within the parentheses of an expression.

use crate::diagnostic::{Diagnostic, Severity, SourceMap};

/// The mistake, with help where it came of a comma within a value that stands in `{…}` without quotes: in parentheses, or before
/// several words that look like a key without a value.
pub(super) fn explained(diagnostic: Diagnostic, sources: &SourceMap) -> Diagnostic {
    let place = diagnostic.labels.first().map(|label| label.span);
    let found = place.filter(|_| diagnostic.severity == Severity::Error).and_then(|span| {
        let text = &sources.get(span.file)?.text;
        let start = text.get(..span.start as usize)?.rfind('\n').map_or(0, |at| at + 1);
        let line = text[start..].lines().next()?;
        let at = span.start as usize - start;
        cut_value(line, at).or_else(|| words_behind_comma(line, at, span.end as usize - start))
    });
    match found {
        Some(value) => diagnostic.help(format!("inside `{{…}}` a comma ends the value; put it in quotes: \"{value}\"")),
        None => diagnostic,
    }
}

/// The value of a line, with its parentheses whole, that a comma has cut before or at that byte.
fn cut_value(line: &str, at: usize) -> Option<&str> {
    let bytes = line.as_bytes();
    // Where values begin in the flow maps and lists that are open, and how many parentheses are open in the last.
    let mut values: Vec<usize> = Vec::new();
    let (mut open, mut cut) = (0_usize, None);
    let mut position = 0;
    while position < bytes.len() {
        match bytes[position] {
            b'{' | b'[' if open == 0 => values.push(position + 1),
            b'}' | b']' if open == 0 => drop(values.pop()),
            b',' | b':' if open == 0 => values.iter_mut().last().into_iter().for_each(|value| *value = position + 1),
            b',' if !values.is_empty() => cut = cut.or(Some(position)),
            b'(' => open += 1,
            b')' if open == 1 => {
                let begun = values.last().copied().unwrap_or(position);
                if cut.take().is_some() && (begun..=position + 1).contains(&at) {
                    return Some(line[begun..=position].trim());
                }
                open = 0;
            }
            b')' => open = open.saturating_sub(1),
            quote @ (b'\'' | b'"') if open > 0 || begins_value(&line[..position]) => {
                position += line[position + 1..].find(char::from(quote))? + 1;
            }
            b'#' if open == 0 && line[..position].ends_with(' ') => return None,
            _ => {}
        }
        position += 1;
    }
    None
}

/// The value of a line that a comma has cut before these bytes, if they are words and no `key: value`.
fn words_behind_comma(line: &str, start: usize, end: usize) -> Option<&str> {
    let (before, words) = (line.get(..start)?.trim_end(), line.get(start..end)?);
    let is_alone = line.get(end..)?.trim_start().starts_with([',', '}']);
    let value = before.rfind(": ")? + 2;
    let is_cut = before.ends_with(',') && before.contains('{') && !line[value..start].contains(['{', '}', '"', '\'']);
    (is_alone && is_cut && words.trim().contains(' ')).then(|| line[value..end].trim())
}

/// Whether a quote behind this is the first letter of a value.
fn begins_value(before: &str) -> bool {
    before.trim_end().is_empty() || before.trim_end().ends_with(['{', '[', ',', ':', '-'])
}

#[cfg(test)]
mod tests {
    use super::{cut_value, words_behind_comma};

    fn at(line: &str, part: &str) -> Option<String> {
        cut_value(line, line.rfind(part).unwrap()).map(str::to_owned)
    }

    #[test]
    fn values_that_a_comma_cuts_are_found_whole() {
        let line = "  a: {type: load, columns: {a: decimal(10,2), b: int}}";
        assert_eq!(at(line, "2)").as_deref(), Some("decimal(10,2)"));
        assert_eq!(at(line, "decimal").as_deref(), Some("decimal(10,2)"));
        assert_eq!(at(line, "int"), None);
        let line = "  g: {metrics: {n: string_agg(b, ', '), m: max(b)}}";
        assert_eq!(at(line, "), m").as_deref(), Some("string_agg(b, ', ')"));
        let line = "  g: {metrics: {s: sum(cast(a as decimal(10,2)))}}";
        assert_eq!(at(line, "2)))").as_deref(), Some("sum(cast(a as decimal(10,2)))"));
    }

    #[test]
    fn words_behind_a_comma_are_no_key() {
        let found = |line: &str, words: &str| {
            let start = line.find(words).unwrap();
            words_behind_comma(line, start, start + words.len()).map(str::to_owned)
        };
        let line = "  a: {type: sql, sql: select *, n * 2 as m from t}";
        assert_eq!(found(line, "n * 2 as m from t").as_deref(), Some("select *, n * 2 as m from t"));
        assert_eq!(found("  a: {type: sql, a b: c}", "a b"), None);
        assert_eq!(found("  a: {x: {y: z}, a b}", "a b"), None);
        assert_eq!(found("  a: {x: y, z}", "z"), None);
    }

    #[test]
    fn quotes_and_lines_without_braces_cut_nothing() {
        assert_eq!(at("  a: {x: \"round(a, 2)\", y: z}", "z"), None);
        assert_eq!(at("  x: round(a, 2)", "2"), None);
        assert_eq!(at("  a: {x: 'f(a, b)'}", "b"), None);
    }
}
