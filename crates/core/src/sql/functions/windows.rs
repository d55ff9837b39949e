//! Functions that are nothing without `over`.

use crate::table::DataType;

use super::definition::{Accepts, Example, FunctionDefinition, Meaning, Parameter, Returns};

const VALUE: &[Parameter] = &[Parameter::one("value", Accepts::Any("any type"))];
const SHIFT: &[Parameter] = &[
    Parameter::one("value", Accepts::Common),
    Parameter::optional("offset", Accepts::ConstantInt { least: i64::MIN, most: i64::MAX }),
    Parameter::optional("default", Accepts::Common),
];

const NTH: &[Parameter] = &[
    Parameter::one("value", Accepts::Any("any type")),
    Parameter::one("n", Accepts::ConstantInt { least: 1, most: i64::MAX }),
];
const BUCKETS: &[Parameter] = &[Parameter::one("buckets", Accepts::ConstantInt { least: 1, most: i64::MAX })];

/// What a row's place says.
const PLACE: Meaning = Meaning::Window { ignores_nulls: false };
/// The value of another row.
const OTHER_ROW: Meaning = Meaning::Window { ignores_nulls: true };

pub(super) const FUNCTIONS: &[FunctionDefinition] = &[
    FunctionDefinition {
        name: "row_number",
        returns: Returns::Type(DataType::Int),
        summary: "1, 2, 3 …",
        examples: &[Example::of(&[("x", &["10", "10", "20"])], "row_number() over (order by x)", "1, 2, 3")],
        meaning: PLACE,
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "rank",
        returns: Returns::Type(DataType::Int),
        summary: "peers share a rank, and gaps follow",
        examples: &[Example::of(&[("x", &["10", "10", "20"])], "rank() over (order by x)", "1, 1, 3")],
        meaning: PLACE,
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "dense_rank",
        returns: Returns::Type(DataType::Int),
        summary: "peers share a rank, without gaps",
        examples: &[Example::of(&[("x", &["10", "10", "20"])], "dense_rank() over (order by x)", "1, 1, 2")],
        meaning: PLACE,
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "percent_rank",
        returns: Returns::Type(DataType::Float),
        summary: "(rank − 1) / (rows of the partition − 1); 0 of one row",
        examples: &[Example::of(&[("x", &["10", "10", "20"])], "percent_rank() over (order by x)", "0, 0, 1")],
        meaning: PLACE,
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "cume_dist",
        returns: Returns::Type(DataType::Float),
        summary: "the share of the partition's rows that are not behind the row or its peers",
        examples: &[Example::of(&[("x", &["10", "20"])], "cume_dist() over (order by x)", "0.5, 1")],
        meaning: PLACE,
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "ntile",
        parameters: BUCKETS,
        returns: Returns::Type(DataType::Int),
        summary: "the bucket, from 1, of so many as equal as can be, the larger ones first",
        examples: &[Example::of(&[("x", &["10", "20", "30"])], "ntile(2) over (order by x)", "1, 1, 2")],
        meaning: PLACE,
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "lag",
        parameters: SHIFT,
        summary: "the value so many rows before, 1 if not given; the default, or NULL, where there is none",
        examples: &[Example::of(&[("x", &["1", "2", "3"])], "lag(x) over (order by x)", "NULL, 1, 2")],
        meaning: OTHER_ROW,
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "lead",
        parameters: SHIFT,
        summary: "the value so many rows behind, 1 if not given; the default, or NULL, where there is none",
        examples: &[Example::of(&[("x", &["1", "2", "3"])], "lead(x, 1, 0) over (order by x)", "2, 3, 0")],
        meaning: OTHER_ROW,
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "first_value",
        parameters: VALUE,
        summary: "the value of the frame's first row",
        examples: &[Example::of(&[("x", &["1", "2", "3"])], "first_value(x) over (order by x)", "1, 1, 1")],
        meaning: OTHER_ROW,
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "last_value",
        parameters: VALUE,
        summary: "the value of the frame's last row",
        examples: &[Example::of(&[("x", &["1", "2", "3"])], "last_value(x) over ()", "3, 3, 3")],
        meaning: OTHER_ROW,
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "nth_value",
        parameters: NTH,
        summary: "the value of the frame's row of that number, from 1; NULL where there is none",
        examples: &[Example::of(&[("x", &["1", "2", "3"])], "nth_value(x, 2) over (order by x)", "NULL, 2, 2")],
        meaning: OTHER_ROW,
        ..FunctionDefinition::SCALAR
    },
];
