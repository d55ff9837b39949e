//! What somebody who means harm would try: each row of each table is an attack, and none may succeed.

mod asking;
mod changing;
mod flooding;
mod paths;
mod signing_in;
mod talking;
mod texts;
mod tls;

use std::process::Command;

use super::browser::{Answer, Server};
use crate::project::Project;

/// A secret of the pipeline, which its tasks print wherever they can.
const SECRET: &str = "hush-hush-hush-4711";
/// What stands in a file beside the project.
const OUTSIDE: &str = "this lies outside";

/// A project whose every text means harm, served.
pub struct Fortress {
    pub project: Project,
    pub server: Server,
    /// A run of it that has ended.
    pub run: String,
}

impl Fortress {
    /// Served for this machine alone.
    pub fn open() -> Self {
        Self::serve(|_| {})
    }

    /// Served with a token that may read, `looking`, and one that may run, `acting`.
    pub fn with_tokens() -> Self {
        Self::serve(|command| {
            command.args(["--token-file", "tokens"]);
        })
    }

    fn serve(with: impl FnOnce(&mut Command)) -> Self {
        let project = hostile();
        std::fs::write(project.root().join("../outside.txt"), OUTSIDE).expect("a file");
        let command = |arguments: &[&str]| {
            let mut command = project.command([]);
            command.args(arguments).env("TOKEN_OF_KEEP", SECRET);
            command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
            command
        };
        let ran = command(&["run", "--keep-going"]).output().expect("the binary starts");
        assert_eq!(ran.status.code(), Some(1), "{}", String::from_utf8_lossy(&ran.stderr));
        let mut serve = command(&["serve", "--no-schedule", "--listen", "127.0.0.1:0"]);
        with(&mut serve);
        let server = Server::with(serve);
        let runs = Self::logs(&project);
        assert_eq!(runs.len(), 1, "it ran once");
        Self { project, server, run: runs[0].clone() }
    }

    /// The runs that there were: each has a folder of logs.
    fn logs(project: &Project) -> Vec<String> {
        let logs = std::fs::read_dir(project.root().join("logs")).expect("a folder");
        logs.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }

    /// An address of the table with its parameters filled in.
    pub fn filled(&self, path: &str) -> String {
        let values = [("{project}", "keep"), ("{run}", &*self.run), ("{task}", "say"), ("{*path}", "out/page.html")];
        values.iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value))
    }

    /// An answer to one of many requests: who is told that these are too many asks again.
    pub fn get(&self, path: &str) -> Answer {
        loop {
            let answer = self.server.get(path);
            if answer.status != 429 {
                return answer;
            }
        }
    }

    /// Nothing was started or changed, and it still answers.
    #[track_caller]
    pub fn stands(&self, after: &str) {
        assert_eq!(Self::logs(&self.project).len(), 1, "a run was started: {after}");
        assert!(!self.project.has(".tidemill/paused"), "{after}");
        assert_eq!(self.get("/assets/icon.svg").status, 200, "{after}");
    }
}

/// All that an answer must not hold.
#[track_caller]
pub fn tells_nothing(answer: &str, after: &str) {
    for kept in [SECRET, OUTSIDE, "root:x:0", "looking", "acting"] {
        assert!(!answer.contains(kept), "`{kept}` is told: {after}\n{answer}");
    }
}

/// Refused in words, or hung up on.
#[track_caller]
pub fn is_refused(answer: &str, after: &str) {
    tells_nothing(answer, after);
    let statuses: Vec<u16> =
        answer.lines().filter_map(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()).collect();
    assert!(statuses.len() <= 1, "it was taken as several requests: {after}\n{answer}");
    let refused = |status: &u16| (400..500).contains(status) || [501, 505].contains(status);
    assert!(statuses.iter().all(refused), "{after}\n{answer}");
    assert!(answer.is_empty() || Answer::read(answer).is_some(), "{after}\n{answer}");
}

/// The addresses of a method.
pub fn addresses(method: &str) -> impl Iterator<Item = &'static str> {
    tidemill_serve::addresses().filter(move |(known, _)| *known == method).map(|(_, path)| path)
}

fn hostile() -> Project {
    Project::new()
        .pipeline(
            r#"
            version: 1
            name: keep
            description: "<script>alert('pipeline')</script>"
            secrets: [TOKEN_OF_KEEP]
            schedule: {cron: "0 0 1 1 *"}
            params:
              who: {type: string, default: "\"><img src=x onerror=alert(1)>", help: "<svg onload=alert(1)>"}
            tasks:
              orders:
                type: load
                path: orders.csv
                description: "</style><style>body{background:url(http://evil.example)}</style>"
              query:
                type: sql
                sql: |
                  -- </pre><script>alert('sql')</script>
                  select * from orders
                output: "out/'<b onclick=alert(1)>.csv"
              say:
                type: command
                description: "javascript:alert(1)"
                run: |
                  echo "<script>alert('log')</script> $TOKEN_OF_KEEP"
                  cp page.html "$TIDEMILL_OUTPUT_page"
                  cp page.svg "$TIDEMILL_OUTPUT_drawing"
                  echo "$TOKEN_OF_KEEP" > "$TIDEMILL_OUTPUT_words"
                outputs: {page: out/page.html, drawing: out/page.svg, words: out/words.bin}
              letter:
                type: email
                to: [a@example.com]
                subject: "<script>alert('mail')</script>"
                body: "<script>alert('body')</script>"
                outbox: post
              fails: {type: command, run: "echo '<script>alert(3)</script>' $TOKEN_OF_KEEP >&2; exit 3"}
            "#,
        )
        .file("orders.csv", "id,<script>alert(2)</script>\n1,<img src=x onerror=alert(2)>\n2,'\"><b>\n")
        .file("page.html", "<script>alert('report')</script><form action='/p/keep/pause' method=post></form>")
        .file("page.svg", "<svg xmlns='http://www.w3.org/2000/svg'><script>alert('drawing')</script></svg>")
        .file("tokens", "read:looking\nrun:acting\n")
}
