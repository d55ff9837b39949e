//! Tables that the engine holds: in memory, or in files of its own form, which are also what is cached.

pub(crate) mod fetch;
pub(crate) mod output_table;
pub(crate) mod page;
pub(crate) mod profile;
pub(crate) mod row_group;
pub(crate) mod stored_table;
pub(crate) mod table_file;
mod table_file_writer;
mod table_format;
pub(crate) mod table_handle;
pub(crate) mod view_object;

pub(crate) use table_file_writer::TableFileWriter;
