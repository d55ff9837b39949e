//! Object stores.

mod aws_profile;
mod cloud;
mod connector;
mod failure;
mod upload;

use std::collections::HashMap;
use std::path::Path as FilePath;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt};
use tidemill_core::attempt::CancelToken;
use tidemill_core::connection::{ConnectionConfig, ConnectionError, ConnectionErrorKind};
use tidemill_core::diagnostic::nearest;
use tidemill_core::ids::Digest;
use tidemill_core::table::Location;

use super::fault::{Fault, FaultKind};
use super::file_state::FileState;
use super::http_client;
use super::pattern::KeyPattern;
use super::remote_files::{Incoming, RemoteFiles};
use crate::runtime;

pub(crate) use self::cloud::{AZURE, Cloud, GOOGLE, S3};

/// Objects of a connection, or of URLs that stand for themselves.
pub(crate) struct StoreFiles {
    cloud: &'static Cloud,
    config: ConnectionConfig,
    place: Place,
    /// The stores that were needed so far, by their buckets.
    opened: Mutex<HashMap<String, Arc<dyn ObjectStore>>>,
}

/// Which locations lead there.
enum Place {
    /// Those of a connection: `lake://x.csv`.
    Connection {
        bucket: String,
        /// What the keys begin with: empty, or with a slash at its end.
        prefix: String,
    },
    /// URLs: `s3://bucket/x.csv`.
    Urls,
}

/// An object.
struct Target {
    store: Arc<dyn ObjectStore>,
    bucket: String,
    /// What all locations of this bucket and connection begin with: `lake://`, `s3://bucket/`.
    base: String,
    /// What all keys begin with.
    prefix: String,
    /// What stands behind either.
    name: String,
}

impl Target {
    fn key(&self, name: &str) -> Result<Path, Fault> {
        let wrong = |error| Fault::new(FaultKind::Refused, format!("this is no name of an object: {error}"));
        Path::parse(format!("{}{name}", self.prefix)).map_err(wrong)
    }

    fn fault(&self, error: &object_store::Error) -> Fault {
        failure::fault(error, &self.bucket)
    }

    /// Everything in a folder, or below it.
    async fn list(&self, folder: &str, is_deep: bool) -> Result<Vec<(Location, FileState)>, Fault> {
        let path = self.key(folder)?;
        let path = Some(&path).filter(|path| !path.as_ref().is_empty());
        let metas: Vec<ObjectMeta> = if is_deep {
            let mut found = Vec::new();
            let mut stream = self.store.list(path);
            while let Some(meta) = stream.next().await {
                found.push(meta.map_err(|error| self.fault(&error))?);
            }
            found
        } else {
            self.store.list_with_delimiter(path).await.map_err(|error| self.fault(&error))?.objects
        };
        let entry = |meta: ObjectMeta| {
            let name = meta.location.as_ref().strip_prefix(&self.prefix)?;
            Some((Location::new(format!("{}{name}", self.base)), state_of(&meta)))
        };
        Ok(metas.into_iter().filter_map(entry).collect())
    }

    /// Whether it can be listed, and whether anything is there.
    async fn probed(&self) -> Result<String, Fault> {
        let path = Some(self.key("")?).filter(|path| !path.as_ref().is_empty());
        let first = self.store.list(path.as_ref()).next().await.transpose().map_err(|error| self.fault(&error))?;
        let below = path.map_or_else(String::new, |path| format!(" below {path}/"));
        let what = if first.is_some() { "holds objects" } else { "can be listed, and holds nothing" };
        Ok(format!("the bucket {} {what}{below}", self.bucket))
    }

    async fn state(&self) -> Result<Option<FileState>, Fault> {
        match self.store.head(&self.key(&self.name)?).await {
            Ok(meta) => Ok(Some(state_of(&meta))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.fault(&error)),
        }
    }

