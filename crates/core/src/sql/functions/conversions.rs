//! Conversions between types.

use super::definition::{Accepts, Example, FunctionDefinition, Meaning, Parameter, Returns};

pub(super) const FUNCTIONS: &[FunctionDefinition] = &[FunctionDefinition {
    name: "cast",
    forms: &["cast(value as type)", "value::type"],
    parameters: &[Parameter::one("value", Accepts::Any("any type"))],
    returns: Returns::Words("that type"),
    summary: "the same value as another type; one that does not fit fails the task",
    examples: &[Example::new("cast('42' as int)", "42"), Example::new("2.5::int", "3")],
    meaning: Meaning::Grammar,
    ..FunctionDefinition::SCALAR
}];
