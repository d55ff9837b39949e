//! Texts from elsewhere on a terminal: what a command or a server writes must not drive it.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::Chars;

/// The text without escape sequences; what else controls a terminal becomes a sign that is seen. Line ends and tabs stay.
pub fn printable(text: &str) -> Cow<'_, str> {
    cleaned(text, false)
}

/// The same, but sequences that only colour stay: for texts that the program itself has coloured.
pub fn coloured(text: &str) -> Cow<'_, str> {
    cleaned(text, true)
}

fn cleaned(text: &str, with_colours: bool) -> Cow<'_, str> {
    if !text.contains(is_control) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\x1b' => match chars.next_if(|next| !is_control(*next)) {
                Some('[') => control_sequence(&mut chars, with_colours, &mut clean),
                Some(']' | 'P' | 'X' | '^' | '_') => control_string(&mut chars),
                Some(' '..='/') => drop(chars.next_if(|next| !is_control(*next))),
                _ => {}
            },
            '\u{9b}' => control_sequence(&mut chars, with_colours, &mut clean),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => control_string(&mut chars),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\x7f' => clean.push('␡'),
            // The signs for these stand in the same order.
            '\0'..='\x1f' if is_control(char) => clean.extend(char::from_u32(0x2400 + u32::from(char))),
            '\u{80}'..='\u{9f}' => clean.push('\u{fffd}'),
            other => clean.push(other),
        }
    }
    Cow::Owned(clean)
}

fn is_control(char: char) -> bool {
    char.is_control() && char != '\n' && char != '\t'
}

/// What follows `ESC [`: parameters and a letter that says what is to be done; `m` colours.
fn control_sequence(chars: &mut Peekable<Chars<'_>>, with_colours: bool, clean: &mut String) {
    let mut parameters = String::new();
    while let Some(part) = chars.next_if(|next| (' '..='?').contains(next)) {
        parameters.push(part);
    }
    let last = chars.next_if(|next| ('@'..='~').contains(next));
    let is_colour = last == Some('m') && parameters.chars().all(|part| part.is_ascii_digit() || part == ';');
    if with_colours && is_colour {
        *clean += &format!("\x1b[{parameters}m");
    }
}

/// What follows `ESC ]` and the like: a text up to its end, or to the end of the line if it has none.
fn control_string(chars: &mut Peekable<Chars<'_>>) {
    while let Some(part) = chars.next_if(|next| *next != '\n') {
        match part {
            '\x07' | '\u{9c}' => return,
            '\x1b' if chars.next_if_eq(&'\\').is_some() => return,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sequences_go_and_other_controls_are_seen() {
        for (text, clean) in [
            ("plain\ttext\n", "plain\ttext\n"),
            ("\x1b[2J\x1b[1;31mred\x1b[0m\r\n", "red\n"),
            ("\x1b]0;title\x07a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
            ("10 %\r20 %\x08\x07\x7f", "10 %␍20 %␈␇␡"),
            ("\x1bcreset\x1b(Bx\x1b", "resetx"),
            ("\u{9b}31mred\u{85}", "red\u{fffd}"),
            ("\x1b]52;c;never ended\nnext", "\nnext"),
        ] {
            assert_eq!(printable(text), clean, "{text:?}");
        }
        assert_eq!(coloured("\x1b[1;31mred\x1b[0m\x1b[2J"), "\x1b[1;31mred\x1b[0m");
    }

    proptest! {
        #[test]
        fn nothing_that_drives_a_terminal_is_left(text in "(\\x1b|\\[|\\]|m|[0-9;]|\\PC|\\pC|\\n){0,40}") {
            let clean = printable(&text);
            prop_assert!(!clean.contains(is_control));
            prop_assert_eq!(printable(&clean), clean.as_ref());
        }
    }
}
