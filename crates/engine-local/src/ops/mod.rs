//! The steps of a plan, one operator a file, over whole tables.

pub(crate) mod aggregate;
pub(crate) mod convert;
pub(crate) mod fill;
pub(crate) mod join;
pub(crate) mod join_diagnosis;
pub(crate) mod reject;
pub(crate) mod set_op;
pub(crate) mod sort;
pub(crate) mod window;
