//! What has started in the run that goes on.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tidemill_core::ids::RunId;

/// What the log of a run says of the tasks that have started, as far as it was read.
#[derive(Default)]
pub struct Starts {
    /// The run.
    pub run: Option<RunId>,
    /// So many bytes of its log were read.
    pub place: u64,
    /// Those that have not ended, as far as is known, with when their last attempt began.
    pub tasks: BTreeMap<String, Timestamp>,
}
