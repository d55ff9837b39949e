//! What a command writes, on its way to its task's log.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::Write;
use std::time::{Duration, Instant};

use tidemill_core::ids::TaskName;
use tidemill_core::task::OutputLog;

use super::{LogFormat, RunLogs};
use tidemill_secrets::MaskedStream;

/// A command that goes on for so long has a log, whether it says anything or not.
const SOON: Duration = Duration::from_millis(50);
/// So many lines are shown when a command fails.
const TAIL: usize = 20;
/// Of a longer line, only so many bytes are shown then.
const TAIL_WIDTH: usize = 400;
/// A line of a log in JSON is an object, so a longer one becomes several.
const JSON_PIECE: usize = 64 << 10;

/// A stream of bytes into a task's log: each line with the time at which it began, invalid UTF-8 replaced, secrets masked. Only
/// as much is held as fits into one read.
pub struct CommandLog<'a> {
    logs: &'a RunLogs,
    task: &'a TaskName,
    begun: Instant,
    is_shown: Cell<bool>,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    masked: MaskedStream,
    /// The beginning of a letter whose end has not come yet: at most three bytes.
    partial: Vec<u8>,
    /// The line that is not finished: for the tail and for JSON.
    line: String,
    /// Whether a line has begun in the file.
    begun: bool,
    tail: VecDeque<String>,
}

impl<'a> CommandLog<'a> {
    /// A stream into that task's log.
    pub fn new(logs: &'a RunLogs, task: &'a TaskName) -> Self {
        Self { logs, task, begun: Instant::now(), is_shown: Cell::default(), state: RefCell::default() }
    }

    fn add(&self, state: &mut State, bytes: &[u8]) {
        let at = format!("{:.3}", jiff::Timestamp::now());
        let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 4 + 64);
        let text = state.decode(bytes);
        for piece in text.split_inclusive('\n') {
            let (content, ends) = match piece.strip_suffix('\n') {
                Some(content) => (content.strip_suffix('\r').unwrap_or(content), true),
                None => (piece, false),
            };
            match self.logs.format() {
                LogFormat::Text => {
                    if !state.begun {
                        out.extend_from_slice(at.as_bytes());
                        out.extend_from_slice(b" OUT   ");
                    }
                    out.extend_from_slice(content.as_bytes());
                    state.begun = !ends;
                    if ends {
                        out.push(b'\n');
                    }
                    // One more than is shown says that there is more.
                    let room = (TAIL_WIDTH + 1).saturating_sub(state.line.len());
                    state.line.extend(content.chars().take(room));
                }
                LogFormat::Json => {
                    state.line.push_str(content);
                    state.begun = !ends;
                    if ends || state.line.len() >= JSON_PIECE {
                        self.object(&at, &state.line, &mut out);
                        if !ends {
                            state.remember();
                        }
                    }
                }
            }
            if ends {
                state.remember();
            }
        }
        self.logs.append_output(self.task, &out);
    }

    fn object(&self, at: &str, line: &str, out: &mut Vec<u8>) {
        let object = serde_json::json!({"at": at, "level": "output", "task": self.task, "message": line});
        // Writing into memory does not fail.
        let _ = writeln!(out, "{object}");
    }
}

impl State {
    /// The bytes as text; the beginning of a letter at their end waits for its rest.
    fn decode(&mut self, bytes: &[u8]) -> String {
        let mut all = std::mem::take(&mut self.partial);
        all.extend_from_slice(bytes);
        let mut text = String::with_capacity(all.len());
        let mut chunks = all.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            text.push_str(chunk.valid());
            let invalid = chunk.invalid();
            let is_open =
                chunks.peek().is_none() && std::str::from_utf8(invalid).is_err_and(|error| error.error_len().is_none());
            if is_open {
                self.partial = invalid.to_vec();
            } else if !invalid.is_empty() {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        text
    }

    /// Puts the line into the tail.
    fn remember(&mut self) {
        let line = std::mem::take(&mut self.line);
        let cut = (0..=TAIL_WIDTH.min(line.len())).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
        let shown = if cut < line.len() { format!("{}…", &line[..cut]) } else { line };
        self.tail.push_back(shown);
        if self.tail.len() > TAIL {
            self.tail.pop_front();
        }
    }
}

impl OutputLog for CommandLog<'_> {
    fn write(&self, bytes: &[u8]) {
        let mut state = self.state.borrow_mut();
        let masked = state.masked.push(self.logs.masker(), bytes);
        if !masked.is_empty() {
            self.add(&mut state, &masked);
        }
    }

