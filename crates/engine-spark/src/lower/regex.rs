//! Patterns of Rust's `regex` in Java's words.
//!
//! Both ask whether some part of a text fits, so how they search makes no difference. The parsed form is printed: classes as
//! ranges of characters, folded where case is ignored, anchors without Java's exceptions.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

use super::{Lowering, refused, refused_because};

/// What Rust takes for a letter of a word, by Unicode.
const WORD: &str = r"[\p{IsAlphabetic}\p{M}\p{Nd}\p{Pc}\x{200c}\x{200d}]";
const ASCII_WORD: &str = "[0-9A-Za-z_]";

/// `like` as a pattern over the whole text.
pub(super) fn like(pattern: &str, escape: Option<char>, ignore_case: bool) -> Lowering<String> {
    let mut regex = String::from("^(?s:");
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let literal = match c {
            c if Some(c) == escape => {
                chars.next().ok_or_else(|| refused("a pattern that ends with its escape cannot be used"))?
            }
            '%' => {
                regex.push_str(".*");
                continue;
            }
            '_' => {
                regex.push('.');
                continue;
            }
            c => c,
        };
        regex.push_str(&regex_syntax::escape(literal.encode_utf8(&mut [0; 4])));
    }
    regex.push_str(")$");
    java(&regex, ignore_case)
}

/// A pattern as Java reads it.
pub(super) fn java(pattern: &str, ignore_case: bool) -> Lowering<String> {
    let parsed = ParserBuilder::new().case_insensitive(ignore_case).build().parse(pattern);
    let hir = parsed.map_err(|error| refused_because(format!("the pattern {pattern} cannot be used"), error))?;
    let mut java = String::new();
    print(&hir, &mut java)?;
    Ok(java)
}

fn print(hir: &Hir, out: &mut String) -> Lowering<()> {
    match hir.kind() {
        HirKind::Empty => out.push_str("(?:)"),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).map_err(|_| refused("a pattern of bytes cannot be used"))?;
            text.chars().for_each(|c| character(c, out));
        }
        HirKind::Class(Class::Unicode(class)) if class.ranges().is_empty() => out.push_str("(?!)"),
        HirKind::Class(Class::Unicode(class)) => {
            out.push('[');
            for range in class.ranges() {
                character(range.start(), out);
                out.push('-');
                character(range.end(), out);
            }
            out.push(']');
        }
        HirKind::Class(Class::Bytes(_)) => return Err(refused("a pattern of bytes cannot be used")),
        HirKind::Look(look) => out.push_str(&anchor(*look)?),
        HirKind::Repetition(repetition) => repeat(repetition, out)?,
        HirKind::Capture(capture) => group(std::slice::from_ref(&*capture.sub), out)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| print(part, out))?,
        HirKind::Alternation(parts) => group(parts, out)?,
    }
    Ok(())
}

fn group(parts: &[Hir], out: &mut String) -> Lowering<()> {
    out.push_str("(?:");
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            out.push('|');
        }
        print(part, out)?;
    }
    out.push(')');
    Ok(())
}

fn repeat(repetition: &Repetition, out: &mut String) -> Lowering<()> {
    group(std::slice::from_ref(&*repetition.sub), out)?;
    out.push_str(&match (repetition.min, repetition.max) {
        (0, None) => "*".to_owned(),
        (1, None) => "+".to_owned(),
        (0, Some(1)) => "?".to_owned(),
        (least, None) => format!("{{{least},}}"),
        (least, Some(most)) => format!("{{{least},{most}}}"),
    });
    if !repetition.greedy {
        out.push('?');
    }
    Ok(())
}

fn anchor(look: Look) -> Lowering<String> {
    let boundary = |word: &str| format!("(?:(?<={word})(?!{word})|(?<!{word})(?={word}))");
    let inside = |word: &str| format!("(?:(?<={word})(?={word})|(?<!{word})(?!{word}))");
    Ok(match look {
        Look::Start => r"\A".to_owned(),
        Look::End => r"\z".to_owned(),
        Look::StartLF => r"(?:\A|(?<=\n))".to_owned(),
        Look::EndLF => r"(?:\z|(?=\n))".to_owned(),
        Look::WordUnicode => boundary(WORD),
        Look::WordUnicodeNegate => inside(WORD),
        Look::WordAscii => boundary(ASCII_WORD),
        Look::WordAsciiNegate => inside(ASCII_WORD),
        _ => return Err(refused("an anchor of half a word cannot be used")),
    })
}

/// A class of characters, given as ranges.
pub(super) fn any_of(ranges: impl IntoIterator<Item = (char, char)>) -> String {
    let mut class = String::from("[");
    for (first, last) in ranges {
        character(first, &mut class);
        class.push('-');
        character(last, &mut class);
    }
    class.push(']');
    class
}

/// Everything but letters and digits of ASCII by its number, so that nothing has a meaning.
fn character(c: char, out: &mut String) {
    if c.is_ascii_alphanumeric() {
        out.push(c);
    } else {
        out.push_str(&format!("\\x{{{:x}}}", u32::from(c)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_to_java_what_they_mean_here() {
        assert_eq!(java("^a+$", false).unwrap(), r"\A(?:a)+\z");
        assert_eq!(java("a|b.", false).unwrap(), r"(?:a|b[\x{0}-\x{9}\x{b}-\x{10ffff}])");
        assert!(java(r"\d{2,3}?", false).unwrap().ends_with("{2,3}?"));
        assert_eq!(like("10!%_", Some('!'), false).unwrap(), r"\A10\x{25}[\x{0}-\x{10ffff}]\z");
        assert_eq!(like("k", None, true).unwrap(), r"\A[K-Kk-k\x{212a}-\x{212a}]\z");
    }
}
