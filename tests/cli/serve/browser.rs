//! The server as a child process, and who asks it.

use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

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
    /// An answer that was heard; None if that is none.
    pub fn read(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok())?;
        let is_chunked = head.to_lowercase().contains("transfer-encoding: chunked");
        let body = if is_chunked { unchunked(body) } else { body.to_owned() };
        Some(Self { status, head: head.to_owned(), body })
    }

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
            if let Some(address) = lines[before..].strip_prefix("serve http") {
                let host = address.split_once("://").and_then(|(_, rest)| rest.split('/').next());
                break host.expect("an address").to_owned();
            }
        };
        // What else it says is read, so that it never waits for a reader.
        std::thread::spawn(move || std::io::copy(&mut told, &mut std::io::sink()));
        Self { child, host }
    }

    /// Asks for something, with these headers.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let answer = self.say(self.request(method, path, headers, body));
        Answer::read(&answer).unwrap_or_else(|| panic!("{method} {path} is not answered: {answer}"))
    }

    /// A request as text.
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
        let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        if !headers.iter().any(|(name, _)| *name == "Host") {
            head += &format!("Host: {}\r\n", self.host);
        }
        headers.iter().for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
        format!("{head}\r\n{body}")
    }

    /// A connection.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.host).expect("it listens");
        stream.set_read_timeout(Some(DEADLINE)).expect("a timeout");
        stream
    }

    /// Says that, and listens until the server hangs up.
    pub fn say(&self, what: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect();
        // It may hang up before it has heard all.
        let _ = stream.write_all(what.as_ref());
        listen(&mut stream)
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
        let path = format!("/api/v1/projects/{project}/runs/{run}");
        // The events end when the run has.
        self.get(&format!("{path}/events"));
        let found = self.get(&path).json();
        assert_ne!(found["status"], "running");
        found
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// All that is said until the other side hangs up.
pub fn listen(stream: &mut impl std::io::Read) -> String {
    let mut heard = Vec::new();
    match stream.read_to_end(&mut heard) {
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            panic!("the server does not hang up: {}", String::from_utf8_lossy(&heard))
        }
        // Who hangs up on somebody who is still talking resets the connection.
        _ => String::from_utf8_lossy(&heard).into_owned(),
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