    /// What [`upload`] has noted with the object.
    async fn noted(&self) -> Result<Option<Digest>, Fault> {
        let options = GetOptions { head: true, ..GetOptions::default() };
        match self.store.get_opts(&self.key(&self.name)?, options).await {
            Ok(found) => Ok(found.attributes.get(&upload::CONTENT).and_then(|noted| Digest::parse(noted))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.fault(&error)),
        }
    }

    async fn read(&self, expected: &FileState, into: &mut Incoming) -> Result<(), Fault> {
        let range = match (into.position(), into.end()) {
            (0, None) => None,
            (from, None) => Some(GetRange::Offset(from)),
            (from, Some(end)) => Some(GetRange::Bounded(from..end)),
        };
        let options = GetOptions { if_match: expected.tag.clone(), range, ..GetOptions::default() };
        let found = self.store.get_opts(&self.key(&self.name)?, options).await;
        let found = found.map_err(|error| self.fault(&error))?;
        if state_of(&found.meta).identity != expected.identity {
            return Err(Fault::new(FaultKind::Changed, "it changed while it was read"));
        }
        let mut body = found.into_stream();
        while let Some(bytes) = body.next().await {
            let bytes = bytes.map_err(|error| Fault { kind: FaultKind::Broken, ..self.fault(&error) })?;
            into.take(&bytes)?;
        }
        Ok(())
    }
}

/// What a store says of an object. Some quote the tag only in some of their answers.
fn state_of(meta: &ObjectMeta) -> FileState {
    let quoted = |tag: &String| if tag.contains('"') { tag.clone() } else { format!("\"{tag}\"") };
    let modified = Some(meta.last_modified.to_string());
    FileState::new(meta.e_tag.as_ref().map(quoted), meta.version.clone(), modified, Some(meta.size))
}

impl StoreFiles {
    /// Of URLs that stand for themselves.
    pub fn of_urls(cloud: &'static Cloud) -> Self {
        Self { cloud, config: ConnectionConfig::default(), place: Place::Urls, opened: Mutex::default() }
    }

    /// Of a connection.
    ///
    /// # Errors
    /// If its URL names no bucket, or another key cannot be used.
    pub fn of_connection(cloud: &'static Cloud, config: ConnectionConfig) -> Result<Self, ConnectionError> {
        http_client::silence(&config)?;
        let url = config.url.as_deref().unwrap_or_default();
        let (_, path) = url.split_once("://").unwrap_or_default();
        let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
        if bucket.is_empty() || bucket.contains(['@', '?']) {
            let message = "has a URL that names no bucket";
            let help = format!("write `{}://bucket/folder`, and keys under names of their own", cloud.schemes[0]);
            return Err(ConnectionError::new(ConnectionErrorKind::Config, &config.name, message).help(help));
        }
        let prefix = prefix.trim_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        let place = Place::Connection { bucket: bucket.to_owned(), prefix };
        Ok(Self { cloud, config, place, opened: Mutex::default() })
    }

    /// What a location means.
    fn target(&self, location: &Location) -> Result<Target, Fault> {
        runtime::available().map_err(|said| Fault::new(FaultKind::Local, said))?;
        let (scheme, path) = location.as_str().split_once("://").unwrap_or_default();
        let (bucket, base, prefix, name) = match &self.place {
            Place::Connection { bucket, prefix } => (bucket.as_str(), format!("{scheme}://"), prefix.clone(), path),
            Place::Urls => {
                let (bucket, name) = path.split_once('/').unwrap_or((path, ""));
                (bucket, format!("{scheme}://{bucket}/"), String::new(), name)
            }
        };
        let store = self.store(bucket)?;
        Ok(Target { store, bucket: bucket.to_owned(), base, prefix, name: name.trim_start_matches('/').to_owned() })
    }

