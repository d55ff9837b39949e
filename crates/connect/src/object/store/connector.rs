//! How the library of object stores speaks HTTP: with the client of all others.

use std::time::Duration;

use async_trait::async_trait;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};
use object_store::{BackoffConfig, ClientConfigKey, ClientOptions, RetryConfig};

use super::super::http_client;
use super::super::retry;

/// How long it may be tried all in all: requests are signed for a few minutes.
const TRYING: Duration = Duration::from_secs(180);

/// How the library asks for the services of a machine in a cloud, which are near or not there.
const NEAR: &str = "1 second";

/// How often, and after which waits, what may go well the next time is tried again.
pub(super) fn retries() -> RetryConfig {
    let backoff = BackoffConfig { init_backoff: retry::wait(1), max_backoff: retry::LONGEST_WAIT, base: 3. };
    RetryConfig { backoff, max_retries: retry::MOST_TRIES as usize - 1, retry_timeout: TRYING }
}

/// Gives the library a client whose server may say nothing for so long.
#[derive(Debug)]
pub(super) struct Connector {
    pub silence: Duration,
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let is_near = options.get_config_value(&ClientConfigKey::ConnectTimeout).is_some_and(|limit| limit == NEAR);
        let silence = if is_near { Duration::from_secs(1) } else { self.silence };
        let client = http_client::client(silence)
            .map_err(|error| object_store::Error::Generic { store: "HTTP", source: Box::new(error) })?;
        Ok(HttpClient::new(Patient(client)))
    }
}

/// A client that waits as long as the server asks it to; after that the library tries again.
#[derive(Debug)]
struct Patient(reqwest::Client);

#[async_trait]
impl HttpService for Patient {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let answer = self.0.call(request).await.map_err(|error| match error.kind() {
            // Who cannot be reached is not there the next moment either, and the library would not know.
            HttpErrorKind::Connect => HttpError::new(HttpErrorKind::Unknown, error),
            _ => error,
        })?;
        let asked = retry::asked_for(answer.headers()).filter(|wait| *wait <= retry::LONGEST_WAIT);
        if let Some(wait) = asked.filter(|_| retry::is_passing(answer.status())) {
            tokio::time::sleep(wait).await;
        }
        Ok(answer)
    }
}
