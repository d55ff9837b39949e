//! A dotenv file: lines `NAME=value`. What a line means hangs on nothing but the line; nothing is ever substituted.

use std::collections::BTreeMap;

/// A file with the extent of a film is no dotenv file.
pub const LARGEST: u64 = 1 << 20;

/// What a file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Dotenv {
    /// The values by their names; of two lines with one name the later.
    pub values: BTreeMap<String, String>,
    /// The lines that cannot be read. They are never quoted: they may hold a secret.
    pub mistakes: Vec<Mistake>,
}

/// What is wrong with a line.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, in a few words.
    pub message: String,
    /// What to do.
    pub help: &'static str,
}

/// Reads a file's content.
pub fn parse(bytes: &[u8]) -> Dotenv {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut found = Dotenv::default();
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let mut at = 0;
    while at < lines.len() {
        let (taken, read) = match assignment(&lines[at..]) {
            Ok(None) => (1, Ok(None)),
            Ok(Some((taken, name, value))) => (taken, Ok(Some((name, value)))),
            Err(wrong) => (1, Err(wrong)),
        };
        match read {
            Ok(None) => {}
            Ok(Some((name, value))) => drop(found.values.insert(name, value)),
            Err((message, help)) => found.mistakes.push(Mistake { line: at + 1, message, help }),
        }
        at += taken;
    }
    found
}

type Wrong = (String, &'static str);

fn wrong<T>(message: impl Into<String>, help: &'static str) -> Result<T, Wrong> {
    Err((message.into(), help))
}

/// The name and the value that begin at the first of these lines, and how many lines they take; none in a blank line or a remark.
fn assignment(lines: &[&[u8]]) -> Result<Option<(usize, String, String)>, Wrong> {
    let first = text_of(lines[0])?.trim_start_matches(BLANKS);
    if first.trim().is_empty() || first.starts_with('#') {
        return Ok(None);
    }
    let Some((name, value)) = first.split_once('=') else {
        return wrong("there is no `=`", "write `NAME=value`, or `#` before a remark");
    };
    let name = match name.split_once(BLANKS) {
        Some(("export", name)) => name.trim_matches(BLANKS),
        _ => name.trim_matches(BLANKS),
    };
    if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c)) {
        return wrong(
            "what stands before the `=` is no name",
            "a name is of letters, digits, `_`, `-` and `.`; a value of several lines stands in quotes",
        );
    }
    let value = value.strip_prefix(BLANKS).map_or((value, false), |rest| (rest.trim_start_matches(BLANKS), true));
    let (taken, value) = match value {
        (value, _) if value.starts_with(['"', '\'']) => quoted(value, lines)?,
        (value, true) if value.starts_with('#') => (1, String::new()),
        (value, _) => (1, bare(value)?),
    };
    Ok(Some((taken, name.to_owned(), value)))
}

const BLANKS: [char; 2] = [' ', '\t'];

fn text_of(line: &[u8]) -> Result<&str, Wrong> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match std::str::from_utf8(line) {
        Ok(text) if text.contains('\0') => {
            wrong("there is a zero byte", "the file must be text in UTF-8: save it as such")
        }
        Ok(text) => Ok(text),
        Err(_) => wrong("this is not UTF-8", "save the file as UTF-8"),
    }
}

/// A value without quotes: to the end of the line, or to a `#` behind a blank.
fn bare(value: &str) -> Result<String, Wrong> {
    let remark = value.match_indices('#').map(|(at, _)| at).find(|at| value[..*at].ends_with(BLANKS));
    let value = remark.map_or(value, |at| &value[..at]).trim_end_matches(BLANKS);
    if value.contains(|c: char| c.is_control() && c != '\t') {
        return wrong("there is a control character in the value", "write the value in quotes, or take it away");
    }
    Ok(value.to_owned())
}

