//! What a writing does to the rows that are there.

use serde::{Deserialize, Serialize};

/// What becomes of the rows that a table has.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WriteMode {
    /// They make way for the new ones; the table itself stays, with its grants, indexes, views and comments.
    Replace,
    /// The new ones join them.
    Append,
    /// Those with the same key are changed, the others join them.
    Upsert {
        /// The columns of the key.
        key: Vec<String>,
    },
}
