//! Opening `state.db`: made, brought up to date, or refused.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use tidemill_core::private;

use crate::in_place::{FileIdentity, make_writable, unwritable};
use crate::{FOLDER, StateError};

/// Each brings the schema from the version of its place to the next; none is ever changed once released.
const MIGRATIONS: [&str; 6] = [
    include_str!("schema/001.sql"),
    include_str!("schema/002.sql"),
    include_str!("schema/003.sql"),
    include_str!("schema/004.sql"),
    include_str!("schema/005.sql"),
    include_str!("schema/006.sql"),
];
/// The schema of this binary.
const KNOWN: u32 = MIGRATIONS.len() as u32;
/// What tells our file from any other database: `TDML`.
const APPLICATION: i32 = 0x5444_4d4c;
/// The first SQLite without the fault that could lose a write-ahead log when it is reset.
const SQLITE: i32 = 3_051_003;
/// The log is read whole when the state is opened: so many bytes of it take a tenth of a millisecond.
const SMALL_LOG: u64 = 256 * 1024;
/// So long a writer of another pipeline is waited for.
const BUSY: Duration = Duration::from_secs(30);

/// What is remembered of a project. One thread owns it.
pub struct State {
    pub(crate) db: Connection,
    pub(crate) path: PathBuf,
    /// Which file was opened.
    pub(crate) identity: Option<FileIdentity>,
    pub(crate) was_removed: bool,
}

impl State {
    /// Opens the state of the project in that folder; makes it, or brings it up to date, if need be.
    ///
    /// # Errors
    /// [`StateError::Newer`] for the file of a newer Tidemill, which is left as it is; [`StateError::Damaged`] for a file that is
    /// no state; else if the system does not let us.
    pub fn open(project: &Path) -> Result<Self, StateError> {
        check_sqlite()?;
        let folder = project.join(FOLDER);
        private::folder(&folder).map_err(io("make", &folder))?;
        let path = folder.join("state.db");
        check_header(&path)?;
        make_writable(&path)?;
        // SQLite would let others read a file that it makes.
        private::file().append(true).create(true).open(&path).map_err(io("make", &path))?;
        let open = || -> Result<Self, StateError> {
            let mut db = connect(&path)?;
            // Until we know that the file is ours, closing it must not move anything from its log into it.
            db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            match version(&db)? {
                KNOWN => {}
                found if found > KNOWN => return Err(StateError::Newer { path: path.clone(), found, known: KNOWN }),
                _ => migrate(&mut db, &folder)?,
            }
            db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
            Ok(Self::of(db, path.clone()))
        };
        open().map_err(|error| damaged(error, &path))
    }

    /// Opens the state for reading alone and leaves the disk as it is; None if there is none yet.
    ///
    /// # Errors
    /// [`StateError::Newer`], [`StateError::Older`], [`StateError::Damaged`], or if the system does not let us.
    pub fn open_read_only(project: &Path) -> Result<Option<Self>, StateError> {
        check_sqlite()?;
        let path = project.join(FOLDER).join("state.db");
        if !check_header(&path)? {
            return Ok(None);
        }
        let open = |how: Reading| -> Result<Option<Self>, StateError> {
            let db = how.connect(&path)?;
            db.busy_timeout(BUSY)?;
            let found = version(&db)?;
            db.set_prepared_statement_cache_capacity(64);
            match found {
                // Somebody is making it at this moment.
                0 => Ok(None),
                KNOWN => Ok(Some(Self::of(db, path.clone()))),
                found if found > KNOWN => Err(StateError::Newer { path: path.clone(), found, known: KNOWN }),
                found => Err(StateError::Older { path: path.clone(), found, known: KNOWN }),
            }
        };
        let mut wal = path.clone().into_os_string();
        wal.push("-wal");
        let first = match Path::new(&wal).exists() {
            true => Reading::Plain,
            // A reader would make files with rights as they are now.
            false if !unwritable(&path).is_empty() => Reading::Immutable,
            false => Reading::Tidy,
        };
        let opened = match open(first) {
            // In a folder that cannot be written, no log can be made, so nobody writes the file either.
            Err(StateError::Sqlite(error))
                if matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly)) =>
            {
                open(Reading::Immutable)
            }
            other => other,
        };
        opened.map_err(|error| damaged(error, &path))
    }

    fn of(db: Connection, path: PathBuf) -> Self {
        Self { identity: FileIdentity::of(&path), db, path, was_removed: false }
    }

    /// The files of a project's state that this process may not write.
    pub fn unwritable(project: &Path) -> Vec<PathBuf> {
        unwritable(&project.join(FOLDER).join("state.db"))
    }

    /// Does `work` in one transaction, which is written whole or not at all.
    pub(crate) fn write<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StateError>,
    ) -> Result<T, StateError> {
        self.keep_in_place()?;
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }

    /// The same, and it is on the disk when this returns.
    pub(crate) fn write_durably<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StateError>,
    ) -> Result<T, StateError> {
        self.keep_in_place()?;
        self.db.pragma_update(None, "synchronous", "FULL")?;
        let done = self.write(work);
        self.db.pragma_update(None, "synchronous", "NORMAL")?;
        done
    }

    /// Closes it without moving what was written from its log into it: that takes the disk longer than all else that a run does
    /// which finds nothing to do. Once the log has grown, it is moved all the same, so that opening stays quick, too.
    pub fn close_quickly(self) {
        let log = self.db.path().map(|path| format!("{path}-wal"));
        let is_small = log.and_then(|log| std::fs::metadata(log).ok()).is_some_and(|log| log.len() < SMALL_LOG);
        // If it cannot be told, closing is as slow as ever.
        let _ = self.db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, is_small);
    }

    /// The version of the schema, the one that this binary writes.
    pub fn schema_version(&self) -> u32 {
        KNOWN
    }

    /// What SQLite's own check of the whole file says: `ok`, or the first faults.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn integrity(&self) -> Result<String, StateError> {
        Ok(self.db.pragma_query_value(None, "integrity_check", |row| row.get(0))?)
    }
}

