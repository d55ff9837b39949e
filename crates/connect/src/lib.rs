//! Connections to what is outside of this machine: databases, object stores, the web.
//!
//! A connection of the pipeline file is a storage whose scheme is the connection's name: `shop://orders` is the table `orders` of
//! the connection `shop`. Each kind of URL has its line in [`DRIVERS`]. What is asynchronous stays inside this crate: its traits
//! block, and what they wait for runs on one small runtime.

mod adbc;
mod database_storage;
mod driver;
mod liveness;
mod mysql;
mod object;
mod placeholders;
mod postgres;
mod runtime;
mod written;

use std::path::PathBuf;
use std::sync::Arc;

use tidemill_core::connection::{ConnectionConfig, ConnectionError, ConnectionErrorKind};
use tidemill_core::storage::{Connector, Storage};

use self::driver::Driver;

/// The kinds of connections, each with the schemes of its URLs.
static DRIVERS: &[Driver] = &[
    postgres::DRIVER,
    mysql::DRIVER,
    object::S3_DRIVER,
    object::GOOGLE_DRIVER,
    object::AZURE_DRIVER,
    object::WEB_DRIVER,
];

/// Opens the connections of a project.
pub struct Connections {
    /// Where copies of remote files are kept.
    fetched: PathBuf,
}

impl Connections {
    /// Whose copies of remote files are kept in that folder, below the project's.
    pub fn new(fetched: impl Into<PathBuf>) -> Self {
        Self { fetched: fetched.into() }
    }
}

impl Connector for Connections {
    fn connect(&self, config: ConnectionConfig) -> Result<Arc<dyn Storage>, ConnectionError> {
        let driver = driver::of(DRIVERS, &adbc::DRIVER, &config)?;
        runtime::available().map_err(|said| {
            let error =
                ConnectionError::new(ConnectionErrorKind::Unreachable, &config.name, format!("cannot be used: {said}"));
            error.help("let this process have more threads and files: `ulimit -u`, `ulimit -n`")
        })?;
        (driver.open)(config, &self.fetched)
    }

    fn of_urls(&self) -> Vec<Arc<dyn Storage>> {
        DRIVERS.iter().map(|driver| (driver.of_urls)(&self.fetched)).collect()
    }
}
