//! Files outside the store: sources that are read and outputs that are written.

pub(crate) mod files;
pub(crate) mod local_files;
mod read;
mod write;
