//! Lineage by OpenLineage: an event when a run or a task begins and one when it ends, with what was read and what was made.

mod columns;
mod datasets;
mod event;
mod facets;
mod sender;
mod settings;
mod watcher;

pub use settings::LineageSettings;
pub use watcher::{LineageSource, LineageWatcher};
