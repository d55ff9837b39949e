//! Neutral jobs as Spark SQL.
//!
//! Every relation becomes a `select` that gives its columns as `c0, c1, …` by place (so that no name of a user's ever reaches
//! Spark) and, beside them, hidden *ordinals* `o0, o1, …`: their order is the order of the rows. A step adds ordinals instead
//! of numbering rows, which a cluster could do only one after another.
//!
//! What a value means is `docs/semantics.md`, not Spark: where Spark means something else, the lowering says it in other words,
//! and where there are none the job is refused before it runs.

mod aggregate;
mod arithmetic;
mod binding;
mod call;
mod cast;
mod civil;
mod convert;
mod decimal;
mod expression;
mod fill;
mod float_text;
mod function;
mod function_dates;
mod function_numbers;
mod function_texts;
mod iso;
mod join;
mod literal;
mod moments;
mod ordinal;
mod regex;
mod reject;
mod relation;
mod set_operation;
mod source;
mod stored;
mod strftime;
mod strptime;
mod window;

#[cfg(test)]
mod tests;

use tidemill_core::table::Unsupported;

pub(crate) use cast::{MARK, MISFIT, cast};
pub(crate) use convert::Converted;
pub(crate) use expression::Scope;
pub(crate) use literal::literal;
pub(crate) use ordinal::{Lowered, Ordinal, order_by};
pub(crate) use relation::{Inputs, Lowerer};
pub(crate) use source::{Source, named};
pub(crate) use stored::Stored;

/// What can be said in Spark SQL, or why not.
pub(crate) type Lowering<T> = Result<T, Unsupported>;

/// What cannot be said with equal results, as a sentence.
pub(crate) fn refused(what: impl Into<String>) -> Unsupported {
    let help = "write `engine: local` in the task, so that it is computed on this machine";
    Unsupported { message: format!("{} on Spark", what.into()), help: help.to_owned() }
}

/// The same, with the reason.
pub(crate) fn refused_because(what: impl Into<String>, why: impl std::fmt::Display) -> Unsupported {
    let Unsupported { message, help } = refused(what);
    Unsupported { message: format!("{message}: {why}"), help }
}
