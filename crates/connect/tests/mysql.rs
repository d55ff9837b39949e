//! MySQL and MariaDB, with a server of their own.

#[path = "mysql/reading.rs"]
mod reading;
#[path = "mysql/shop.rs"]
mod shop;
