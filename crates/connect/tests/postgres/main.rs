//! PostgreSQL against a real server.

mod failures;
mod harness;
mod reading;
mod types;
mod writing;
