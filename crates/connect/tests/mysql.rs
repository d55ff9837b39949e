//! MySQL and MariaDB, with a server of their own.

#[path = "mysql/errors.rs"]
mod errors;
#[path = "mysql/reading.rs"]
mod reading;
#[path = "mysql/shop.rs"]
mod shop;
#[path = "mysql/stopping.rs"]
mod stopping;
#[path = "mysql/types.rs"]
mod types;
#[path = "mysql/writing.rs"]
mod writing;
