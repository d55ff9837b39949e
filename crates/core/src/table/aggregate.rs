//! Aggregates: one value for the rows of a group.

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::function::camel_case;
use super::{DataType, Expr, SortKey, Value};

/// An aggregate over the rows of a group.
#[derive(Clone, Debug, PartialEq, Hash, Serialize)]
pub struct AggCall {
    /// Which.
    pub func: AggFunc,
    /// Its arguments, none for `count(*)`.
    pub args: Vec<Expr>,
    /// Equal values count once.
    pub distinct: bool,
    /// Only the rows for which it is true.
    pub filter: Option<Expr>,
    /// The order in which the rows of a group are taken; rows that tie, and all without it, in row order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub order_by: Vec<SortKey>,
    /// The type of the result.
    pub data_type: DataType,
}

/// An aggregate that an engine computes, by its name in SQL. What it means is written in its
/// [definition](crate::sql::functions::FunctionDefinition) and in `docs/semantics.md`; an engine has a kernel of that name,
/// or refuses the job.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct AggFunc {
    /// The name, in snake case.
    pub name: &'static str,
    /// A constant that it is told beside its arguments, and what that is called: the `separator` of `string_agg`.
    pub parameter: Option<(&'static str, Value)>,
}

impl AggFunc {
    /// Values that are not NULL; with no argument, rows.
    pub const COUNT: Self = Self::new("count");
    /// The first row's value, NULL included.
    pub const FIRST: Self = Self::new("first");

    /// The aggregate of that name.
    pub const fn new(name: &'static str) -> Self {
        Self { name, parameter: None }
    }
}

impl AggCall {
    /// Over all rows in row order.
    pub fn new(func: AggFunc, args: Vec<Expr>, data_type: DataType) -> Self {
        Self { func, args, distinct: false, filter: None, order_by: vec![], data_type }
    }

    /// How many rows there are.
    pub fn rows() -> Self {
        Self::new(AggFunc::COUNT, vec![], DataType::Int)
    }

    /// An aggregate of one value in which all rows count.
    pub fn of(func: AggFunc, value: Expr, data_type: DataType) -> Self {
        Self::new(func, vec![value], data_type)
    }

    /// Its value over no rows.
    pub fn of_no_rows(&self) -> Value {
        if self.func == AggFunc::COUNT { Value::Int(0) } else { Value::Null }
    }

    /// All expressions over the rows.
    pub fn exprs(&self) -> impl Iterator<Item = &Expr> {
        self.args.iter().chain(&self.filter).chain(self.order_by.iter().map(|key| &key.expr))
    }

    /// The same to be changed.
    pub fn exprs_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        self.args.iter_mut().chain(&mut self.filter).chain(self.order_by.iter_mut().map(|key| &mut key.expr))
    }
}

/// As a variant of an enum: `"Sum"`, `{"StringAgg": {"separator": …}}`.
impl Serialize for AggFunc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tag = camel_case(self.name);
        let Some((name, value)) = &self.parameter else { return serializer.serialize_str(&tag) };
        let mut map = serializer.serialize_map(Some(1))?;
        // Texts alone, as they were written before other constants were.
        match value {
            Value::String(text) => map.serialize_entry(&tag, &BTreeMap::from([(name, text)]))?,
            value => map.serialize_entry(&tag, &BTreeMap::from([(name, value)]))?,
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_name_aggregates_as_ever() {
        let written = |func: AggFunc| serde_json::to_string(&func).unwrap();
        let told = |name, what, value| AggFunc { parameter: Some((what, value)), ..AggFunc::new(name) };
        assert_eq!(written(AggFunc::COUNT), r#""Count""#);
        assert_eq!(written(AggFunc::new("bool_and")), r#""BoolAnd""#);
        let separated = told("string_agg", "separator", Value::String("+".to_owned()));
        assert_eq!(written(separated), r#"{"StringAgg":{"separator":"+"}}"#);
        let half = told("percentile_cont", "fraction", Value::Float(0.5));
        assert_eq!(written(half), r#"{"PercentileCont":{"fraction":{"Float":0.5}}}"#);
        let call = serde_json::to_value(AggCall::new(AggFunc::COUNT, vec![], DataType::Int)).unwrap();
        assert!(call.get("order_by").is_none(), "{call}");
    }
}
