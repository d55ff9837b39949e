//! Conversions between types.

use super::definition::{Accepts, Example, FunctionDefinition, Meaning, Parameter, Returns};

const VALUE: &[Parameter] = &[Parameter::one("value", Accepts::Any("any type"))];

pub(super) const FUNCTIONS: &[FunctionDefinition] = &[
    FunctionDefinition {
        name: "cast",
        forms: &["cast(value as type)", "value::type"],
        parameters: VALUE,
        returns: Returns::Words("that type"),
        summary: "the same value as another type; one that does not fit fails the task",
        examples: &[Example::new("cast('42' as int)", "42"), Example::new("2.5::int", "3")],
        meaning: Meaning::Grammar,
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "try_cast",
        forms: &["try_cast(value as type)"],
        parameters: VALUE,
        returns: Returns::Words("that type"),
        summary: "the same value as another type; NULL if it does not fit",
        examples: &[Example::new("try_cast('42' as int)", "42"), Example::new("try_cast('4x2' as int)", "NULL")],
        meaning: Meaning::Grammar,
        ..FunctionDefinition::SCALAR
    },
];
