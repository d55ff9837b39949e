//! SQL text → the neutral [`Rel`](crate::table::Rel) and [`Expr`](crate::table::Expr).
//!
//! All meaning is decided here: names are resolved, types found, every implicit cast written out. What comes out is plain
//! enough for any engine to lower without a decision of its own; `docs/semantics.md` says what each piece computes. What
//! Tidemill SQL does not know is refused at its place, never ignored.

mod aggregates;
mod asof;
mod binder;
mod column_scope;
mod dialect;
mod env;
mod foreign_quotes;
mod foreign_words;
mod frames;
mod from;
pub mod functions;
mod grouping;
mod grouping_sets;
mod interval;
mod interval_length;
mod join_subqueries;
mod joins;
mod literal;
mod named_list;
mod null_comparisons;
mod operators;
mod output;
mod pivot_text;
mod pivots;
mod predicates;
mod query;
mod recursion;
mod rel_walk;
mod row_values;
mod scalar;
mod select;
mod selected;
mod set_operations;
mod star;
mod subquery;
mod table_functions;
mod table_names;
mod tasks;
mod text;
mod type_names;
mod types;
mod unnest;
mod walk;
mod windows;

pub use pivots::{PivotColumn, bind_pivot};
pub use query::{bind_query, query_warnings};
pub use selected::selected_columns;
pub use table_names::query_tables;
pub use tasks::{RowColumns, bind_aggregate, bind_predicate, bind_scalar, bind_sort, expression_warnings};
pub use types::common_type;

#[cfg(test)]
mod tests;
