//! Equality of keys: rows grouped, and keys interned as dense numbers.

pub(crate) mod groups;
pub(crate) mod int_interner;
pub(crate) mod interner;
mod perfect_hash;
pub(crate) mod physical;
pub(crate) mod zero;
