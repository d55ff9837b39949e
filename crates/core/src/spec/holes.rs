//! Where `${{ … }}` stands in a text, and which names it uses.

use std::ops::Range;

/// One `${{ … }}` of a text, by bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// All of it.
    pub whole: Range<usize>,
    /// The expression, without blanks around it.
    pub expression: Range<usize>,
}

/// A text cut at its `${{ … }}`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Cut {
    /// The holes, in order.
    pub holes: Vec<Hole>,
    /// Where a `$${{` stands, which means a literal `${{`.
    pub escapes: Vec<usize>,
    /// Where a `${{` stands that is never closed.
    pub unclosed: Option<Range<usize>>,
}

/// Finds all `${{ … }}` of a text.
pub(crate) fn cut(text: &str) -> Cut {
    let mut cut = Cut::default();
    let mut from = 0;
    while let Some(at) = text[from..].find("${{") {
        let start = from + at;
        if text[..start].ends_with('$') && start > from {
            cut.escapes.push(start - 1);
            from = start + 3;
            continue;
        }
        let Some(end) = closing(text, start + 3) else {
            cut.unclosed = Some(start..start + 3);
            break;
        };
        let inner = &text[start + 3..end];
        let left = start + 3 + (inner.len() - inner.trim_start().len());
        cut.holes.push(Hole { whole: start..end + 2, expression: left..left + inner.trim().len() });
        from = end + 2;
    }
    cut
}

impl Cut {
    /// Whether the text is nothing but one hole.
    pub fn is_whole(&self, text: &str) -> bool {
        let trimmed = text.trim();
        match self.holes.as_slice() {
            [hole] => hole.whole.len() == trimmed.len(),
            _ => false,
        }
    }
}

/// Where the `}}` stands that closes an expression, past quotes and inner braces.
fn closing(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (from, 0usize);
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'\'' | b'"') => at = string_end(bytes, at, quote)?,
            b'{' => depth += 1,
            b'}' if depth > 0 => depth -= 1,
            b'}' if bytes.get(at + 1) == Some(&b'}') => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The place of the quote that closes the string opened at `at`.
fn string_end(bytes: &[u8], at: usize, quote: u8) -> Option<usize> {
    let mut at = at + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            byte if byte == quote => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// A name that an expression uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NameUse {
    /// Its parts: `params`, `top_n`; each with its place in the expression.
    pub parts: Vec<(String, Range<usize>)>,
}

impl NameUse {
    /// Its parts without their places.
    pub fn words(&self) -> Vec<String> {
        self.parts.iter().map(|(part, _)| part.clone()).collect()
    }
}

/// What a template calls by a name of the engine's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Callee {
    /// `range(3)`
    Function,
    /// `x | money`
    Filter,
    /// `x is defined`
    Test,
}

/// A call in an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// What is called.
    pub callee: Callee,
    /// Its name.
    pub name: String,
    /// The place of the name in the expression.
    pub range: Range<usize>,
}

/// Words that are no names.
const KEYWORDS: [&str; 34] = [
    "and",
    "or",
    "not",
    "in",
    "is",
    "if",
    "else",
    "elif",
    "endif",
    "for",
    "endfor",
    "set",
    "endset",
    "true",
    "false",
    "True",
    "False",
    "none",
    "None",
    "loop",
    "recursive",
    "with",
    "endwith",
    "filter",
    "endfilter",
    "macro",
    "endmacro",
    "call",
    "endcall",
    "block",
    "endblock",
    "include",
    "import",
    "from",
];

/// The names in one expression, each with the parts behind its dots, in order.
pub(crate) fn names(expression: &str) -> Vec<NameUse> {
    names_and_calls(expression).0
}

/// The functions, filters and tests in one expression or statement, in order. Methods (`x.upper()`) belong to values and are
/// not among them; macros of the text are.
pub(crate) fn calls(expression: &str) -> Vec<Call> {
    names_and_calls(expression).1
}

fn names_and_calls(expression: &str) -> (Vec<NameUse>, Vec<Call>) {
    let bytes = expression.as_bytes();
    let (mut uses, mut calls) = (Vec::new(), Vec::new());
    let mut at = 0;
    // What stands before: after `|`, `.` or `is` a word is no name of ours.
    let mut before = b' ';
    let mut after_is = false;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte == b'\'' || byte == b'"' {
            at = string_end(bytes, at, byte).map_or(bytes.len(), |end| end + 1);
            (before, after_is) = (byte, false);
        } else if is_word_start(byte) {
            let (word, end) = word_at(expression, at);
            let next = bytes[end..].iter().copied().find(|b| !b.is_ascii_whitespace());
            let keyword_argument = next == Some(b'=') && !expression[end..].trim_start().starts_with("==");
            let mut call = |callee, range: Range<usize>| {
                calls.push(Call { callee, name: expression[range.clone()].to_owned(), range });
            };
            // `{% filter upper %}` is a filter without its `|`.
            let names_filter = word == "filter" && before != b'|' && !after_is;
            if KEYWORDS.contains(&word) {
                after_is = word == "is" || (after_is && word == "not");
                at = end;
            } else if before == b'|' {
                let end = dotted_end(expression, end);
                call(Callee::Filter, at..end);
                at = end;
            } else if after_is {
                let end = dotted_end(expression, end);
                call(Callee::Test, at..end);
                after_is = false;
                at = end;
            } else if before == b'.' || keyword_argument {
                at = end;
            } else {
                let (name, name_end) = path_at(expression, at);
                match name.parts.is_empty() {
                    true => call(Callee::Function, at..end),
                    false => uses.push(name),
                }
                at = name_end;
            }
            before = if names_filter { b'|' } else { b'a' };
        } else {
            if !byte.is_ascii_whitespace() {
                before = if byte.is_ascii_digit() { b'0' } else { byte };
                after_is = false;
            }
            at += 1;
            if byte.is_ascii_digit() {
                while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || bytes[at] == b'.' || bytes[at] == b'_')
                {
                    at += 1;
                }
            }
        }
    }
    (uses, calls)
}

