//! Under which names something may be published.

use std::path::PathBuf;

use super::super::{DestinationCheck, DestinationRefusal};
use super::links;
use crate::table::Location;

/// Names of plain letters, which are not Tidemill's own and under which nobody else's lies.
pub(super) struct WarehouseDestinations {
    /// The warehouse.
    pub folder: PathBuf,
}

impl DestinationCheck for WarehouseDestinations {
    fn refusals(&mut self, location: &Location) -> Vec<DestinationRefusal> {
        let name = location.below_warehouse().unwrap_or_default();
        let is_plain = |part: &str| {
            let is_letter = |c: char| c.is_ascii_alphanumeric() || "-_.=".contains(c);
            part.starts_with(|c: char| c.is_ascii_alphanumeric()) && part.chars().all(is_letter)
        };
        if !name.split('/').all(is_plain) || name.split('/').next() == Some("tidemill") {
            return vec![DestinationRefusal {
                what: "would write into the warehouse under a name that is none".to_owned(),
                label: "it is of letters, digits, `-`, `_`, `.` and `=`, and begins with a letter or digit".to_owned(),
                help: "such as `output: warehouse:sales`; `tidemill` is taken",
            }];
        }
        match links::foreign(&self.folder, name) {
            Some(path) => vec![DestinationRefusal {
                what: "would replace what no pipeline has published".to_owned(),
                label: format!("{} is there", path.display()),
                help: "remove it, or choose another name",
            }],
            None => Vec::new(),
        }
    }
}
