//! What the doctor found of one thing.

use serde::Serialize;

use crate::terminal::Paint;
use crate::wrapped::wrapped;

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingStatus {
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
    pub status: FindingStatus,
    /// What was found.
    pub message: String,
    /// What to do.
    pub help: Vec<String>,
}

impl Finding {
    /// As it should be.
    pub fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self { check, status: FindingStatus::Ok, message: message.into(), help: Vec::new() }
    }

    /// Worth knowing.
    pub fn note(check: &'static str, message: impl Into<String>) -> Self {
        Self { status: FindingStatus::Note, ..Self::ok(check, message) }
    }

    /// Runs will fail.
    pub fn bad(check: &'static str, message: impl Into<String>) -> Self {
        Self { status: FindingStatus::Bad, ..Self::ok(check, message) }
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
    let mut text = format!("{title}\n\n");
    for finding in findings {
        let word = match finding.status {
            FindingStatus::Ok => paint.green("ok  "),
            FindingStatus::Note => paint.yellow("note"),
            FindingStatus::Bad => paint.red("bad "),
        };
        let message = wrapped(&finding.message, width, indent, indent);
        text += &format!("  {word}  {:names$}  {message}\n", finding.check);
        for help in &finding.help {
            let help = wrapped(help, width, indent + 6, indent + 6);
            text += &format!("{:indent$}{} {help}\n", "", paint.cyan("help:"));
        }
    }
    text + "\n" + &last_line(findings, paint)
}

fn last_line(findings: &[Finding], paint: Paint) -> String {
    let count = |status| findings.iter().filter(|finding| finding.status == status).count();
    let notes = match count(FindingStatus::Note) {
        0 => String::new(),
        1 => ", 1 note".to_owned(),
        notes => format!(", {notes} notes"),
    };
    match count(FindingStatus::Bad) {
        0 => format!("{} runs have what they need{notes}\n", paint.green("ok")),
        1 => format!("{} 1 thing keeps runs from what they need{notes}\n", paint.red("bad")),
        more => format!("{} {more} things keep runs from what they need{notes}\n", paint.red("bad")),
    }
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