    fn wait(&self) {
        if !self.is_shown.get() && self.begun.elapsed() >= SOON {
            self.is_shown.set(true);
            self.logs.show(self.task);
        }
    }

    fn end(&self) -> Vec<String> {
        let mut state = self.state.borrow_mut();
        let rest = state.masked.end(self.logs.masker());
        if !rest.is_empty() {
            self.add(&mut state, &rest);
        }
        if !std::mem::take(&mut state.partial).is_empty() {
            self.add(&mut state, "\u{fffd}".as_bytes());
        }
        if state.begun {
            self.add(&mut state, b"\n");
        }
        std::mem::take(&mut state.tail).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemill_secrets::Masker;

    fn logged(format: LogFormat, secret: &str, pieces: &[&[u8]]) -> (Vec<String>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let logs = RunLogs::new(folder.path().to_owned(), format, Masker::new([secret]));
        let task = TaskName::new("t");
        let log = CommandLog::new(&logs, &task);
        pieces.iter().for_each(|piece| log.write(piece));
        let tail = log.end();
        let text = std::fs::read_to_string(logs.path(&task)).unwrap();
        (text.lines().map(str::to_owned).collect(), tail)
    }

    /// Lines without their time stamps.
    fn contents(lines: &[String]) -> Vec<&str> {
        lines.iter().map(|line| line.split_once(" OUT   ").unwrap().1).collect()
    }

    #[test]
    fn lines_are_put_together_from_pieces() {
        let (lines, tail) = logged(
            LogFormat::Text,
            "",
            &[b"one\ntw", b"o\r\n\n", "gr\u{fc}n ".as_bytes(), b"\xf0\x9f", b"\x8c\x8a \xff end \xe2\x82"],
        );
        assert_eq!(contents(&lines), ["one", "two", "", "grün 🌊 \u{fffd} end \u{fffd}"]);
        assert_eq!(tail, contents(&lines));
    }

    #[test]
    fn a_secret_in_two_pieces_is_masked_everywhere() {
        let (lines, tail) = logged(LogFormat::Text, "hunter2", &[b"the word is hun", b"ter2, hunt\n"]);
        assert_eq!(contents(&lines), ["the word is ***, hunt"]);
        assert_eq!(tail, ["the word is ***, hunt"]);
    }

    #[test]
    fn a_long_line_stays_whole_and_little_of_it_is_held() {
        let piece = [b'x'; 1000];
        let (lines, tail) = logged(LogFormat::Text, "", &[&piece[..]; 100]);
        assert_eq!(contents(&lines)[0].len(), 100_000);
        assert!(tail[0].len() <= TAIL_WIDTH + '…'.len_utf8());
    }

    #[test]
    fn in_json_every_line_is_an_object() {
        let piece = [b'x'; 1000];
        let mut pieces = vec![&b"a\nb\n"[..]];
        pieces.extend([&piece[..]; 100]);
        let (lines, _) = logged(LogFormat::Json, "", &pieces);
        let objects: Vec<serde_json::Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let lengths: Vec<usize> = objects.iter().map(|object| object["message"].as_str().unwrap().len()).collect();
        assert_eq!(lengths[..2], [1, 1]);
        assert_eq!(lengths[2..].iter().sum::<usize>(), 100_000);
        assert!(lengths.len() == 4 && objects[0]["level"] == "output");
    }

    #[test]
    fn only_the_last_lines_are_kept_for_the_message() {
        let text: String = (0..100).map(|n| format!("{n}\n")).collect();
        let (_, tail) = logged(LogFormat::Text, "", &[text.as_bytes()]);
        assert_eq!((tail.len(), tail[0].as_str(), tail[19].as_str()), (TAIL, "80", "99"));
    }
}
