//! Spark Connect: sessions, statements, their rows and their errors.

mod columns;
mod error;
mod query;
mod rows;
mod session;
mod stream;

pub(crate) use columns::QueryColumn;
pub(crate) use error::SparkError;
pub(crate) use rows::Rows;
pub(crate) use session::Session;
