//! How deep a template is, found without recursion: the engine walks by recursion what is nested, and each operator of a
//! chain (`a + b + c`, `x | f | g`, `a.b.c`) nests what stands before it.

use std::ops::Range;

/// Operators, calls and branches that may stand inside one another. More than a person writes, less than the stack holds.
pub(super) const MOST: usize = 400;

/// Where a template becomes deeper than [`MOST`].
pub(super) fn too_deep(text: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    // Of each `if` that is open: how many `elif` it has so far.
    let mut branches: Vec<usize> = Vec::new();
    let mut at = 0;
    while at + 1 < bytes.len() {
        let rest = &bytes[at..];
        if rest.starts_with(b"$${{") {
            at += 4;
        } else if rest.starts_with(b"{#") {
            at = text[at + 2..].find("#}").map_or(bytes.len(), |end| at + 2 + end + 2);
        } else if rest.starts_with(b"${{") {
            match walk(text, at + 3) {
                Ok(end) => at = end,
                Err(place) => return Some(place),
            }
        } else if rest.starts_with(b"{%") {
            let start = at + 2;
            match text[start..].trim_start_matches(['-', '+']).split_whitespace().next().unwrap_or_default() {
                "if" => branches.push(0),
                "elif" => {
                    branches.last_mut().into_iter().for_each(|count| *count += 1);
                    if branches.iter().sum::<usize>() > MOST / 4 {
                        return Some(at..start);
                    }
                }
                word if word.starts_with("endif") => _ = branches.pop(),
                _ => {}
            }
            match walk(text, start) {
                Ok(end) => at = end,
                Err(place) => return Some(place),
            }
        } else {
            at += 1;
        }
    }
    None
}

/// The `{% … %}` and `${{ … }}` of a template that stand in no `raw` and no comment, each from its first letter to behind its
/// last. To be asked for only of one that is not too deep.
pub(super) fn tags(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut tags = Vec::new();
    let mut at = 0;
    while at + 1 < bytes.len() {
        let rest = &bytes[at..];
        if rest.starts_with(b"$${{") {
            at += 4;
        } else if rest.starts_with(b"{#") {
            at = behind(text, at + 2, "#}");
        } else if rest.starts_with(b"${{") {
            let end = walk(text, at + 3).unwrap_or(bytes.len());
            tags.push(at..end);
            at = end;
        } else if rest.starts_with(b"{%") {
            let end = walk(text, at + 2).unwrap_or(bytes.len());
            tags.push(at..end);
            let word = text[at + 2..].trim_start_matches(['-', '+']).split_whitespace().next();
            at = if word.is_some_and(|word| word == "raw" || word.starts_with("raw%")) {
                behind(text, end, "endraw")
            } else {
                end
            };
        } else {
            at += 1;
        }
    }
    tags
}

/// The place behind the next `mark`, or the end.
fn behind(text: &str, from: usize, mark: &str) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    rest.find(mark).map_or(text.len(), |at| from + at + mark.len())
}

/// Where an expression becomes deeper than [`MOST`].
pub(super) fn expression_too_deep(text: &str) -> Option<Range<usize>> {
    walk(text, 0).err()
}

/// One bracket that is open, or the expression around all: operators since its last comma, and the most between two.
#[derive(Default)]
struct Level {
    now: usize,
    most: usize,
}