    fn store(&self, bucket: &str) -> Result<Arc<dyn ObjectStore>, Fault> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = opened.get(bucket) {
            return Ok(Arc::clone(store));
        }
        let silence =
            http_client::silence(&self.config).map_err(|error| Fault::new(FaultKind::Refused, error.message))?;
        let store = (self.cloud.open)(&self.config, bucket, silence).map_err(|error| failure::fault(&error, bucket))?;
        opened.insert(bucket.to_owned(), Arc::clone(&store));
        Ok(store)
    }
}

impl RemoteFiles for StoreFiles {
    fn probe(&self) -> Result<String, Fault> {
        let target = self.target(&Location::new(format!("{}://", self.config.name)))?;
        runtime::block_on(target.probed())
    }

    fn leads_here(&self, scheme: &str) -> bool {
        match self.place {
            Place::Connection { .. } => self.config.name == scheme,
            Place::Urls => self.cloud.schemes.contains(&scheme),
        }
    }

    fn shown(&self, location: &Location) -> String {
        location.to_string()
    }

    fn address(&self, location: &Location) -> String {
        let endpoint = self.config.option("endpoint").unwrap_or_default();
        match &self.place {
            Place::Urls => location.to_string(),
            Place::Connection { .. } => format!("{} {endpoint}", self.known_as(location)),
        }
    }

    fn known_as(&self, location: &Location) -> String {
        match &self.place {
            Place::Urls => location.to_string(),
            Place::Connection { bucket, prefix } => {
                let name = location.as_str().split_once("://").map_or("", |(_, name)| name.trim_start_matches('/'));
                format!("{}://{bucket}/{prefix}{name}", self.cloud.schemes[0])
            }
        }
    }

    fn is_pattern(&self, location: &Location) -> bool {
        tidemill_core::storage::is_glob(location.as_str())
    }

    fn state(&self, location: &Location) -> Result<Option<FileState>, Fault> {
        let target = self.target(location)?;
        runtime::block_on(target.state())
    }

    fn matches(&self, pattern: &Location) -> Result<Vec<(Location, FileState)>, Fault> {
        let target = self.target(pattern)?;
        let wanted = KeyPattern::new(&target.name).map_err(|message| Fault::new(FaultKind::Refused, message))?;
        let mut found = runtime::block_on(target.list(&wanted.folder, wanted.is_deep))?;
        let is_meant = |location: &Location| {
            let name = location.as_str().strip_prefix(&target.base).unwrap_or_default();
            wanted.matches(name) || name == target.name
        };
        found.retain(|(location, _)| is_meant(location));
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(found)
    }

    fn noted(&self, location: &Location) -> Result<Option<Digest>, Fault> {
        let target = self.target(location)?;
        runtime::block_on(target.noted())
    }

    /// Of one with a tag that stands for its very bytes: each part is asked for by that.
    fn has_parts(&self, state: &FileState) -> bool {
        state.tag.is_some()
    }

    fn read(&self, location: &Location, expected: &FileState, into: &mut Incoming) -> Result<(), Fault> {
        let target = self.target(location)?;
        runtime::block_on(target.read(expected, into))
    }

    fn write(&self, location: &Location, file: &FilePath, cancelled: &CancelToken) -> Result<(), Fault> {
        let target = self.target(location)?;
        let key = target.key(&target.name)?;
        runtime::block_on(upload::upload(&*target.store, &target.bucket, &key, file, cancelled))
    }

    fn is_writable(&self) -> bool {
        true
    }

    /// The bucket that is missing, or the nearest name in the same folder.
    fn help_if_missing(&self, location: &Location) -> Option<String> {
        let target = self.target(location).ok()?;
        let folder = target.name.rfind('/').map_or("", |at| &target.name[..=at]);
        let found = match runtime::block_on(target.list(folder, false)) {
            Ok(found) => found,
            Err(fault) => return Some(fault.message),
        };
        let near = nearest(location.as_str(), found.iter().map(|(name, _)| name.as_str()));
        near.map(|near| format!("did you mean `{near}`?"))
    }
}
