//! Why the state could not be read or written.

use std::path::PathBuf;

/// Why the state could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file was written by a newer Tidemill; it is untouched.
    #[error("{} was written by a newer Tidemill (schema {found}; this one knows up to {known})", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest schema known here.
        known: u32,
    },
    /// The file is of an older schema and was only to be read; the next run brings it up to date.
    #[error("{} was written by an older Tidemill (schema {found}, now {known}); `tidemill run` brings it up to date", .path.display())]
    Older {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The schema of this Tidemill.
        known: u32,
    },
    /// The file is no state, or is damaged.
    #[error("{} cannot be read: {message}; move it away to start with an empty history", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// While it was open, somebody has removed the file and another one has come in its place.
    #[error("{} was replaced while this run was going on, so nothing more is written", .path.display())]
    Replaced {
        /// The file.
        path: PathBuf,
    },
    /// The SQLite in this binary has a known fault in its write-ahead log.
    #[error("this binary holds SQLite {found}; 3.51.3 or newer is needed")]
    OldSqlite {
        /// Its version.
        found: &'static str,
    },
    /// A file or folder cannot be read or written.
    #[error("cannot {what} {}: {source}", .path.display())]
    Io {
        /// `make`, `read`, …
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// SQLite says no: disk full, no rights, locked for too long.
    #[error("the project's state: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A value in the state cannot be understood.
    #[error("the project's state holds a value that cannot be understood: {0}")]
    Value(#[from] serde_json::Error),
    /// A prefix of a run's id fits several.
    #[error("`{prefix}` is the beginning of several runs: {}", .runs.join(", "))]
    Ambiguous {
        /// What was asked for.
        prefix: String,
        /// Some of the runs.
        runs: Vec<String>,
    },
}

impl StateError {
    /// Whether the file itself is at fault, so that no further try can succeed.
    pub fn is_damage(&self) -> bool {
        let code = match self {
            Self::Damaged { .. } => return true,
            Self::Sqlite(error) => error.sqlite_error_code(),
            _ => None,
        };
        matches!(code, Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase))
    }
}