/// Where a word ends whose dots belong to it.
fn dotted_end(text: &str, end: usize) -> usize {
    match text[end..].strip_prefix('.').filter(|after| after.bytes().next().is_some_and(is_word_start)) {
        Some(after) => dotted_end(text, word_at(text, text.len() - after.len()).1),
        None => end,
    }
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

fn word_at(text: &str, at: usize) -> (&str, usize) {
    let rest = &text[at..];
    let len = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
    (&rest[..len], at + len)
}

/// The dotted path at `at`; of a call, what stands before the function's name.
fn path_at(text: &str, at: usize) -> (NameUse, usize) {
    let (word, mut end) = word_at(text, at);
    let mut parts = vec![(word.to_owned(), at..end)];
    loop {
        let rest = &text[end..];
        if let Some(after) = rest.strip_prefix('.').filter(|after| after.bytes().next().is_some_and(is_word_start)) {
            let start = text.len() - after.len();
            let (word, next) = word_at(text, start);
            parts.push((word.to_owned(), start..next));
            end = next;
        } else if let Some((key, range, next)) = subscript(text, end) {
            parts.push((key, range));
            end = next;
        } else {
            break;
        }
    }
    if text[end..].trim_start().starts_with('(') {
        parts.pop();
    }
    (NameUse { parts }, end)
}

/// A `["key"]` at `at`: the key, its place, and where it ends.
fn subscript(text: &str, at: usize) -> Option<(String, Range<usize>, usize)> {
    let inner = text[at..].strip_prefix('[')?;
    let open = text.len() - inner.trim_start().len();
    let quote = text.as_bytes().get(open).copied().filter(|byte| matches!(byte, b'\'' | b'"'))?;
    let close = string_end(text.as_bytes(), open, quote)?;
    let rest = text[close + 1..].trim_start();
    let end = text.len() - rest.strip_prefix(']')?.len();
    Some((text[open + 1..close].to_owned(), open + 1..close, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(expression: &str) -> Vec<String> {
        let join = |name: &NameUse| name.parts.iter().map(|(part, _)| part.as_str()).collect::<Vec<_>>().join(".");
        names(expression).iter().map(join).collect()
    }

    #[test]
    fn holes_are_found_past_quotes_braces_and_escapes() {
        let text = "a ${{ x }} $${{ y }} ${{ '}}' ~ {'k': 1}['k'] }}";
        let cut = cut(text);
        let inner: Vec<&str> = cut.holes.iter().map(|hole| &text[hole.expression.clone()]).collect();
        assert_eq!(inner, ["x", "'}}' ~ {'k': 1}['k']"]);
        assert_eq!(cut.escapes, [11]);
        assert_eq!(cut.unclosed, None);
    }

    #[test]
    fn a_hole_that_is_not_closed_is_known() {
        assert_eq!(cut("x ${{ y }").unclosed, Some(2..5));
    }

    #[test]
    fn names_are_paths_but_not_filters_tests_calls_or_strings() {
        assert_eq!(paths("params.top_n + 1"), ["params.top_n"]);
        assert_eq!(paths("tasks['a-b'].rows > 10 and not env.X is defined"), ["tasks.a-b.rows", "env.X"]);
        assert_eq!(paths("x | money(symbol='$') | upper"), ["x"]);
        assert_eq!(paths("range(3)"), Vec::<String>::new());
        assert_eq!(paths("item.name.upper() ~ 'params.no'"), ["item.name"]);
        assert_eq!(paths("a if b == 1 else 1e5"), ["a", "b"]);
    }

    #[test]
    fn calls_are_functions_filters_and_tests_but_not_methods() {
        let found = |expression: &str| {
            let call = |call: &Call| format!("{:?} {}", call.callee, &expression[call.range.clone()]);
            calls(expression).iter().map(call).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(found("range(3) | map('upper') | join(sep=',')"), "Function range, Filter map, Filter join");
        assert_eq!(found("x is not odd and y is defined or z.is_x() in (1, 2)"), "Test odd, Test defined");
        assert_eq!(found("x.upper() ~ item['a'].f(g(1)) | a.b"), "Function g, Filter a.b");
        assert_eq!(found("- filter upper | trim"), "Filter upper, Filter trim");
        assert_eq!(found("f(a='g(1)') if x is none else (h)(2)"), "Function f");
    }
}
