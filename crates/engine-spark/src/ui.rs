//! Spark's own pages, where what a run does on the cluster can be looked at.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::client::Session;

/// The port of Spark's pages where none is set. An application that finds it taken goes to the next one, so many times at most.
const PORT: u16 = 4040;
const PORTS: u16 = 16;
/// How long it may take to connect.
const CONNECTING: Duration = Duration::from_millis(500);
/// How long it may take to answer: the first one of a server takes a busy machine many seconds.
const ANSWERING: Duration = Duration::from_secs(30);
/// The longest answer that is looked at.
const MOST_BYTES: u64 = 100_000;

/// Whether pages can be there.
///
/// # Errors
/// If not, as a sentence.
pub(crate) fn accepts(base: &str) -> Result<(), String> {
    if base.starts_with("http://") || base.starts_with("https://") {
        return Ok(());
    }
    Err("`ui` is where Spark's pages are, such as http://spark.example:4040".to_owned())
}

/// The page with all statements of a session. It is looked for while statements already run.
pub(crate) struct SessionPage {
    search: Mutex<Option<JoinHandle<Option<String>>>>,
    found: OnceLock<Option<String>>,
}

impl SessionPage {
    /// Below `base`, in which `{app}` stands for the application; else on the server's host, if it is there.
    pub fn of(session: &Session, base: Option<&str>) -> Self {
        // One by one: a setting that is not there fails the question.
        let [app, port] = ["spark.app.id", "spark.ui.port"]
            .map(|key| session.settings(vec![key.to_owned()]).ok()?.pop().map(|(_, value)| value));
        let port = port.and_then(|port| port.parse().ok()).unwrap_or(PORT);
        let (app, host) = (app.unwrap_or_default(), session.host().to_owned());
        let base = base.map(|base| base.trim_end_matches('/').replace("{app}", &app));
        // As Spark's own links have it.
        let user = URL_SAFE_NO_PAD.encode(session.user_name());
        let below = format!("/connect/session/?id={}&userId={user}", session.id);
        let search = thread::spawn(move || Some(base.or_else(|| found(&host, port, &app))? + &below));
        Self { search: Mutex::new(Some(search)), found: OnceLock::new() }
    }

    /// Its address, once the search has ended; None if there is none.
    pub fn address(&self) -> Option<String> {
        let ended = || self.search.lock().unwrap_or_else(PoisonError::into_inner).take()?.join().ok().flatten();
        self.found.get_or_init(ended).clone()
    }
}

/// Where on a host the pages of an application are.
fn found(host: &str, first: u16, app: &str) -> Option<String> {
    for port in first..first.saturating_add(PORTS) {
        // The next port is taken only if another application has this one.
        let answer = applications(host, port).ok().filter(|answer| answer.contains("\"sparkUser\""))?;
        if answer.contains(&format!("\"{app}\"")) {
            return Some(format!("http://{host}:{port}"));
        }
    }
    None
}

/// What Spark's pages there say of their applications.
fn applications(host: &str, port: u16) -> io::Result<String> {
    let address = (host.trim_matches(['[', ']']), port).to_socket_addrs()?.next();
    let address = address.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
    let mut stream = TcpStream::connect_timeout(&address, CONNECTING)?;
    stream.set_read_timeout(Some(ANSWERING))?;
    // In one piece: a server that answers after the first of several would end the connection under the others.
    let request = format!("GET /api/v1/applications HTTP/1.0\r\nHost: {host}:{port}\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.take(MOST_BYTES).read_to_string(&mut answer)?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;

    use super::*;

    fn answering(app: &str) -> io::Result<u16> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let answer = format!("HTTP/1.0 200 OK\r\n\r\n[{{\"id\" : \"{app}\", \"sparkUser\" : \"me\"}}]");
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                // The whole request: what is unread when the connection is dropped would reset it.
                let _ = BufReader::new(&stream).lines().map_while(Result::ok).find(String::is_empty);
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Ok(port)
    }

    #[test]
    fn pages_of_another_application_are_not_taken_for_its_own() -> io::Result<()> {
        let port = answering("app-7")?;
        assert_eq!(found("127.0.0.1", port, "app-7"), Some(format!("http://127.0.0.1:{port}")));
        assert_eq!(found("127.0.0.1", port, "app-8"), None);
        Ok(())
    }

    #[test]
    fn pages_are_of_the_web() {
        assert!(accepts("https://history.example/history/{app}").is_ok());
        assert!(accepts("spark.example:4040").is_err());
    }
}
