//! Tables that the engine holds: in memory, or in files of its own form, which are also what is cached.

pub(crate) mod fetch;
pub(crate) mod profile;
pub(crate) mod reader;
pub(crate) mod row_group;
pub(crate) mod table_handle;
pub(crate) mod writer;
