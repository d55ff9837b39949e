//! Opening a database that belongs to somebody else: nothing beside it is written if that can be helped.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;
use tidemill_core::table::EngineError;

use super::super::source_file::SourceFile;
use super::interruption::Interruption;

/// An open database.
pub(super) struct Database<'a> {
    pub origin: &'a SourceFile,
    pub connection: Connection,
    _interruption: Interruption,
    /// Where the copy lies, if it had to be copied; it goes when this does.
    _copy: Option<TempDir>,
}

impl<'a> Database<'a> {
    /// Opens it for reading only.
    ///
    /// A database in WAL mode without a log is opened as immutable: nobody writes to it, and a plain reader would create
    /// `-wal` and `-shm` beside it. With a log but without the index of a program that has it open, a copy is read, for the
    /// index would be created.
    pub fn open(origin: &'a SourceFile) -> Result<Self, EngineError> {
        let mut head = [0; 20];
        let read = origin.open()?.read_exact(&mut head);
        if read.is_err() || !head.starts_with(b"SQLite format 3\0") {
            return Err(origin.error(None, "is not an SQLite database"));
        }
        let wal_mode = head[18] == 2;
        let log = beside(&origin.path, "-wal");
        let has_log = fs::metadata(&log).is_ok_and(|metadata| metadata.len() > 0);
        let connect = |path: &Path, immutable: bool| -> Result<Connection, rusqlite::Error> {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
            let uri = format!("file:{}?{}", escaped(path), if immutable { "immutable=1" } else { "mode=ro" });
            let connection = Connection::open_with_flags(uri, flags)?;
            connection.busy_timeout(std::time::Duration::from_secs(10))?;
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
            Ok(connection)
        };
        let path = fs::canonicalize(&origin.path).map_err(|error| origin.io_error(&error))?;
        let in_use = fs::exists(beside(&origin.path, "-shm")).unwrap_or(false);
        let (connected, copy) = if has_log && !in_use {
            let folder = tempfile::tempdir().map_err(|error| origin.io_error(&error))?;
            let copy = folder.path().join("copy.db");
            fs::copy(&path, &copy).map_err(|error| origin.io_error(&error))?;
            fs::copy(&log, beside(&copy, "-wal")).map_err(|error| origin.io_error(&error))?;
            (connect(&copy, false), Some(folder))
        } else {
            (connect(&path, wal_mode && !has_log), None)
        };
        let connection = connected.map_err(|error| fault(origin, &error))?;
        let interruption = Interruption::of(&connection, &origin.cancelled);
        Ok(Self { origin, connection, _interruption: interruption, _copy: copy })
    }

    /// What SQLite says, as an error of this file.
    pub fn error(&self, error: &rusqlite::Error) -> EngineError {
        fault(self.origin, error)
    }
}

fn fault(origin: &SourceFile, error: &rusqlite::Error) -> EngineError {
    let message = match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    };
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::OperationInterrupted) => EngineError::Cancelled,
        Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
            origin.error_with_help(None, "is locked by another program", "wait until that has finished writing")
        }
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
            origin.error_with_help(None, format!("is damaged: {message}"), "restore it, or try `sqlite3 FILE .recover`")
        }
        _ => origin.error(None, format!("SQLite says: {message}")),
    }
}

/// The file of that ending beside a database.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// A path inside a URI, where `?`, `#` and `%` have meanings of their own.
fn escaped(path: &Path) -> String {
    path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}