/// Walks an expression from `start` to the end of its tag, and says where that is, or where it is too deep.
fn walk(text: &str, start: usize) -> Result<usize, Range<usize>> {
    let bytes = text.as_bytes();
    let mut levels = vec![Level::default()];
    let mut open = 0;
    let mut at = start;
    while at < bytes.len() {
        let begin = at;
        at += 1;
        let mut counts = 0;
        match bytes[begin] {
            quote @ (b'"' | b'\'') => {
                while at < bytes.len() && bytes[at] != quote {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            b'}' if levels.len() == 1 && bytes.get(at) == Some(&b'}') => return Ok(at + 1),
            b'%' if bytes.get(at) == Some(&b'}') => return Ok(at + 1),
            b'(' | b'[' | b'{' => {
                counts = 1;
                levels.push(Level::default());
            }
            b')' | b']' | b'}' if levels.len() > 1 => {
                let inner = levels.pop().unwrap_or_default();
                open -= inner.now;
                // What stands behind it nests it too.
                counts = inner.now.max(inner.most);
            }
            b',' => {
                let level = levels.last_mut().ok_or(begin..at)?;
                level.most = level.most.max(level.now);
                open -= std::mem::take(&mut level.now);
            }
            b'+' | b'-' | b'*' | b'/' | b'%' | b'~' | b'|' | b'.' => counts = 1,
            b'0'..=b'9' => {
                let more = |at: &usize| match bytes[*at] {
                    b'.' => bytes.get(at + 1).is_some_and(u8::is_ascii_digit),
                    byte => byte.is_ascii_alphanumeric() || byte == b'_',
                };
                at = (at..bytes.len()).find(|at| !more(at)).unwrap_or(bytes.len());
            }
            byte if byte.is_ascii_alphabetic() || byte == b'_' => {
                at += bytes[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
                counts = usize::from(matches!(&text[begin..at], "and" | "or" | "not" | "is" | "in" | "if"));
            }
            _ => {}
        }
        // Of a bracket that has just opened, the operator is its own.
        if let Some(level) = levels.last_mut() {
            level.now += counts;
            open += counts;
        }
        if open > MOST {
            let end = (begin + 1..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
            return Err(begin..end);
        }
    }
    Ok(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_nest_and_lists_do_not() {
        let deep = MOST + 1;
        for chain in ["+1", "|f", ".x", "[0]", "()", " is none", " and 1", " if 1 else 1", "~'a'"] {
            assert!(expression_too_deep(&format!("x{}", chain.repeat(deep))).is_some(), "{chain}");
            assert!(expression_too_deep(&format!("1{}", chain.repeat(deep))).is_some(), "{chain}");
            assert!(expression_too_deep(&format!("x{}", chain.repeat(MOST / 2 - 1))).is_none(), "{chain}");
        }
        for before in ["-", "not ", "[", "(", "{1:"] {
            assert!(expression_too_deep(&format!("{}1", before.repeat(deep))).is_some(), "{before}");
        }
        assert_eq!(expression_too_deep(&format!("[{}1]", "-1, x.y | f, ".repeat(10_000))), None);
        assert_eq!(expression_too_deep(&format!("'{}' ~ \"{}\"", "+1".repeat(deep), "\\\"-".repeat(deep))), None);
    }

    #[test]
    fn what_is_behind_a_bracket_nests_it() {
        let half = "+1".repeat(MOST / 2 + 1);
        assert!(expression_too_deep(&format!("(1{half}){half}")).is_some());
        assert!(expression_too_deep(&format!("[(1{half}), (1{half})]")).is_none());
    }

    #[test]
    fn only_what_is_code_counts() {
        let sum = "+1".repeat(MOST + 1);
        assert_eq!(too_deep(&format!("1{sum} {{# 1{sum} #}} $${{{{ 1{sum} }}}} ${{{{ x }}}} {{% set x = 1 %}}")), None);
        assert!(too_deep(&format!("a ${{{{ 1{sum} }}}}")).is_some());
        assert!(too_deep(&format!("a {{% set x = 1{sum} %}}")).is_some());
        let chain = |count: usize| format!("{{% if a %}}{}{{% endif %}}", "{% elif b %}".repeat(count));
        assert!(too_deep(&chain(MOST)).is_some());
        assert_eq!(too_deep(&chain(50).repeat(20)), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_walked_to_its_end(text in "[-a-z0-9 +.|(){}%$#'\"\\\\,é\\[\\]]{0,200}") {
            let _ = (too_deep(&text), expression_too_deep(&text), tags(&text));
        }
    }
}
