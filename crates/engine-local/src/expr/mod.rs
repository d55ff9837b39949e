//! Scalar expressions over the rows of a frame.
//!
//! Polars' own operators wrap on overflow, round and divide in other ways than SQL promises, and make NULL of casts that
//! fail. Expressions are therefore computed by small kernels over typed arrays that mean what `docs/semantics.md` says.

mod analysis;
mod arith;
mod bits;
mod bounded;
mod case;
mod cast;
mod characters;
mod compare;
mod context;
mod elapsed;
mod eval;
mod function;
mod interval;
mod json;
mod json_values;
mod kernel;
mod like;
mod literal;
mod notes;
mod number;
mod operands;
mod pattern;
mod temporal;
mod text;
mod zone;

pub(crate) use analysis::{columns_of, is_repeatable};
pub(crate) use bounded::magnitude;
pub(crate) use cast::cast;
pub(crate) use eval::Eval;
#[cfg(test)]
pub(crate) use function::names as function_names;
pub(crate) use json_values::{JsonValues, write_text};
pub(crate) use literal::constant;
pub(crate) use notes::Notes;
