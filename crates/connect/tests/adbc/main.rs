//! Databases through ADBC drivers: those of DuckDB, SQLite and PostgreSQL.

mod failures;
mod harness;
mod postgres;
mod reading;
mod writing;
