//! Files on the web.

mod answer;
mod exchange;

use std::path::Path;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode, Url};
use tidemill_core::attempt::CancelToken;
use tidemill_core::connection::{ConnectionConfig, ConnectionError, ConnectionErrorKind};
use tidemill_core::table::Location;

use self::answer::{Answered, accept, state_of};
use self::exchange::{Exchange, Part};
use super::fault::{Fault, FaultKind};
use super::file_state::FileState;
use super::http_client;
use super::remote_files::{Incoming, RemoteFiles};
use crate::runtime;

/// The schemes of URLs that lead to the web.
pub(crate) const SCHEMES: &[&str] = &["http", "https"];

/// Files below a URL, or of URLs that stand for themselves.
pub(crate) struct WebFiles {
    connection: Option<WebConnection>,
    /// Sent to the connection's own host and to no other.
    headers: HeaderMap,
    silence: Duration,
}

struct WebConnection {
    name: String,
    /// Ends in a slash unless it has a query.
    base: Url,
}

impl WebFiles {
    /// Of URLs that stand for themselves.
    pub fn of_urls() -> Self {
        Self { connection: None, headers: HeaderMap::new(), silence: http_client::SILENCE }
    }

    /// Of a connection.
    ///
    /// # Errors
    /// If its URL or a header cannot be used.
    pub fn of_connection(config: ConnectionConfig) -> Result<Self, ConnectionError> {
        let wrong = |message: String| ConnectionError::new(ConnectionErrorKind::Config, &config.name, message);
        let base = Url::parse(config.url.as_deref().unwrap_or_default())
            .map_err(|error| wrong(format!("has a URL that is none: {error}")))?;
        let mut headers = HeaderMap::new();
        for (name, value) in &config.headers {
            let key = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| wrong(format!("has a header with a name that is none: `{name}`")))?;
            let mut value = HeaderValue::from_str(value)
                .map_err(|_| wrong(format!("has a header `{name}` with characters that a header cannot have")))?;
            value.set_sensitive(true);
            headers.append(key, value);
        }
        let silence = http_client::silence(&config)?;
        Ok(Self { connection: Some(WebConnection { name: config.name, base }), headers, silence })
    }

    /// The URL that a location means.
    fn url(&self, location: &Location) -> Result<Url, Fault> {
        let text = location.as_str();
        let wrong = |error| Fault::new(FaultKind::Refused, format!("this is no URL: {error}"));
        let Some(connection) = &self.connection else { return Url::parse(text).map_err(wrong) };
        let below = text.split_once("://").map_or(text, |(_, below)| below).trim_start_matches('/');
        let (path, query) = below.split_once('?').map_or((below, None), |(path, query)| (path, Some(query)));
        let mut url = connection.base.clone();
        let folder = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{folder}/{path}"));
        let queries: Vec<&str> = query.into_iter().chain(connection.base.query()).collect();
        url.set_query(Some(queries.join("&")).filter(|query| !query.is_empty()).as_deref());
        Ok(url)
    }

    fn exchange(&self) -> Result<Exchange<'_>, Fault> {
        runtime::available().map_err(|said| Fault::new(FaultKind::Local, said))?;
        let client = http_client::client(self.silence)
            .map_err(|error| Fault::new(FaultKind::Refused, format!("no request can be made: {error}")))?;
        Ok(Exchange { client, headers: &self.headers })
    }

    async fn asked(exchange: Exchange<'_>, url: Url) -> Result<Option<FileState>, Fault> {
        let head = exchange.send(Method::HEAD, url.clone(), &Part::Whole).await?;
        // Some servers, and signed URLs, allow only to read.
        let refused = [StatusCode::FORBIDDEN, StatusCode::METHOD_NOT_ALLOWED, StatusCode::NOT_IMPLEMENTED];
        let answer = if refused.contains(&head.status()) || head.status() == StatusCode::BAD_REQUEST {
            exchange.send(Method::GET, url, &Part::FirstByte).await?
        } else {
            head
        };
        state_of(&answer)
    }

    /// What the place of the connection itself answers; that nothing is there says nothing of what is below it.
    async fn probed(exchange: Exchange<'_>, url: Url) -> Result<String, Fault> {
        let answer = exchange.send(Method::HEAD, url, &Part::Whole).await?;
        match answer.status() {
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => Err(answer::refused(status)),
            status => Ok(format!("{} answers ({status})", answer.url().host_str().unwrap_or_default())),
        }
    }

    async fn brought(exchange: Exchange<'_>, url: Url, expected: &FileState, into: &mut Incoming) -> Result<(), Fault> {
        let part = match (&expected.tag, into.written()) {
            (Some(tag), from @ 1..) => Part::From { from, tag },
            _ => Part::Whole,
        };
        let mut answer = exchange.send(Method::GET, url, &part).await?;
        match accept(&answer, expected, into.written())? {
            Answered::Rest => {}
            Answered::Whole => into.restart()?,
        }
        let host = answer.url().host_str().unwrap_or_default().to_owned();
        loop {
            match answer.chunk().await {
                Ok(Some(bytes)) => into.take(&bytes)?,
                Ok(None) => return Ok(()),
                Err(error) => {
                    let fault = super::network::fault(&error, &host);
                    return Err(Fault { kind: FaultKind::Broken, ..fault });
                }
            }
        }
    }
}

impl RemoteFiles for WebFiles {
    fn probe(&self) -> Result<String, Fault> {
        let Some(connection) = &self.connection else { return Ok("can be used".to_owned()) };
        runtime::block_on(Self::probed(self.exchange()?, connection.base.clone()))
    }

    fn leads_here(&self, scheme: &str) -> bool {
        self.connection.as_ref().map_or_else(|| SCHEMES.contains(&scheme), |connection| connection.name == scheme)
    }

    fn shown(&self, location: &Location) -> String {
        let plain = location.as_str().split(['?', '#']).next().unwrap_or_default();
        let Some((scheme, rest)) = plain.split_once("://").filter(|_| self.connection.is_none()) else {
            return plain.to_owned();
        };
        let host = rest.split('/').next().unwrap_or_default();
        let bare = host.rsplit('@').next().unwrap_or_default();
        format!("{scheme}://{bare}{}", &rest[host.len()..])
    }

    fn address(&self, location: &Location) -> String {
        let Ok(url) = self.url(location) else { return self.shown(location) };
        format!("{}{}", url.origin().ascii_serialization(), url.path())
    }

    fn is_pattern(&self, location: &Location) -> bool {
        self.shown(location).contains('*')
    }

    fn state(&self, location: &Location) -> Result<Option<FileState>, Fault> {
        let url = self.url(location)?;
        runtime::block_on(Self::asked(self.exchange()?, url))
    }

    /// The web has no lists of files.
    fn matches(&self, _pattern: &Location) -> Result<Vec<(Location, FileState)>, Fault> {
        let fault =
            Fault::new(FaultKind::Unsupported, "a pattern means nothing on the web, which does not list its files");
        Err(fault.help("name each file, for instance with `foreach`"))
    }

    fn read(&self, location: &Location, expected: &FileState, into: &mut Incoming) -> Result<(), Fault> {
        let url = self.url(location)?;
        runtime::block_on(Self::brought(self.exchange()?, url, expected, into))
    }

    fn write(&self, _location: &Location, _file: &Path, _cancelled: &CancelToken) -> Result<(), Fault> {
        Err(Fault::new(FaultKind::Unsupported, "files of the web can only be read"))
    }

    fn is_writable(&self) -> bool {
        false
    }
}
