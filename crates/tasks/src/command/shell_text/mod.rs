//! Where in a shell's text a value stands, and how it is referred to there.

mod here_document;

use std::ops::Range;

use tidemill_core::diagnostic::{Diagnostic, SourceMap};
use tidemill_core::spec::{Hole, Template};

use super::evaluated::evaluator;
use super::strict::Traits;
use here_document::Heredoc;

/// The shells whose quoting is known.
pub const SHELLS: [&str; 4] = ["sh", "dash", "bash", "zsh"];

/// A place in a shell's text, by how values are quoted there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuoteContext {
    /// Outside all quotes.
    Bare,
    /// Inside `"…"`.
    Double,
    /// Inside `'…'`.
    Single,
    /// Inside `$'…'`.
    Ansi,
    /// In a comment.
    Comment,
}

impl QuoteContext {
    /// What stands here for the values of these variables: each exactly one argument, whatever it holds.
    pub fn refer(self, variables: &[String]) -> String {
        let bare = || variables.iter().map(|name| format!("\"${{{name}}}\"")).collect::<Vec<_>>().join(" ");
        match self {
            Self::Bare => bare(),
            Self::Double => variables.iter().map(|name| format!("${{{name}}}")).collect::<Vec<_>>().join("\" \""),
            Self::Single => format!("'{}'", bare()),
            Self::Ansi => format!("'{}$'", bare()),
            Self::Comment => String::new(),
        }
    }
}

/// What a shell's text is, as far as it matters here.
pub struct ShellText {
    /// The place of every `${{ }}`, in order.
    pub places: Vec<(Hole, QuoteContext)>,
    /// What of it hangs on the shell.
    pub traits: Traits,
    /// The `${{ }}` whose values are run, and by what.
    pub evaluated: Vec<(Range<usize>, String)>,
}

/// Reads a text.
///
/// # Errors
/// For each `${{ }}` where no quoting makes it one argument.
pub fn read(text: &Template, sources: &SourceMap, shell: &str) -> Result<ShellText, Vec<Diagnostic>> {
    let mut scanner = Scanner {
        template: text,
        sources,
        text: &text.text,
        ansi: matches!(shell, "bash" | "zsh"),
        holes: text.holes(),
        at: 0,
        found: Vec::new(),
        evaluated: Vec::new(),
        mistakes: Vec::new(),
        frames: vec![Frame::command(false, 0)],
        heredocs: Vec::new(),
        pipes: false,
    };
    while scanner.at < scanner.text.len() {
        scanner.step();
    }
    if !scanner.mistakes.is_empty() {
        return Err(scanner.mistakes);
    }
    let traits = Traits { pipes: scanner.pipes, lines: text.text.trim().contains('\n') };
    Ok(ShellText { places: scanner.found, traits, evaluated: scanner.evaluated })
}

/// What the scanner is inside of.
#[derive(Debug)]
enum Frame {
    /// Commands: the text itself, or a `$( )`.
    Command {
        /// Whether a `)` ends it.
        nested: bool,
        /// Open `(`.
        parens: usize,
        /// Open `case`s, whose patterns end with `)`.
        cases: usize,
        /// Whether a word that begins here is a command's first one.
        first: bool,
        /// Whether a word begins here.
        begins: bool,
        /// Where the command begins.
        start: usize,
    },
    /// `"…"`.
    Double,
    /// `${…}`, and whether it stands in `"…"`.
    Braces { quoted: bool },
}

impl Frame {
    fn command(nested: bool, start: usize) -> Self {
        Self::Command { nested, parens: 0, cases: 0, first: true, begins: true, start }
    }
}

struct Scanner<'a> {
    template: &'a Template,
    sources: &'a SourceMap,
    text: &'a str,
    ansi: bool,
    holes: Vec<Hole>,
    at: usize,
    found: Vec<(Hole, QuoteContext)>,
    evaluated: Vec<(Range<usize>, String)>,
    mistakes: Vec<Diagnostic>,
    frames: Vec<Frame>,
    heredocs: Vec<Heredoc>,
    pipes: bool,
}

/// Words behind which a command begins.
pub(super) const OPENERS: [&str; 9] = ["if", "then", "elif", "else", "while", "until", "do", "time", "!"];

