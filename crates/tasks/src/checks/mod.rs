//! The checks: one file each, and the list of them.
//!
//! A new check is a struct of what stands behind its key with [`CheckParameters`], and a line in [`with_all`]. Its place in
//! the JSON Schema, in the messages of `check`, in the docs and in the fingerprint follow from it.

mod accepted_values;
mod compiler;
mod expr;
mod fresh;
mod matches;
mod not_null;
mod parameters;
mod range;
mod relationship;
mod row_count;
mod unique;

use tidemill_core::task::TaskTypes;

pub use compiler::CheckCompiler;
pub use parameters::{CheckOf, CheckParameters};

/// With all checks, in the order of the docs.
pub fn with_all(types: TaskTypes) -> TaskTypes {
    types
        .with_check(CheckOf::<not_null::NotNull>::new())
        .with_check(CheckOf::<unique::Unique>::new())
        .with_check(CheckOf::<accepted_values::AcceptedValues>::new())
        .with_check(CheckOf::<range::InRange>::new())
        .with_check(CheckOf::<matches::Matches>::new())
        .with_check(CheckOf::<row_count::RowCount>::new())
        .with_check(CheckOf::<relationship::Relationship>::new())
        .with_check(CheckOf::<fresh::Fresh>::new())
        .with_check(CheckOf::<expr::Expression>::new())
}
