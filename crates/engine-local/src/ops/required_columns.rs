//! Which columns of a relation are needed: projection pushdown.

use std::collections::BTreeSet;

/// The columns that later operators read; none for all.
pub(crate) type RequiredColumns = Option<BTreeSet<String>>;

/// What an operator reads beside what later operators read.
pub(crate) fn with(required: RequiredColumns, more: BTreeSet<String>) -> RequiredColumns {
    required.map(|mut required| {
        required.extend(more);
        required
    })
}