impl Scanner<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// The hole that begins here.
    fn hole(&self) -> Option<&Hole> {
        self.holes.get(self.found.len() + self.mistakes.len()).filter(|hole| hole.whole.start == self.at)
    }

    /// Takes the hole that begins here, if one does.
    fn take_hole(&mut self, place: QuoteContext) -> bool {
        let Some(hole) = self.hole().cloned() else { return false };
        self.at = hole.whole.end;
        if let Some(by) = self.evaluator(&hole).filter(|_| place != QuoteContext::Comment) {
            self.evaluated.push((hole.whole.clone(), by));
        }
        self.found.push((hole, place));
        true
    }

    /// What runs the value of a hole, if the command it stands in does.
    fn evaluator(&self, hole: &Hole) -> Option<String> {
        let start = self.frames.iter().rev().find_map(|frame| match frame {
            Frame::Command { start, .. } => Some(*start),
            _ => None,
        })?;
        let (opening, before) = self.text[..hole.whole.start].split_at(start);
        let after = self.text[hole.whole.end..].lines().next().unwrap_or_default();
        evaluator(opening, before, after)
    }

    /// Refuses the hole that begins here, if one does.
    fn refuse_hole(&mut self, message: &str, help: &str) -> bool {
        let Some(hole) = self.hole().cloned() else { return false };
        self.at = hole.whole.end;
        let span = self.sources.within_scalar(self.template.span, self.text, hole.whole);
        self.mistakes.push(Diagnostic::error(message).at(span, "not one argument here").help(help));
        true
    }

    /// Goes on by one character.
    fn skip(&mut self) {
        self.at += self.rest().chars().next().map_or(1, char::len_utf8);
    }

    fn step(&mut self) {
        if self.rest().starts_with("$${{") {
            self.at += 4;
            return;
        }
        let quoted = match self.frames.last() {
            Some(Frame::Double | Frame::Braces { quoted: true }) => true,
            Some(_) => false,
            None => return self.at = self.text.len(),
        };
        if self.take_hole(if quoted { QuoteContext::Double } else { QuoteContext::Bare }) {
            return self.in_word();
        }
        let rest = self.rest();
        if rest.starts_with('\\') {
            self.at += 1;
            let help = "take the backslash away: the value needs no quoting of yours";
            if !self.refuse_hole("a `${{ }}` cannot stand behind a backslash", help) && self.at < self.text.len() {
                self.skip();
            }
            self.in_word();
        } else if rest.starts_with("$((") {
            self.at += 3;
            self.arithmetic();
            self.in_word();
        } else if rest.starts_with("$(") {
            self.at += 2;
            self.in_word();
            self.frames.push(Frame::command(true, self.at));
        } else if rest.starts_with("${") {
            self.at += 2;
            self.in_word();
            self.frames.push(Frame::Braces { quoted });
        } else if rest.starts_with('`') {
            self.at += 1;
            self.backticks();
            self.in_word();
        } else {
            match self.frames.last() {
                Some(Frame::Command { .. }) => self.command(),
                Some(Frame::Double) => self.end_or_skip('"'),
                _ if rest.starts_with('"') => {
                    self.at += 1;
                    self.frames.push(Frame::Double);
                }
                _ if rest.starts_with('\'') && !quoted => self.single(QuoteContext::Single),
                _ => self.end_or_skip('}'),
            }
        }
    }

    fn end_or_skip(&mut self, end: char) {
        if self.rest().starts_with(end) {
            self.frames.pop();
        }
        self.skip();
    }

    /// What comes next is part of a word.
    fn in_word(&mut self) {
        if let Some(Frame::Command { first, begins, .. }) = self.frames.last_mut() {
            (*first, *begins) = (false, false);
        }
    }

    /// One step outside all quotes.
    fn command(&mut self) {
        if self.quote() {
            return;
        }
        let rest = &self.text[self.at..];
        let Some(Frame::Command { cases, first, begins, .. }) = self.frames.last_mut() else { return };
        if rest.starts_with('#') && *begins {
            return self.comment();
        }
        if *begins && *first {
            let word = rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '!')).next().unwrap_or("");
            match word {
                "case" => *cases += 1,
                "esac" => *cases = cases.saturating_sub(1),
                _ => {}
            }
            if !word.is_empty() {
                *first = OPENERS.contains(&word);
                *begins = false;
                self.at += word.len();
                return;
            }
        }
        self.punctuation();
    }

    /// Goes into the quotes or the here-document that begin here; whether some do.
    fn quote(&mut self) -> bool {
        let rest = &self.text[self.at..];
        if rest.starts_with('\'') {
            self.single(QuoteContext::Single);
            self.in_word();
        } else if self.ansi && rest.starts_with("$'") {
            self.at += 1;
            self.single(QuoteContext::Ansi);
            self.in_word();
        } else if rest.starts_with('"') {
            self.at += 1;
            self.in_word();
            self.frames.push(Frame::Double);
        } else if rest.starts_with("<<<") {
            self.at += 3;
        } else if rest.starts_with("<<") {
            self.heredoc();
        } else {
            return false;
        }
        true
    }

    fn comment(&mut self) {
        while self.at < self.text.len() && !self.text[self.at..].starts_with('\n') {
            if !self.take_hole(QuoteContext::Comment) {
                self.skip();
            }
        }
    }

    /// One character of a command; some of them begin or end one.
    fn punctuation(&mut self) {
        let rest = &self.text[self.at..];
        let Some(Frame::Command { nested, parens, cases, first, begins, .. }) = self.frames.last_mut() else { return };
        let next = rest.chars().next();
        self.pipes |= next == Some('|') && !rest.starts_with("||") && !self.text[..self.at].ends_with(['|', '>']);
        match next {
            Some('(') => (*parens, *first, *begins) = (*parens + 1, true, true),
            Some(')') if *parens > 0 => (*parens, *first, *begins) = (*parens - 1, true, true),
            Some(')') if *cases > 0 => (*first, *begins) = (true, true),
            Some(')') if *nested => drop(self.frames.pop()),
            Some(';' | '&' | '|' | '\n' | '{') => (*first, *begins) = (true, true),
            Some(' ' | '\t' | '<' | '>' | ')') => *begins = true,
            _ => (*first, *begins) = (false, false),
        }
        self.skip();
        if let Some(Frame::Command { first: true, begins: true, start, .. }) = self.frames.last_mut() {
            *start = self.at;
        }
        if next == Some('\n') {
            self.heredoc_texts();
        }
    }

    /// From the quote that opens here to the one that closes.
    fn single(&mut self, place: QuoteContext) {
        self.at += 1;
        while self.at < self.text.len() {
            if self.take_hole(place) {
                continue;
            }
            if place == QuoteContext::Ansi && self.rest().starts_with('\\') {
                self.at += 1;
                let help = "take the backslash away: the value needs no quoting of yours";
                if self.refuse_hole("a `${{ }}` cannot stand behind a backslash", help) {
                    continue;
                }
            } else if self.rest().starts_with('\'') {
                self.at += 1;
                return;
            }
            self.skip();
        }
    }

    fn backticks(&mut self) {
        while self.at < self.text.len() {
            let help = "write `$( … )` instead of backticks";
            if self.refuse_hole("a `${{ }}` cannot stand in backticks", help) {
                continue;
            }
            match self.rest().as_bytes().first() {
                Some(b'`') => return self.at += 1,
                Some(b'\\') => self.at += 1,
                Some(b'|') => self.pipes = true,
                _ => {}
            }
            self.skip();
        }
    }

    /// To the `))`. What stands there is no argument, and shells evaluate the text of variables there once more.
    fn arithmetic(&mut self) {
        let mut depth = 0;
        while self.at < self.text.len() {
            let help = "compute it in the expression: `${{ params.n + 1 }}`";
            if self.refuse_hole("a `${{ }}` cannot stand in `$(( ))`", help) {
                continue;
            }
            match self.rest().as_bytes().first() {
                Some(b'(') => depth += 1,
                Some(b')') if depth > 0 => depth -= 1,
                Some(b')') => return self.at = (self.at + 2).min(self.text.len()),
                _ => {}
            }
            self.skip();
        }
    }
}

#[cfg(test)]
mod tests;
