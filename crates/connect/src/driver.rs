//! What a kind of connection is.

use std::path::Path;
use std::sync::Arc;

use tidemill_core::connection::{ConnectionConfig, ConnectionError, ConnectionErrorKind};
use tidemill_core::storage::Storage;

/// Makes the storage of a connection; copies of remote files go into that folder.
pub(crate) type OpenStorage = fn(ConnectionConfig, &Path) -> Result<Arc<dyn Storage>, ConnectionError>;

/// A kind of connection.
pub(crate) struct Driver {
    /// The schemes of its URLs.
    pub schemes: &'static [&'static str],
    /// The keys that a connection of it may have beside `url`.
    pub options: &'static [&'static str],
    /// The storage of a connection, under its name; it does not connect.
    pub open: OpenStorage,
    /// The storage of URLs that stand for themselves.
    pub of_urls: fn(&Path) -> Arc<dyn Storage>,
}

/// The driver that a connection's URL names, or `other` where there is no URL but a driver of the user's.
///
/// # Errors
/// If there is none, or the connection has a key that has no meaning for it.
pub(crate) fn of<'a>(
    drivers: &'a [Driver],
    other: &'a Driver,
    config: &ConnectionConfig,
) -> Result<&'a Driver, ConnectionError> {
    if config.driver.is_some() {
        return known_keys(other, config, "a connection with a driver");
    }
    let wrong = |message: String| ConnectionError::new(ConnectionErrorKind::Config, &config.name, message);
    let url = config.url.as_deref().unwrap_or_default();
    let scheme = url.split(':').next().unwrap_or_default();
    let known = || drivers.iter().flat_map(|driver| driver.schemes).map(|scheme| format!("{scheme}://"));
    let driver = drivers.iter().find(|driver| driver.schemes.contains(&scheme)).ok_or_else(|| {
        wrong("has a URL of no kind that is known here".to_owned())
            .help(format!("begin it with one of {}", known().collect::<Vec<_>>().join(", ")))
    })?;
    known_keys(driver, config, &format!("{scheme}://"))
}

/// The driver, if each key of the connection has a meaning for it.
fn known_keys<'a>(driver: &'a Driver, config: &ConnectionConfig, kind: &str) -> Result<&'a Driver, ConnectionError> {
    match config.options.iter().find(|(name, _)| !driver.options.contains(&name.as_str())) {
        Some((name, _)) => {
            let message = format!("has a key `{name}`, which means nothing for {kind}");
            Err(ConnectionError::new(ConnectionErrorKind::Config, &config.name, message))
        }
        None => Ok(driver),
    }
}
