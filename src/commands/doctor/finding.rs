//! What the doctor found of one thing.

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::terminal::Paint;

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ok,
    /// Worth knowing; runs go on.
    Note,
    /// Runs will fail.
    Bad,
}

/// What was found of one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Of what: `file`, `state`.
    pub check: &'static str,
    /// How it stands.
    pub status: Status,
    /// What was found.
    pub message: String,
    /// What to do.
    pub help: Vec<String>,
}

impl Finding {
    /// As it should be.
    pub fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self { check, status: Status::Ok, message: message.into(), help: Vec::new() }
    }

    /// Worth knowing.
    pub fn note(check: &'static str, message: impl Into<String>) -> Self {
        Self { status: Status::Note, ..Self::ok(check, message) }
    }

    /// Runs will fail.
    pub fn bad(check: &'static str, message: impl Into<String>) -> Self {
        Self { status: Status::Bad, ..Self::ok(check, message) }
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }
}

/// The findings for people: a line each, what to do below it, and a last line that counts.
pub fn screen(title: &str, findings: &[Finding], width: usize, paint: Paint) -> String {
    let names = findings.iter().map(|finding| finding.check.len()).max().unwrap_or(0);
    let indent = names + 10;
    let room = width.saturating_sub(indent).max(30);
    let mut text = format!("{title}\n\n");
    for finding in findings {
        let word = match finding.status {
            Status::Ok => paint.green("ok  "),
            Status::Note => paint.yellow("note"),
            Status::Bad => paint.red("bad "),
        };
        let lines = wrapped(&finding.message, room);
        text += &format!("  {word}  {:names$}  {}\n", finding.check, lines.join(&format!("\n{:indent$}", "")));
        for help in &finding.help {
            let lines = wrapped(help, room.saturating_sub(6));
            let below = format!("\n{:indent$}      ", "");
            text += &format!("{:indent$}{} {}\n", "", paint.cyan("help:"), lines.join(&below));
        }
    }
    text + "\n" + &last_line(findings, paint)
}

fn last_line(findings: &[Finding], paint: Paint) -> String {
    let count = |status| findings.iter().filter(|finding| finding.status == status).count();
    let notes = match count(Status::Note) {
        0 => String::new(),
        1 => ", 1 note".to_owned(),
        notes => format!(", {notes} notes"),
    };
    match count(Status::Bad) {
        0 => format!("{} runs have what they need{notes}\n", paint.green("ok")),
        1 => format!("{} 1 thing keeps runs from what they need{notes}\n", paint.red("bad")),
        more => format!("{} {more} things keep runs from what they need{notes}\n", paint.red("bad")),
    }
}

/// The text in lines no wider than that, as far as its words let it.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => *line += &format!(" {word}"),
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_says_how_it_stands_and_what_to_do() {
        let findings = [
            Finding::ok("file", "pipeline.yaml: 27 tasks, no mistakes"),
            Finding::note("mail", "SMTP_URL is not set: mail is put into outputs/outbox/"),
            Finding::bad("state", "the state .tidemill/state.db is damaged: database disk image is malformed")
                .help("move .tidemill away: everything runs again and nothing of what is published is lost"),
        ];
        insta::assert_snapshot!(screen("smart-retail in /srv/retail", &findings, 72, Paint(false)));
        insta::assert_snapshot!(last_line(&findings[..1], Paint(false)), @"ok runs have what they need");
    }
}