/// Opens a database to write to it.
pub(crate) fn connect(path: &Path) -> Result<Connection, StateError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(BUSY)?;
    db.pragma_update(None, "synchronous", "NORMAL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}

/// How a database is opened that must not change.
#[derive(Clone, Copy)]
enum Reading {
    /// There is a log: somebody has the file open, or died with it.
    Plain,
    /// There is none. A reader makes an empty one and only a writer takes it away again when it closes: so open as a writer
    /// that may not write.
    Tidy,
    /// As a file that never changes.
    Immutable,
}

impl Reading {
    fn connect(self, path: &Path) -> Result<Connection, StateError> {
        let db = match self {
            Self::Plain => Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY),
            Self::Tidy => Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE),
            Self::Immutable => {
                let escaped = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
                Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)
            }
        }?;
        db.pragma_update(None, "query_only", true)?;
        Ok(db)
    }
}

/// The version of SQLite in this binary, and whether it has the fault that can lose a write-ahead log (before 3.51.3).
pub fn sqlite_version() -> (&'static str, bool) {
    (rusqlite::version(), rusqlite::version_number() < SQLITE)
}

fn check_sqlite() -> Result<(), StateError> {
    if rusqlite::version_number() < SQLITE {
        return Err(StateError::OldSqlite { found: rusqlite::version() });
    }
    Ok(())
}

/// Looks at the first bytes of the file before SQLite does, since SQLite may change what it opens. False if there is no file
/// or an empty one.
fn check_header(path: &Path) -> Result<bool, StateError> {
    let mut header = Vec::with_capacity(100);
    match File::open(path) {
        Ok(file) => file.take(100).read_to_end(&mut header).map_err(io("read", path))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(io("read", path)(error)),
    };
    if header.is_empty() {
        return Ok(false);
    }
    let field = |at: usize| header.get(at..at + 4).map_or(0, |b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
    let (found, application) = (field(60), field(68));
    // Both are 0 while the first transaction is still in the log.
    if !header.starts_with(b"SQLite format 3\0") || (application != 0 && application != APPLICATION as u32) {
        return Err(StateError::Damaged { path: path.to_owned(), message: "it is not a state of Tidemill".to_owned() });
    }
    if found > KNOWN {
        return Err(StateError::Newer { path: path.to_owned(), found, known: KNOWN });
    }
    Ok(true)
}

fn version(db: &Connection) -> Result<u32, StateError> {
    Ok(db.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Brings the schema up to date; several processes that try at once take turns.
fn migrate(db: &mut Connection, folder: &Path) -> Result<(), StateError> {
    let path = folder.join("setup.lock");
    let turn = private::file().write(true).create(true).open(&path).map_err(io("make", &path))?;
    turn.lock().map_err(io("lock", &path))?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&transaction)?;
    for migration in MIGRATIONS.iter().skip(found as usize) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", found.max(KNOWN))?;
    transaction.commit()?;
    Ok(())
}

pub(crate) fn io<'p>(what: &'static str, path: &'p Path) -> impl FnOnce(std::io::Error) -> StateError + use<'p> {
    move |source| StateError::Io { what, path: PathBuf::from(path), source }
}

/// Tells a damaged file from other failures.
fn damaged(error: StateError, path: &Path) -> StateError {
    match &error {
        StateError::Sqlite(sqlite)
            if matches!(sqlite.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt)) =>
        {
            StateError::Damaged { path: path.to_owned(), message: sqlite.to_string() }
        }
        _ => error,
    }
}
