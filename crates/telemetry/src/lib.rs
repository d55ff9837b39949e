//! Tells other systems of runs: traces and metrics by OpenTelemetry ([`otel`]), lineage by OpenLineage ([`lineage`]).
//!
//! Both watch the events of a run as the terminal does, and can neither slow it down nor fail it: what is to be sent waits in
//! bounded queues, is sent by threads of their own, and is given up a few seconds after the run.

mod client;
pub mod lineage;
pub mod otel;
mod variables;

use std::time::Duration;

pub use variables::Variables;

/// So long after a run all is to be sent; what is not by then is given up.
const GRACE: Duration = Duration::from_secs(3);
