//! A project whose pipeline has a database of its own.

use std::process::{Command, Stdio};
use std::sync::Arc;

use tidemill_test_servers::Postgres;

use crate::project::{Outcome, Project, dedent};

/// How every form of the password begins that a URL, a message or a file may hold.
const PASSWORD: [&str; 2] = ["owner's p@ss", "owner's%20p"];

/// The connections of the pipelines: to the database itself, and to its schema `mart`.
const HEAD: &str = "version: 1
name: shop
secrets: [DB_URL]
dotenv: .env
connections:
  shop: ${{ secrets.DB_URL }}
  mart: {url: '${{ secrets.DB_URL }}', schema: mart}
";

/// A project, and the database that its pipeline reads and writes.
pub struct Shop {
    pub project: Project,
    pub server: Arc<Postgres>,
    pub database: String,
}

impl Shop {
    /// With these statements in the database, and what the pipeline has beside its connections; None where PostgreSQL is not
    /// installed.
    pub fn new(sql: &str, rest: &str) -> Option<Self> {
        let shop = Self::with(Project::new(), sql)?;
        Some(shop.pipeline(rest))
    }

    /// With a project that has a pipeline already; its secret is in `.env`.
    pub fn with(project: Project, sql: &str) -> Option<Self> {
        Self::at(Postgres::shared()?, project, sql)
    }

    /// At that server.
    pub fn at(server: Arc<Postgres>, project: Project, sql: &str) -> Option<Self> {
        let database = server.database();
        server.psql(&database, sql);
        let url = server.url(&database);
        let shop = Self { project, server, database };
        Some(shop.secret(&url))
    }

    /// Writes the pipeline anew.
    pub fn pipeline(mut self, rest: &str) -> Self {
        self.project = self.project.file("pipeline.yaml", format!("{HEAD}{}", dedent(rest)));
        self
    }

    /// Gives the pipeline another URL.
    pub fn secret(mut self, url: &str) -> Self {
        self.project = self.project.file(".env", format!("DB_URL=\"{url}\"\nSHOP_URL=\"{url}\"\n"));
        self
    }

    /// What statements give, rows as lines, fields with `|` between.
    pub fn sql(&self, sql: &str) -> String {
        self.server.psql(&self.database, sql)
    }

    /// Runs the binary; neither what it says nor what it leaves holds the password.
    #[track_caller]
    pub fn run<const N: usize>(&self, arguments: [&str; N]) -> Outcome {
        self.finish(self.project.command(arguments))
    }

    /// The same with a command that is ready.
    #[track_caller]
    pub fn finish(&self, mut command: Command) -> Outcome {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        let mut outcome = self.project.wait(child);
        for text in [&mut outcome.stdout, &mut outcome.stderr] {
            is_clean("what it says", text.as_bytes());
            *text = text.replace(&self.server.port().to_string(), "[port]");
        }
        let files = self.project.files(".");
        files.iter().filter(|(path, _)| !path.ends_with(".env")).for_each(|(path, bytes)| is_clean(path, bytes));
        outcome
    }
}

#[track_caller]
fn is_clean(what: &str, bytes: &[u8]) {
    for form in PASSWORD {
        let found = bytes.windows(form.len()).any(|window| window == form.as_bytes());
        assert!(!found, "the password is in {what}: {}", String::from_utf8_lossy(bytes));
    }
}

/// A table of nine orders.
pub const ORDERS: &str =
    "create table orders (id int primary key, country text not null, amount numeric(12,2) not null);
insert into orders select i, (array['FR', 'D''E', 'US'])[i % 3 + 1], i * 1.5 from generate_series(1, 9) as i;";
