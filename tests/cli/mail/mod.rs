//! Mail, against a server that the test starts itself.

mod alert;
mod failing;
mod ledger;
mod sending;
mod wire;

use std::time::Duration;

use rusqlite::Connection;
use tidemill_mail_server::{Encryption, Mail, Server, Settings, Trouble};

use crate::project::{Outcome, Project};

const USER: &str = "reports";
const PASSWORD: &str = "Wasser/fall 7";
/// How the password stands in a URL.
const IN_URL: &str = "Wasser%2Ffall%207";
/// Longer than anything takes that is waited for.
const LONG: Duration = Duration::from_secs(30);

/// A project whose only task sends a mail, and a server for it.
struct Post {
    project: Project,
    server: Server,
    url: String,
}

/// Settings of a server that wants a login.
fn settings(encryption: Encryption) -> Settings {
    Settings { encryption, login: Some((USER.to_owned(), PASSWORD.to_owned())), ..Settings::default() }
}

impl Post {
    fn new(project: Project, settings: Settings) -> Self {
        let server = Server::start(settings.clone()).expect("a server");
        let authority = project.root().join("ca.pem");
        let url = match settings.encryption {
            Encryption::None => server.url(USER, IN_URL),
            _ => server.url_trusting(USER, IN_URL, &authority).expect("a file"),
        };
        Self { project, server, url }
    }

    /// One mail to one person.
    fn simple() -> Self {
        Self::new(letter("0"), settings(Encryption::StartTls))
    }

    fn command<const N: usize>(&self, arguments: [&str; N]) -> std::process::Command {
        let mut command = self.project.command(arguments);
        command.env("SMTP_URL", &self.url);
        command
    }

    /// Runs the binary to its end; what it says must not betray the password.
    fn run<const N: usize>(&self, arguments: [&str; N]) -> Outcome {
        let mut command = self.command(arguments);
        let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn();
        let mut outcome = self.project.wait(child.expect("the binary starts"));
        for text in [&mut outcome.stdout, &mut outcome.stderr] {
            assert!(!text.contains(PASSWORD) && !text.contains(IN_URL), "{text}");
            *text = text.replace(&self.server.address().to_string(), "[server]");
        }
        outcome
    }

    fn in_trouble(self, troubles: &[Trouble]) -> Self {
        troubles.iter().for_each(|trouble| self.server.next(*trouble));
        self
    }

    /// How the server got each mail: `true` if it has said that it takes it.
    fn taken(&self) -> Vec<bool> {
        self.server.mails().iter().map(|mail| mail.accepted).collect()
    }

    fn mail(&self) -> Mail {
        let mut mails = self.server.mails();
        assert_eq!(mails.len(), 1, "one mail");
        mails.remove(0)
    }

    /// How the ledger has what was sent: tasks and states, in the order of their keys.
    fn ledger(&self) -> Vec<String> {
        let state = Connection::open(self.project.root().join(".tidemill/state.db")).expect("a state");
        let mut query = state.prepare("SELECT task || ' ' || status FROM effects ORDER BY at, key").expect("a query");
        let rows = query.query_map([], |row| row.get(0)).expect("rows");
        rows.collect::<Result<_, _>>().expect("texts")
    }
}

/// A project that sends a letter; `retries` as the file has it.
fn letter(retries: &str) -> Project {
    Project::new().pipeline(&format!(
        "
        version: 1
        name: letters
        secrets: [SMTP_URL]
        params: {{word: one}}
        tasks:
          letter:
            type: email
            to: ada@example.com
            sender: Reports <reports@example.com>
            subject: The word is ${{{{ params.word }}}}
            body: See above.
            retries: {retries}
            smtp: ${{{{ secrets.SMTP_URL }}}}
        "
    ))
}
