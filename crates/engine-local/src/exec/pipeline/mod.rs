//! Large tables, batch by batch: `docs/design/streaming.md`.

pub(crate) mod aggregate;
mod build;
pub(crate) mod collect;
mod common_subexpressions;
mod driver;
mod hash_probe;
mod join_reorder;
mod row_group_filter;
mod stages;
pub(crate) mod store_result;
#[cfg(test)]
mod tests;
pub(crate) mod view;
