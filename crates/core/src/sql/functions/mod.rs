//! The registry of SQL's functions: one file for each family, one entry for each function.
//!
//! A function is added by an entry in its family's file. Unless its meaning is an expression of other functions, each engine
//! also needs to know how to compute it: the local engine has a kernel of the same name beside those of the same family. Tests
//! go over the registry: every example is computed, every kernel is reached, and `docs/semantics.md` lists every function.

mod aggregates;
mod arguments;
mod call;
mod conditionals;
mod conversions;
mod dates;
mod definition;
mod documentation;
mod durations;
mod elsewhere;
mod formats;
mod json;
mod numbers;
mod patterns;
mod template;
mod texts;
mod windows;

#[cfg(test)]
mod tests;

pub use definition::{Count, Example, FunctionDefinition, FunctionKind, Parameter, Returns};
pub use elsewhere::elsewhere;

pub(super) use call::{Call, call, checked_arity, plain_args, positional_args, scalar};
pub(super) use dates::{at_time_zone, extract};
pub(super) use definition::{Aggregate, Distinct, Meaning, Takes};
pub(super) use json::{array_length, element, member as json_member};
pub(super) use numbers::ceil_floor;
pub(super) use texts::{position, substring, trim};

/// All functions, by family.
static FAMILIES: &[&[FunctionDefinition]] = &[
    conditionals::FUNCTIONS,
    numbers::FUNCTIONS,
    texts::FUNCTIONS,
    patterns::FUNCTIONS,
    json::FUNCTIONS,
    dates::FUNCTIONS,
    durations::FUNCTIONS,
    formats::FUNCTIONS,
    conversions::FUNCTIONS,
    aggregates::FUNCTIONS,
    windows::FUNCTIONS,
    #[cfg(test)]
    tests::FUNCTIONS,
];

/// All functions: scalar functions, aggregates and then window functions, each by family.
pub fn all() -> impl Iterator<Item = &'static FunctionDefinition> {
    FAMILIES.iter().copied().flatten()
}

/// The function of that name, or of which that is another name; in lower case.
pub fn find(name: &str) -> Option<&'static FunctionDefinition> {
    all().find(|function| function.names().any(|known| known == name))
}

/// All names that a call may have.
pub fn names() -> impl Iterator<Item = &'static str> {
    all().flat_map(FunctionDefinition::names)
}

impl FunctionDefinition {
    /// Whether an engine computes it under its own name, and not as an expression of other functions.
    pub fn is_computed_by_engine(&self) -> bool {
        matches!(self.meaning, Meaning::Engine)
    }

    /// Its name and its other names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}
