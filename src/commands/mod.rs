//! The commands, one file each.

pub mod backfill;
pub mod cache;
pub mod check;
pub mod diff;
pub mod doctor;
mod dry_run;
mod effects;
mod fires;
pub mod graph;
pub mod history;
pub mod init;
pub mod lineage;
pub mod logs;
pub mod params;
pub mod past;
#[cfg(test)]
mod past_fixture;
pub mod pause;
pub mod plan;
pub mod preview;
pub mod rerun;
pub mod retry;
pub mod run;
pub mod schedule;
pub mod schema;
pub mod selection;
pub mod show;
pub mod status;
mod stored_table;
