//! Who is told of what becomes of scheduled runs: by mail and by webhook, each thing once.

mod by_hand;
mod interrupted;
mod nights;
mod served;
mod tried;

use std::time::Duration;

use jiff::Timestamp;
use mail_parser::MessageParser;
use serde_json::Value;
use tidemill_mail_server::{Encryption, Server, Settings};

use crate::project::{Outcome, Project};
use crate::schedule::{hourly, state};
use crate::webhooks;

const PASSWORD: &str = "Wasserfall7";
/// Longer than anything takes that is waited for.
const LONG: Duration = Duration::from_secs(60);
const HOUR: i64 = 3_600_000_000;

/// A project with two channels, and the servers that they lead to.
struct Watch {
    project: Project,
    mail: Server,
    hook: webhooks::Server,
    url: String,
}

impl Watch {
    /// A pipeline with these tasks, whose fires come each hour, half an hour away from now; `schedule` has more of its keys.
    fn over(schedule: &str, tasks: &str) -> Self {
        let mail = Server::start(Settings {
            encryption: Encryption::None,
            login: Some(("mill".to_owned(), PASSWORD.to_owned())),
            ..Settings::default()
        });
        let mail = mail.expect("a server");
        let hook = webhooks::server(&["200 OK"; 9]);
        let url = mail.url("mill", PASSWORD);
        let text = format!(
            "version: 1
name: night
schedule: {{cron: {}{schedule}}}
secrets: [SMTP_URL]
notify:
  boss: {{email: boss@example.com, sender: mill@example.com, smtp: '${{{{ secrets.SMTP_URL }}}}'}}
  pager: {{webhook: {}/hook}}
tasks:
{tasks}",
            hourly(),
            hook.url
        );
        Self { project: Project::new().file("pipeline.yaml", text), mail, hook, url }
    }

    fn command<const N: usize>(&self, arguments: [&str; N]) -> std::process::Command {
        let mut command = self.project.command(arguments);
        command.env("SMTP_URL", &self.url).env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        command
    }

    /// Runs the binary to its end; what it says must not betray the password.
    fn run<const N: usize>(&self, arguments: [&str; N]) -> Outcome {
        let outcome = self.project.wait(self.command(arguments).spawn().expect("the binary starts"));
        assert!(!outcome.stderr.contains(PASSWORD) && !outcome.stdout.contains(PASSWORD), "{}", outcome.stderr);
        outcome
    }

    /// Makes a scheduler of the past have seen all fires up to so many hours ago, and none since.
    fn begins_hours_ago(&self, hours: i64) {
        self.run(["schedule", "--once"]).exits(0);
        let change = format!("UPDATE schedules SET seen = seen - {hours} * {HOUR}");
        state(&self.project).execute_batch(&change).expect("a state");
    }

    /// Moves all that has been by an hour into the past.
    fn an_hour_passes(&self) {
        let state = state(&self.project);
        let mut query = state.prepare("SELECT instant FROM fires ORDER BY instant").expect("a query");
        let fires: Vec<i64> = query.query_map([], |row| row.get(0)).expect("rows").flatten().collect();
        for fire in fires {
            let named = |fire: i64| Timestamp::from_microsecond(fire).expect("in range").to_string();
            let change = "UPDATE effects SET key = replace(key, ?, ?)";
            state.execute(change, [named(fire), named(fire - HOUR)]).expect("a state");
        }
        let change = format!("UPDATE fires SET instant = instant - {HOUR}; UPDATE schedules SET seen = seen - {HOUR}");
        state.execute_batch(&change).expect("a state");
    }

    /// The mails so far: subjects and texts, without what differs from run to run.
    fn mails(&self) -> Vec<(String, String)> {
        let read = |bytes: &[u8]| {
            let mail = MessageParser::default().parse(bytes).expect("a mail");
            let text = mail.body_text(0).expect("a text").replace("\r\n", "\n");
            (mail.subject().unwrap_or_default().to_owned(), self.timeless(&text))
        };
        self.mail.mails().iter().map(|mail| read(&mail.bytes)).collect()
    }

    fn subjects(&self) -> Vec<String> {
        self.mails().into_iter().map(|(subject, _)| subject).collect()
    }

    /// What the webhook has got since it was asked last.
    fn calls(&self) -> Vec<Value> {
        self.hook.heard.try_iter().map(|call| serde_json::from_str(&call.body).expect("JSON")).collect()
    }

    fn timeless(&self, text: &str) -> String {
        let folder = self.project.root();
        let real = folder.canonicalize().expect("it is there").display().to_string();
        let mut text = text.replace(&real, "[folder]").replace(&folder.display().to_string(), "[folder]");
        for (pattern, plain) in [
            (r"\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d\d:\d\d)", "[when]"),
            (r"\b\d{8}-\d{6}-[0-9a-f]{4}\b", "[run]"),
            (r"\d\d:\d\d:\d\d", "[time]"),
        ] {
            text = regex::Regex::new(pattern).expect("well-formed").replace_all(&text, plain).into_owned();
        }
        text
    }
}
