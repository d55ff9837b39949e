//! Files outside the store: sources that are read, outputs that are written, and how bytes get to the disk.

pub(crate) mod background_writer;
pub(crate) mod direct_io;
pub(crate) mod early_sync;
pub(crate) mod local_files;
pub(crate) mod read;
pub(crate) mod write;
