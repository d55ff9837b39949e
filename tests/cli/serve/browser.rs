//! The server as a child process, and who asks it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::project::Project;

/// Whatever is waited for comes in this time, or the test fails.
const DEADLINE: Duration = Duration::from_secs(60);

/// A server of its own for one test. It ends with the value.
pub struct Server {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub host: String,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The lines of the head.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Answer {
    /// A header, by its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The text of a page without its tags; each run of blanks is one.
    pub fn text(&self) -> String {
        let tags =
            regex::Regex::new(r"(?s)<(style|script)[^>]*>.*?</(style|script)>|<[^>]*>").expect("a regular expression");
        let text = tags.replace_all(&self.body, " ");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl Server {
    /// Serves a project on a free port.
    pub fn of(project: &Project) -> Self {
        Self::with(project.command(["serve", "--listen", "127.0.0.1:0"]))
    }

    /// Starts that command, which says where it listens.
    pub fn with(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the binary starts");
        let mut told = BufReader::new(child.stderr.take().expect("it is piped"));
        let mut lines = String::new();
        let host = loop {
            let before = lines.len();
            let read = told.read_line(&mut lines).expect("text");
            assert!(read > 0, "it ended without listening: {lines}");
            if let Some(host) = lines[before..].split("http://").nth(1).and_then(|rest| rest.split('/').next()) {
                break host.to_owned();
            }
        };
        // What else it says is read, so that it never waits for a reader.
        std::thread::spawn(move || std::io::copy(&mut told, &mut std::io::sink()));
        Self { child, host }
    }

    /// Asks for something, with these headers.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        if !headers.iter().any(|(name, _)| *name == "Host") {
            head += &format!("Host: {}\r\n", self.host);
        }
        headers.iter().for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
        let mut stream = TcpStream::connect(&self.host).expect("it listens");
        stream.set_read_timeout(Some(DEADLINE)).expect("a timeout");
        stream.write_all(format!("{head}\r\n{body}").as_bytes()).expect("it reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer in time");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let is_chunked = head.to_lowercase().contains("transfer-encoding: chunked");
        let body = if is_chunked { unchunked(body) } else { body.to_owned() };
        Answer { status, head: head.to_owned(), body }
    }

    /// Looks at a page.
    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    /// The cookie of the first page.
    pub fn cookie(&self) -> String {
        let page = self.get("/");
        let cookie = page.header("set-cookie").expect("a cookie").split(';').next().expect("a value");
        cookie.to_owned()
    }

    /// Changes something as the page does.
    pub fn post(&self, path: &str, body: &str) -> Answer {
        let origin = format!("http://{}", self.host);
        self.ask("POST", path, &[("Cookie", &self.cookie()), ("Origin", &origin)], body)
    }

    /// Waits until a run has ended; how it did.
    pub fn ended(&self, project: &str, run: &str) -> serde_json::Value {
        let begun = Instant::now();
        loop {
            let found = self.get(&format!("/api/v1/projects/{project}/runs/{run}")).json();
            if found["status"] != "running" {
                return found;
            }
            assert!(begun.elapsed() < DEADLINE, "it goes on and on: {found}");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let length = usize::from_str_radix(length.trim(), 16).expect("the length of a chunk");
        let Some(chunk) = rest.get(..length) else { break };
        whole += chunk;
        body = rest[length..].trim_start_matches("\r\n");
    }
    whole
}
