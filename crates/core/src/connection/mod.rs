//! What a pipeline reads from and writes to outside of files: databases, behind one trait, and what the file says of each
//! connection.

mod config;
mod database;
mod error;
mod mode;
mod write;

pub use config::ConnectionConfig;
pub use database::{Database, DatabaseColumns, DatabaseRows, DatabaseSource, LeftOutColumn};
pub use error::{ConnectionError, ConnectionErrorKind};
pub use mode::WriteMode;
pub use write::{DatabaseTable, DatabaseWrite, LedgerLine, TargetColumn, TargetTable, WriteEnd};
