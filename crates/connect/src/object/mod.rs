//! Files that are elsewhere: in object stores and on the web.
//!
//! [`RemoteFiles`](remote_files::RemoteFiles) is what a kind of place can do: say what a file is now, list, read, write. What all
//! of them share stands once, in [`RemoteStorage`](remote_storage::RemoteStorage): patterns, identities, copies on this machine,
//! and bodies that break off.

mod copies;
mod download;
mod fault;
mod file_state;
mod http_client;
mod network;
mod parts;
mod pattern;
mod remote_files;
mod remote_storage;
mod retry;
mod store;
mod web;

use std::path::Path;
use std::sync::Arc;

use tidemill_core::connection::{ConnectionConfig, ConnectionError};
use tidemill_core::storage::Storage;

use self::remote_storage::RemoteStorage;
use self::store::{AZURE, Cloud, GOOGLE, S3, StoreFiles};
use self::web::WebFiles;
use crate::driver::Driver;

/// Amazon S3, and all that speaks like it.
pub(crate) const S3_DRIVER: Driver = Driver {
    schemes: S3.schemes,
    options: S3.options,
    open: |config, fetched| open_store(&S3, config, fetched),
    of_urls: |fetched| store_urls(&S3, fetched),
};

/// Google Cloud Storage.
pub(crate) const GOOGLE_DRIVER: Driver = Driver {
    schemes: GOOGLE.schemes,
    options: GOOGLE.options,
    open: |config, fetched| open_store(&GOOGLE, config, fetched),
    of_urls: |fetched| store_urls(&GOOGLE, fetched),
};

/// Azure's blob storage.
pub(crate) const AZURE_DRIVER: Driver = Driver {
    schemes: AZURE.schemes,
    options: AZURE.options,
    open: |config, fetched| open_store(&AZURE, config, fetched),
    of_urls: |fetched| store_urls(&AZURE, fetched),
};

/// The web.
pub(crate) const WEB_DRIVER: Driver = Driver {
    schemes: web::SCHEMES,
    options: &["timeout"],
    open: |config, fetched| {
        let name = config.name.clone();
        Ok(Arc::new(RemoteStorage::new(WebFiles::of_connection(config)?, &name, fetched)))
    },
    of_urls: |fetched| Arc::new(RemoteStorage::new(WebFiles::of_urls(), "", fetched)),
};

fn open_store(
    cloud: &'static Cloud,
    config: ConnectionConfig,
    fetched: &Path,
) -> Result<Arc<dyn Storage>, ConnectionError> {
    let name = config.name.clone();
    Ok(Arc::new(RemoteStorage::new(StoreFiles::of_connection(cloud, config)?, &name, fetched)))
}

fn store_urls(cloud: &'static Cloud, fetched: &Path) -> Arc<dyn Storage> {
    Arc::new(RemoteStorage::new(StoreFiles::of_urls(cloud), "", fetched))
}
