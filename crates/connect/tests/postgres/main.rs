//! PostgreSQL against a real server.

mod harness;
mod reading;
mod types;
