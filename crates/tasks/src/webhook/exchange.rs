//! A request on its way, and what comes of it.

use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use tidemill_core::task::{LogLevel, TaskFailure, TaskResult};
use ureq::http::{Request, Response, header};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectionDetails, Connector, DefaultConnector, Transport};
use ureq::{Agent, Body, Error};

/// How long the whole exchange may take, if the task's `timeout` is not shorter.
const PATIENCE: Duration = Duration::from_secs(30);
/// Of an answer, only so many bytes are read and logged.
const SHOWN: u64 = 2000;
/// Of a place that a server redirects to, so many letters are told.
const PLACE: usize = 200;

/// What whoever sends something has to say about it.
pub struct Hooks<'a> {
    /// When it is to be given up.
    pub deadline: Option<Instant>,
    /// To be called once, right before the step that cannot be taken back.
    pub begin: &'a dyn Fn() -> Result<(), TaskFailure>,
    /// Lines of what happens.
    pub log: &'a dyn Fn(LogLevel, &str),
}

/// Sends the request and judges the answer.
///
/// # Errors
/// If there is no answer or not a good one. Where the request may have arrived, the failure is uncertain.
pub fn exchange(hooks: &Hooks<'_>, request: Request<Vec<u8>>) -> Result<TaskResult, TaskFailure> {
    let host = request.uri().host().unwrap_or("nobody").to_owned();
    let left = hooks.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
    let attempt = Attempt { host, limit: left.map_or(PATIENCE, |left| left.min(PATIENCE)), connected: Arc::default() };
    let agent = attempt.agent();
    (hooks.begin)()?;
    let mut answer = agent.run(request).map_err(|error| attempt.no_answer(&error))?;
    let lines = lines(&mut answer);
    let told = format!("{} answered {}", attempt.host, answer.status());
    (hooks.log)(LogLevel::Info, &told);
    lines.iter().for_each(|line| (hooks.log)(LogLevel::Info, line));
    if answer.status().is_success() {
        return Ok(TaskResult { note: Some(told), ..TaskResult::default() });
    }
    let tail = lines.into_iter().take(10).collect();
    Err(TaskFailure { tail, ..refusal(&answer, told) })
}

/// What is wrong with an answer that is not a success.
fn refusal(answer: &Response<Body>, told: String) -> TaskFailure {
    let status = answer.status();
    let place = answer.headers().get(header::LOCATION).filter(|_| status.is_redirection());
    if let Some(place) = place {
        let help = "a redirect is not followed: what the request carries is for this host alone; if it is right, make it the `url`";
        return TaskFailure {
            message: format!("{told}, which leads to {}", place_shown(&String::from_utf8_lossy(place.as_bytes()))),
            help: vec![help.to_owned()],
            permanent: true,
            ..TaskFailure::default()
        };
    }
    // Too slow and too many may pass; what is wrong with the request itself does not.
    let permanent = !status.is_server_error() && !matches!(status.as_u16(), 408 | 425 | 429);
    TaskFailure { message: told, permanent, ..TaskFailure::default() }
}

/// One try to reach a host.
struct Attempt {
    host: String,
    limit: Duration,
    /// Whether the connection stood, TLS included: before that, nothing of the request can have arrived.
    connected: Arc<AtomicBool>,
}

impl Attempt {
    fn agent(&self) -> Agent {
        let config = Agent::config_builder()
            .timeout_global(Some(self.limit))
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(concat!("tidemill/", env!("CARGO_PKG_VERSION")))
            .build();
        let connector = DefaultConnector::new().chain(Connected(Arc::clone(&self.connected)));
        Agent::with_parts(config, connector, DefaultResolver::default())
    }

    /// There is no answer. Where the request may have arrived, nobody knows what came of it, and it is not sent again.
    fn no_answer(&self, error: &Error) -> TaskFailure {
        let (host, is_slow) = (&self.host, matches!(error, Error::Timeout(_)));
        let limit = format!("{:#}", SignedDuration::try_from(self.limit).unwrap_or(SignedDuration::MAX));
        let mut help = Vec::new();
        if is_slow && self.limit < PATIENCE {
            help.push("raise `timeout` if it may take longer".to_owned());
        }
        if !self.connected.load(Ordering::Acquire) {
            let (said, permanent) = match error {
                Error::Timeout(_) => (format!("no connection within {limit}"), false),
                // The URL may hold a password.
                Error::BadUri(_) => ("this is no URL".to_owned(), true),
                // What it shows is not acceptable, such as its certificate.
                Error::Io(io) => (io.to_string(), io.kind() == std::io::ErrorKind::InvalidData),
                other => (other.to_string(), matches!(other, Error::Http(_))),
            };
            let message = format!("cannot reach {host}: {said}");
            return TaskFailure { message, help, permanent, ..TaskFailure::default() };
        }
        let said = if is_slow { format!("no answer within {limit}") } else { shown(&error.to_string()) };
        help.insert(0, "look there; if it did not, `tidemill retry --effects` sends it again".to_owned());
        TaskFailure {
            message: format!("it is not known whether {host} took the request: {said}"),
            help,
            permanent: true,
            uncertain: true,
            ..TaskFailure::default()
        }
    }
}

/// The last link of the chain that connects: it takes note that the others have done their part.
#[derive(Debug)]
struct Connected(Arc<AtomicBool>);

impl<In: Transport> Connector<In> for Connected {
    type Out = In;

    fn connect(&self, _: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<In>, Error> {
        self.0.store(chained.is_some(), Ordering::Release);
        Ok(chained)
    }
}

/// The beginning of an answer's text, fit to be shown. What cannot be read of it is left out: the status says what came of it.
fn lines(answer: &mut Response<Body>) -> Vec<String> {
    let mut bytes = Vec::new();
    let _ = answer.body_mut().as_reader().take(SHOWN).read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).lines().map(shown).collect()
}

/// A place without what may be a secret in it: name and password, query, fragment.
fn place_shown(place: &str) -> String {
    let bare = place.split(['?', '#']).next().unwrap_or_default();
    let bare = match bare.split_once("//") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            format!("{scheme}//{}{path}", authority.rsplit('@').next().unwrap_or_default())
        }
        None => bare.to_owned(),
    };
    shown(&bare.chars().take(PLACE).collect::<String>())
}

/// A line without anything that a terminal would obey.
fn shown(line: &str) -> String {
    let plain = |c: char| if c.is_control() && c != '\t' { c.escape_default().to_string() } else { c.to_string() };
    line.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_without_secrets_and_escapes() {
        let told = [
            ("https://me:hunter2@example.com/a/@b?token=hunter2", "https://example.com/a/@b"),
            ("//example.com#hunter2", "//example.com"),
            ("/login?next=hunter2", "/login"),
            ("http://example.com/\u{1b}[2J", "http://example.com/\\u{1b}[2J"),
            ("", ""),
        ];
        for (place, expected) in told {
            assert_eq!(place_shown(place), expected);
        }
        assert_eq!(place_shown(&format!("/{}", "x".repeat(5000))).len(), PLACE);
    }
}
