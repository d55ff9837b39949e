//! What the registry holds of a function.

use std::ops::RangeInclusive;

use serde::Serialize;

use crate::sql::env::Env;
use crate::sql::text::Bound;
use crate::sql::types::{EXTRA_SCALE, MAX_PRECISION, decimal};
use crate::table::{DataType, Expr, ExprKind, Function};

use super::call::Call;

/// Text.
pub(super) const STRING: &[DataType] = &[DataType::String];
/// Days, with a time or without.
pub(super) const TEMPORAL: &[DataType] = &[DataType::Date, DataType::Datetime];
/// All that has hours.
pub(super) const CLOCK: &[DataType] = &[DataType::Datetime, DataType::Date, DataType::Time];
/// Whole numbers.
pub(super) const INT: &[DataType] = &[DataType::Int];
/// Numbers.
pub(super) const NUMBER: &[DataType] = &[DataType::Float, DataType::Int, DataType::MONEY];

/// One function of SQL: all that the binder, the documentation and `tidemill functions` need.
///
/// An engine adds only how it is computed: a kernel, or a text for another system, found by the name of the
/// [`Function`] in the bound expression. A definition whose meaning is an expression of other functions needs neither.
#[derive(Debug)]
pub struct FunctionDefinition {
    /// The name, in lower case.
    pub name: &'static str,
    /// Other names for the same.
    pub aliases: &'static [&'static str],
    /// Forms beside `name(…)`, as they are written.
    pub forms: &'static [&'static str],
    /// What it takes, in order.
    pub parameters: &'static [Parameter],
    /// The type of its value.
    pub returns: Returns,
    /// What it gives, in Markdown, on one line without a full stop.
    pub summary: &'static str,
    /// Calls and what comes of them; a test computes each.
    pub examples: &'static [Example],
    pub(in crate::sql) meaning: Meaning,
}

/// One parameter.
#[derive(Debug)]
pub struct Parameter {
    /// Its name in documentation, and for constants in messages.
    pub name: &'static str,
    /// How many arguments it takes.
    pub count: Count,
    pub(in crate::sql) accepts: Accepts,
}

/// How many arguments a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// One.
    One,
    /// One, or none at the end of a call.
    Optional,
    /// One or more; only the last parameter.
    Many,
}

/// What may stand for a parameter, and what becomes of it.
#[derive(Clone, Copy, Debug)]
pub(in crate::sql) enum Accepts {
    /// Any type. The words say what the function itself makes of it.
    Any(&'static str),
    /// Any type, which becomes a string.
    Written,
    /// Any type that has one in common with the function's other parameters of this kind: they become that.
    Common,
    /// One of these types; NULL becomes the first.
    OneOf(&'static [DataType]),
    /// A number, which becomes a float.
    Float,
    /// What an aggregate adds up: a number.
    Summand,
    /// The same as a float.
    FloatSummand,
    /// True or false.
    Condition,
    /// A whole number, constant.
    ConstantInt {
        /// The least.
        least: i64,
        /// The most.
        most: i64,
    },
    /// A number from 0 to 1, constant.
    ConstantFraction,
    /// A text, constant.
    ConstantText,
    /// The same in a language of its own: what is wrong with it, and how.
    ConstantSyntax(fn(&str) -> Result<(), (&'static str, String)>),
}

/// The type of a function's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returns {
    /// That of the first argument, or of all that have one in common.
    Argument,
    /// Always this.
    Type(DataType),
    /// As a sum: that of the argument, of decimals with all digits.
    Sum,
    /// As a mean: float, of decimals a decimal of more digits behind the point.
    Mean,
    /// What these words say; the binder knows it where it is no argument's.
    Words(&'static str),
}

/// A call and what comes of it.
#[derive(Debug, Serialize)]
pub struct Example {
    /// The call.
    pub call: &'static str,
    /// Columns that it reads: names, and one constant a row.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub columns: &'static [(&'static str, &'static [&'static str])],
    /// The value, for a window function those of all rows.
    pub result: &'static str,
}

/// What a call becomes.
#[derive(Debug)]
pub(in crate::sql) enum Meaning {
    /// The engine's function of the same name.
    Engine,
    /// An expression of the arguments.
    Expression(fn(Vec<Expr>) -> Expr),
    /// What the function makes of the text of its arguments, where their declaration does not say enough.
    Text(fn(&Call<'_>, &mut Env<'_>) -> Bound<Expr>),
    /// It has a grammar of its own and is no call.
    Grammar,
    /// An aggregate over the rows of a group.
    Aggregate(Aggregate),
    /// The engine's window function of the same name.
    Window {
        /// Whether `ignore nulls` may stand behind it.
        ignores_nulls: bool,
    },
}

/// An aggregate. Constants among its arguments become its parameter.
#[derive(Debug)]
pub(in crate::sql) struct Aggregate {
    /// The engine's aggregate, if it has another name.
    pub engine: Option<&'static str>,
    /// What `distinct` means for it.
    pub distinct: Distinct,
    /// In which order it takes the rows of a group.
    pub takes: Takes,
    /// Whether `*` may stand for its argument, and with `distinct` several may.
    pub counts_rows: bool,
}

/// In which order an aggregate takes the rows of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sql) enum Takes {
    /// In row order, or that of an `order by` behind its arguments.
    Rows,
    /// Likewise, and `within group (order by value)` stands for its first argument and the order by it.
    WithinGroup,
    /// By its first argument, smallest first unless `within group` says otherwise.
    Sorted,
}

/// What `distinct` means for an aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sql) enum Distinct {
    /// Equal values count once.
    Once,
    /// The same result.
    Same,
    /// What it means without it too.
    Always,
    /// Nothing that is supported.
    Refused,
}

/// What kind of function it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FunctionKind {
    /// A value for the values of one row.
    Scalar,
    /// A value for the rows of a group.
    Aggregate,
    /// A value for each row, of the rows around it.
    Window,
}

impl FunctionDefinition {
    /// What definitions leave out: a scalar function that the engine computes, and whose type is that of its argument.
    pub(super) const SCALAR: Self = Self {
        name: "",
        aliases: &[],
        forms: &[],
        parameters: &[],
        returns: Returns::Argument,
        summary: "",
        examples: &[],
        meaning: Meaning::Engine,
    };

