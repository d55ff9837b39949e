//! Files outside the store: sources that are read and outputs that are written.

pub(crate) mod database;
pub(crate) mod files;
pub(crate) mod formats;
pub(crate) mod local_files;
pub(crate) mod read;
pub(crate) mod write;
