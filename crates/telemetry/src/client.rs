//! Requests to the servers that are told of runs.

use std::io::Read as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ureq::Agent;
use ureq::http::{Request, Response};

/// How long it may take to connect.
const CONNECT: Duration = Duration::from_secs(3);
/// Of an answer nothing but its beginning is of interest.
const ANSWER: u64 = 64 << 10;

/// Posts to a server, and keeps why that failed first.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    agent: Agent,
    failure: Arc<Mutex<Option<String>>>,
}

impl Client {
    /// A client whose requests may take so long.
    pub(crate) fn new(limit: Duration) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(limit))
            .timeout_connect(Some(limit.min(CONNECT)))
            // What a request carries is for this host alone.
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(concat!("tidemill/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.into(), failure: Arc::default() }
    }

    /// Sends a request and returns what was answered, whatever it is.
    ///
    /// # Errors
    /// If there is no answer; the reason is kept.
    pub(crate) fn post(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, String> {
        let mut answer = self.agent.run(request).map_err(|error| self.note(no_answer(&error)))?;
        if !answer.status().is_success() {
            self.note(format!("the server answered {}", answer.status()));
        }
        let mut bytes = Vec::new();
        // The status says what came of it.
        let _ = answer.body_mut().as_reader().take(ANSWER).read_to_end(&mut bytes);
        Ok(answer.map(|_| bytes))
    }

    /// Keeps why something could not be sent, unless something before it could not either.
    pub(crate) fn note(&self, why: String) -> String {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| why.clone());
        why
    }

    /// Why something could not be sent, if anything.
    pub(crate) fn failure(&self) -> Option<String> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn no_answer(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "it does not answer in time".to_owned(),
        // The URL may hold a password.
        ureq::Error::BadUri(_) => "this is no URL".to_owned(),
        ureq::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// A URL as it is shown: without user, password, query and fragment.
pub(crate) fn shown(url: &str) -> String {
    let bare = url.split(['?', '#']).next().unwrap_or_default();
    // What is no URL may have a password all the same.
    let Some((scheme, rest)) = bare.split_once("://") else {
        return bare.rsplit('@').next().unwrap_or_default().to_owned();
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    format!("{scheme}://{}{path}", authority.rsplit('@').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_url_is_shown_without_what_is_secret() {
        assert_eq!(shown("https://me:hunter2@example.com:4318/v1?key=hunter2"), "https://example.com:4318/v1");
        assert_eq!(shown("localhost:4318"), "localhost:4318");
        assert_eq!(shown("me:hunter2@localhost:4318"), "localhost:4318");
        assert_eq!(shown("ht//me:hunter2@localhost:4318"), "localhost:4318");
    }
}
