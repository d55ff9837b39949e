//! Whether a task may write to a location.

use crate::table::Location;

/// Says for one storage and one project where outputs may be written. It may remember what it found out on the way: the
/// outputs of many tasks lie in few folders.
pub trait DestinationCheck {
    /// Why nothing may be written to the location; nothing if it may.
    fn refusals(&mut self, location: &Location) -> Vec<DestinationRefusal>;
}

/// Why a task may not write to a location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationRefusal {
    /// What the task would do, behind its name: `would write outside the project`.
    pub what: String,
    /// What is to be said of the place in the file.
    pub label: String,
    /// What to do.
    pub help: &'static str,
}

/// Of a storage in which its owner alone decides who writes where.
pub struct AnyDestination;

impl DestinationCheck for AnyDestination {
    fn refusals(&mut self, _location: &Location) -> Vec<DestinationRefusal> {
        Vec::new()
    }
}

/// Of a storage from which files can only be read.
pub(super) struct ReadOnly;

impl DestinationCheck for ReadOnly {
    fn refusals(&mut self, location: &Location) -> Vec<DestinationRefusal> {
        let scheme = location.scheme().unwrap_or_default();
        vec![DestinationRefusal {
            what: "would write where files can only be read".to_owned(),
            label: format!("`{scheme}` is for reading"),
            help: "write to a path",
        }]
    }
}
