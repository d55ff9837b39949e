//! Tidemill's engine for clusters: computes table jobs on Apache Spark, through Spark Connect, with the tables that the local
//! engine would give, to the last bit and in the same order.
//!
//! | file or folder | what it holds |
//! |---|---|
//! | `client` | sessions, statements, their rows and errors |
//! | `lower` | neutral jobs as Spark SQL |
//! | `warehouse` | the folder that this machine and all workers see |
//! | `table`, `manifest` | a table in the warehouse, and what the cache keeps of it |
//! | `publish` | tables that stay in the warehouse as outputs |
//! | `source` | what the cluster reads by itself |
//! | `catalog` | the cluster's tables as those of a database |
//! | `cluster` | a session, set as results need it |
//! | `account`, `checks`, `cleaning`, `diagnosis`, `warnings` | what is told of a job beside its table |
//! | `ui` | Spark's own page of a session |
//! | `engine` | the engine's face to the core |
//!
//! Sources of this machine are read by the local engine, which is handed in: its rules of types, quotes and encodings hold for both.
//! Why things are as they are: `docs/design/engine-spark.md`.

mod account;
mod address;
mod catalog;
mod checks;
mod cleaning;
mod client;
mod cluster;
mod diagnosis;
mod download;
mod engine;
mod failure;
mod job;
mod lower;
mod manifest;
mod profile;
mod proto;
mod publish;
mod settings;
mod source;
mod stage;
mod steps;
mod table;
mod ui;
mod uuid;
mod warehouse;
mod warnings;

pub use catalog::CatalogDatabase;
pub use cluster::execute;
pub use engine::SparkEngine;