    /// What kind of function it is.
    pub fn kind(&self) -> FunctionKind {
        match self.meaning {
            Meaning::Aggregate(_) => FunctionKind::Aggregate,
            Meaning::Window { .. } => FunctionKind::Window,
            Meaning::Engine | Meaning::Expression(_) | Meaning::Text(_) | Meaning::Grammar => FunctionKind::Scalar,
        }
    }

    /// How many arguments a call may have.
    pub fn arity(&self) -> RangeInclusive<usize> {
        let least = self.parameters.iter().filter(|parameter| parameter.count != Count::Optional).count();
        let is_open = self.parameters.iter().any(|parameter| parameter.count == Count::Many);
        least..=if is_open { usize::MAX } else { self.parameters.len() }
    }

    /// The engine's function of the same name, of these arguments.
    pub(super) fn engine_call(&self, args: Vec<Expr>) -> Expr {
        let data_type = self.returns.of(&args);
        Expr { kind: ExprKind::Call(Function::new(self.name), args), data_type }
    }
}

impl Parameter {
    /// One argument of one of these types.
    pub(super) const fn one(name: &'static str, accepts: Accepts) -> Self {
        Self { name, count: Count::One, accepts }
    }

    /// One that may be left out.
    pub(super) const fn optional(name: &'static str, accepts: Accepts) -> Self {
        Self { name, count: Count::Optional, accepts }
    }

    /// One or more.
    pub(super) const fn many(name: &'static str, accepts: Accepts) -> Self {
        Self { name, count: Count::Many, accepts }
    }

    /// Whether it is constant.
    pub(in crate::sql) fn is_constant(&self) -> bool {
        match self.accepts {
            Accepts::Any(_) | Accepts::Written | Accepts::Common | Accepts::OneOf(_) | Accepts::Condition => false,
            Accepts::Float | Accepts::Summand | Accepts::FloatSummand => false,
            Accepts::ConstantInt { .. } | Accepts::ConstantFraction => true,
            Accepts::ConstantText | Accepts::ConstantSyntax(_) => true,
        }
    }

    /// What it takes, in words.
    pub fn takes(&self) -> String {
        match self.accepts {
            Accepts::Any(words) => words.to_owned(),
            Accepts::Written => "any type, written as a string".to_owned(),
            Accepts::Common => "any type, the same for all".to_owned(),
            Accepts::OneOf(types) => either(types),
            Accepts::Float | Accepts::Summand | Accepts::FloatSummand => either(NUMBER),
            Accepts::Condition => "bool".to_owned(),
            Accepts::ConstantInt { least: i64::MIN, .. } => "int, constant".to_owned(),
            Accepts::ConstantInt { least, most } => format!("int, constant, {least} to {most}"),
            Accepts::ConstantFraction => "number, constant, 0 to 1".to_owned(),
            Accepts::ConstantText | Accepts::ConstantSyntax(_) => "string, constant".to_owned(),
        }
    }
}

/// Types in words.
pub(super) fn either(types: &[DataType]) -> String {
    let name = |data_type: &DataType| match data_type {
        DataType::Decimal { .. } => "decimal".to_owned(),
        other => other.to_string(),
    };
    types.iter().map(name).collect::<Vec<_>>().join(" or ")
}

impl Returns {
    /// The type for these arguments.
    pub(in crate::sql) fn of(self, args: &[Expr]) -> DataType {
        let argument = args.first().map_or(DataType::Null, |arg| arg.data_type);
        match (self, argument) {
            (Self::Type(data_type), _) => data_type,
            (Self::Sum, DataType::Decimal { scale, .. }) => DataType::Decimal { precision: MAX_PRECISION, scale },
            (Self::Mean, DataType::Decimal { scale, .. }) => decimal(MAX_PRECISION, scale.saturating_add(EXTRA_SCALE)),
            (Self::Mean, _) => DataType::Float,
            (Self::Argument | Self::Sum | Self::Words(_), argument) => argument,
        }
    }
}

impl Example {
    /// A call of constants.
    pub(super) const fn new(call: &'static str, result: &'static str) -> Self {
        Self { call, columns: &[], result }
    }

    /// A call over rows.
    pub(super) const fn of(
        columns: &'static [(&'static str, &'static [&'static str])],
        call: &'static str,
        result: &'static str,
    ) -> Self {
        Self { call, columns, result }
    }

    /// The columns that it reads: `x = 1, 2, null`.
    pub fn over(&self) -> impl Iterator<Item = String> + use<> {
        self.columns.iter().map(|(name, values)| format!("{name} = {}", values.join(", ")))
    }

    /// The example as a query of one column, a row for each value.
    pub fn query(&self) -> String {
        let rows = self.columns.first().map_or(0, |(_, values)| values.len());
        let row = |at: usize| {
            let values = self.columns.iter().map(|(name, values)| format!("{} as {name}", values[at]));
            format!("select {}", values.collect::<Vec<_>>().join(", "))
        };
        match rows {
            0 => format!("select {} as result", self.call),
            rows => {
                let rows = (0..rows).map(row).collect::<Vec<_>>().join(" union all ");
                format!("select {} as result from ({rows}) as example", self.call)
            }
        }
    }
}
