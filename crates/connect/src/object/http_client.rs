//! The client that speaks HTTP, to stores and to the web alike.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;
use tidemill_core::connection::{ConnectionConfig, ConnectionError, ConnectionErrorKind};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// How long a server may say nothing, unless the connection says otherwise.
pub(crate) const SILENCE: Duration = Duration::from_secs(60);

/// Clients by how long a server may say nothing: each holds the certificates that are trusted, and connections that stand.
static CLIENTS: LazyLock<Mutex<HashMap<Duration, Client>>> = LazyLock::new(Mutex::default);

/// A client that follows no redirect by itself.
///
/// # Errors
/// If this machine's certificates or its proxy settings cannot be used.
pub(crate) fn client(silence: Duration) -> Result<Client, reqwest::Error> {
    let mut clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(client) = clients.get(&silence) {
        return Ok(client.clone());
    }
    let builder = Client::builder().redirect(Policy::none()).referer(false).http1_only();
    let builder = builder.user_agent(concat!("tidemill/", env!("CARGO_PKG_VERSION")));
    let client = builder.connect_timeout(CONNECT.min(silence)).read_timeout(silence).build()?;
    clients.insert(silence, client.clone());
    Ok(client)
}

/// The key `timeout` of a connection: how long its server may say nothing.
///
/// # Errors
/// If it is no duration.
pub(crate) fn silence(config: &ConnectionConfig) -> Result<Duration, ConnectionError> {
    let Some(text) = config.option("timeout") else { return Ok(SILENCE) };
    let duration = text.parse::<jiff::SignedDuration>().ok().filter(jiff::SignedDuration::is_positive);
    duration.map(|duration| duration.unsigned_abs()).ok_or_else(|| {
        let message = format!("has a `timeout` that is no duration: `{text}`");
        ConnectionError::new(ConnectionErrorKind::Config, &config.name, message).help("write `30s` or `2m`")
    })
}
