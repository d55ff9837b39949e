//! Traces and metrics by OpenTelemetry.

mod export;
mod metrics;
mod settings;
mod spans;
mod watcher;

pub use settings::OtelSettings;
pub use watcher::OtelWatcher;
