//! A table in a few numbers: what is remembered of it to notice when a later one is another.

use serde::{Deserialize, Serialize};

use super::DataType;

/// More columns than these are not profiled: the first ones stand for the table.
pub const MOST_COLUMNS: usize = 500;
/// A text column with more different values than these is no list of categories.
pub const MOST_VALUES: usize = 50;

/// What is remembered of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableProfile {
    /// Rows.
    pub rows: u64,
    /// The columns, at most [`MOST_COLUMNS`].
    pub columns: Vec<ColumnProfile>,
}

/// What is remembered of a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: DataType,
    /// NULLs.
    pub nulls: u64,
    /// Of a text column with at most [`MOST_VALUES`] different values: these, sorted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

impl TableProfile {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&ColumnProfile> {
        self.columns.iter().find(|column| column.name == name)
    }
}
