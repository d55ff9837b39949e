//! How bytes get to the disk without anybody waiting for it.

pub(crate) mod direct_io;
pub(crate) mod early_sync;