/// A value in quotes, which may go on in the next lines.
fn quoted(value: &str, lines: &[&[u8]]) -> Result<(usize, String), Wrong> {
    let quote = if value.starts_with('"') { '"' } else { '\'' };
    let (mut text, mut rest) = (String::new(), &value[1..]);
    for taken in 1.. {
        let mut chars = rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                c if c == quote => {
                    let behind = &rest[at + 1..];
                    let is_remark = behind.starts_with(BLANKS) && behind.trim_start_matches(BLANKS).starts_with('#');
                    if behind.trim_matches(BLANKS).is_empty() || is_remark {
                        return Ok((taken, text));
                    }
                    let message = match taken {
                        1 => "something stands behind the closing quote",
                        _ => "the quote that opens the value closes in a later line, where something stands behind it",
                    };
                    return wrong(
                        message,
                        "write `\\\"` for a quote in double quotes; or put the whole value into the other kind of quotes",
                    );
                }
                '\\' if quote == '"' => text.push(match chars.next() {
                    Some((_, 'n')) => '\n',
                    Some((_, 'r')) => '\r',
                    Some((_, 't')) => '\t',
                    Some((_, c @ ('\\' | '"' | '\'' | '$' | '`'))) => c,
                    _ => {
                        return wrong(
                            "a `\\` in double quotes has no meaning here",
                            "write `\\\\` for a backslash, or put the value into single quotes",
                        );
                    }
                }),
                c => text.push(c),
            }
        }
        let Some(next) = lines.get(taken) else { break };
        text.push('\n');
        rest = text_of(next)?;
    }
    wrong("the quote that opens the value is never closed", "close it, or put the value into the other kind of quotes")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn only(text: &str) -> Result<String, String> {
        let Dotenv { mut values, mut mistakes } = parse(text.as_bytes());
        match (values.remove("A"), mistakes.pop()) {
            (Some(value), None) => Ok(value),
            (None, Some(mistake)) => Err(format!("{}: {}", mistake.line, mistake.message)),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_line_means_what_it_says() {
        for (text, value) in [
            ("A=pa$word", "pa$word"),
            ("A=${HOME}x\\n", "${HOME}x\\n"),
            ("A=it's", "it's"),
            ("A=a\"b\"", "a\"b\""),
            ("A=pa#ss", "pa#ss"),
            ("A=#x", "#x"),
            ("A= # a remark", ""),
            ("A=value # a remark", "value"),
            ("A=two words\t", "two words"),
            ("A=a=b==", "a=b=="),
            ("A={\"user\":\"x\", \"pw\":\"y\"}", "{\"user\":\"x\", \"pw\":\"y\"}"),
            ("\u{feff}A=bom\r\n", "bom"),
            (" export\tA = spaced \r\n", "spaced"),
            ("A='a $PLAIN \"b\" \\n' # it's", "a $PLAIN \"b\" \\n"),
            ("A=\"a $PLAIN 'b' \\\"c\\\" \\\\ \\$\\n\"", "a $PLAIN 'b' \"c\" \\ $\n"),
            ("A=\"first\r\n # second\r\n\"\r\n", "first\n # second\n"),
            ("A=1\nA=2", "2"),
            ("A=", ""),
        ] {
            assert_eq!(only(text).as_deref(), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_line_is_told_with_its_number() {
        for (text, what) in [
            ("\nA", "2: there is no `=`"),
            ("export A", "1: there is no `=`"),
            ("=x", "1: what stands before the `=` is no name"),
            ("A B=x", "1: what stands before the `=` is no name"),
            ("# x\nA='it's'", "2: something stands behind the closing quote"),
            ("A=\"x\"#y", "1: something stands behind the closing quote"),
            ("A='x\nB", "1: the quote that opens the value is never closed"),
            ("A=\"C:\\data\"", "1: a `\\` in double quotes has no meaning here"),
            ("A=x\u{7}", "1: there is a control character in the value"),
            ("A=x\0", "1: there is a zero byte"),
        ] {
            let found = parse(text.as_bytes());
            let told = found.mistakes.first().map(|mistake| format!("{}: {}", mistake.line, mistake.message));
            assert_eq!((told.as_deref(), found.values.get("A")), (Some(what), None), "{text}");
        }
        assert_eq!(parse(b"A=gr\xfcn\nB=x").mistakes[0].message, "this is not UTF-8");
    }

    #[test]
    fn a_line_that_is_wrong_hides_no_other() {
        let found = parse(b"A=1\nB='it's'\nC=3\nno\nD=4\n");
        assert_eq!(found.values.into_keys().collect::<String>(), "ACD");
        assert_eq!(found.mistakes.iter().map(|mistake| mistake.line).collect::<Vec<_>>(), [2, 4]);
    }

    proptest! {
        #[test]
        fn any_value_can_be_written(value in "[ -~\t\nä€]{0,30}") {
            let double = value.replace('\\', "\\\\").replace('"', "\\\"");
            let found = parse(format!("B=1\nA=\"{double}\"\nC='x'").as_bytes());
            prop_assert_eq!(found.values.get("A"), Some(&value));
            prop_assert_eq!((found.values.len(), found.mistakes.len()), (3, 0));
        }

        #[test]
        fn any_bytes_are_read_to_the_end(bytes in prop::collection::vec(prop::sample::select(b"A=\n\r'\"\\#$ \xff\0".to_vec()), 0..40)) {
            let mut bytes = bytes;
            bytes.extend_from_slice(b"\nLAST=x");
            let found = parse(&bytes);
            prop_assert!(found.values.contains_key("LAST") || found.values.values().any(|value| value.contains("LAST=x")));
        }
    }
}
