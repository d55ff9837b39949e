//! A scalar function as engines know it.

use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// What part of a date or time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum DatePart {
    /// The year.
    Year,
    /// The year that the ISO 8601 week belongs to.
    IsoYear,
    /// 1 to 4.
    Quarter,
    /// 1 to 12.
    Month,
    /// ISO 8601 week, 1 to 53; truncation goes to Monday.
    Week,
    /// 1 to 31.
    Day,
    /// Day of the week: 0 Sunday to 6 Saturday.
    Dow,
    /// Day of the week: 1 Monday to 7 Sunday.
    IsoDow,
    /// Day of the year: 1 to 366.
    Doy,
    /// 0 to 23.
    Hour,
    /// 0 to 59.
    Minute,
    /// 0 to 59, whole.
    Second,
    /// Seconds since 1970-01-01 00:00, whole.
    Epoch,
}

/// Where to trim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum TrimSide {
    /// Both ends.
    Both,
    /// The start.
    Leading,
    /// The end.
    Trailing,
}

/// A function that an engine computes, by its name in SQL (or of the operator that it stands for). What it means is written
/// in its [definition](crate::sql::functions::FunctionDefinition) and in `docs/semantics.md`; an engine has a kernel of that
/// name, or refuses the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Function {
    /// The name, in snake case.
    pub name: &'static str,
    /// What the function is told beside its arguments.
    pub modifier: Option<Modifier>,
}

/// What a function is told beside its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum Modifier {
    /// Of `extract`, `date_trunc` and their kind: which part.
    Part(DatePart),
    /// Of `trim`: where.
    Side(TrimSide),
}

impl Function {
    /// `coalesce(a, …)`: the first argument that is not NULL; later ones are computed only where it is needed.
    pub const COALESCE: Self = Self::new("coalesce");
    /// `a || b`: NULL if either is NULL.
    pub const CONCAT: Self = Self::new("concat");
    /// `date + interval`: arguments the date and ints, months and then days; the day is clipped to the month. Of a datetime
    /// there may be a fourth: microseconds, added last.
    pub const ADD_INTERVAL: Self = Self::new("add_interval");
    /// `regexp_like(text, pattern)`: whether the pattern, a constant, is found anywhere.
    pub const REGEXP_LIKE: Self = Self::new("regexp_like");

    /// `single_row(value, rows, place)`: the value, of a subquery that gave so many rows; more than one fail the task, which
    /// names the place.
    pub const SINGLE_ROW: Self = Self::new("single_row");

    /// The function of that name.
    pub const fn new(name: &'static str) -> Self {
        Self { name, modifier: None }
    }

    /// The start of the period that holds the date; the type is kept.
    pub const fn date_trunc(part: DatePart) -> Self {
        Self { name: "date_trunc", modifier: Some(Modifier::Part(part)) }
    }

    /// A part of a date, as int.
    pub const fn extract(part: DatePart) -> Self {
        Self { name: "extract", modifier: Some(Modifier::Part(part)) }
    }

    /// How often the part begins anew between two dates.
    pub const fn date_diff(part: DatePart) -> Self {
        Self { name: "date_diff", modifier: Some(Modifier::Part(part)) }
    }

    /// A part of the interval between two datetimes, the later one first: `Day` whole days, `Second` the microseconds that
    /// are left.
    pub const fn elapsed(part: DatePart) -> Self {
        Self { name: "elapsed", modifier: Some(Modifier::Part(part)) }
    }

    /// A part of the age at the first of two datetimes of what began at the second: `Month` whole months, `Day` the days and
    /// `Second` the microseconds that are left.
    pub const fn age(part: DatePart) -> Self {
        Self { name: "age", modifier: Some(Modifier::Part(part)) }
    }

    /// A part of an interval of months, days and microseconds; `Second` and `Epoch` in microseconds.
    pub const fn interval_part(part: DatePart) -> Self {
        Self { name: "interval_part", modifier: Some(Modifier::Part(part)) }
    }

    /// Without white space, or the characters of the second argument, at the ends.
    pub const fn trim(side: TrimSide) -> Self {
        Self { name: "trim", modifier: Some(Modifier::Side(side)) }
    }

    /// The name in fingerprints: in upper camel case.
    fn tag(self) -> String {
        match self.name {
            // Written so before names were one with those of SQL; another spelling would run every task again.
            "nullif" => "NullIf".to_owned(),
            name => camel_case(name),
        }
    }
}

/// A name in upper camel case.
pub(super) fn camel_case(name: &str) -> String {
    name.split('_').flat_map(capitalized).collect()
}

fn capitalized(word: &str) -> impl Iterator<Item = char> + '_ {
    word.chars().enumerate().map(|(at, letter)| if at == 0 { letter.to_ascii_uppercase() } else { letter })
}

/// As a variant of an enum: `"Lower"`, `{"Trim": "Both"}`.
impl Serialize for Function {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.modifier {
            None => serializer.serialize_str(&self.tag()),
            Some(modifier) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(&self.tag(), &modifier)?;
                map.end()
            }
        }
    }
}

/// As plans show it.
impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.modifier {
            Some(Modifier::Side(TrimSide::Leading)) => f.write_str("ltrim"),
            Some(Modifier::Side(TrimSide::Trailing)) => f.write_str("rtrim"),
            Some(Modifier::Part(part)) => write!(f, "{}_{}", self.name, format!("{part:?}").to_lowercase()),
            Some(Modifier::Side(TrimSide::Both)) | None => f.write_str(self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_name_functions_as_ever() {
        let written = |function: Function| serde_json::to_string(&function).unwrap();
        assert_eq!(written(Function::new("lower")), r#""Lower""#);
        assert_eq!(written(Function::new("nullif")), r#""NullIf""#);
        assert_eq!(written(Function::REGEXP_LIKE), r#""RegexpLike""#);
        assert_eq!(written(Function::ADD_INTERVAL), r#""AddInterval""#);
        assert_eq!(written(Function::trim(TrimSide::Leading)), r#"{"Trim":"Leading"}"#);
        assert_eq!(written(Function::date_trunc(DatePart::IsoDow)), r#"{"DateTrunc":"IsoDow"}"#);
    }

    #[test]
    fn plans_name_functions_as_sql_does() {
        let shown = [
            Function::new("nullif"),
            Function::trim(TrimSide::Both),
            Function::trim(TrimSide::Trailing),
            Function::extract(DatePart::IsoDow),
            Function::ADD_INTERVAL,
        ]
        .map(|function| function.to_string());
        assert_eq!(shown, ["nullif", "trim", "rtrim", "extract_isodow", "add_interval"]);
    }
}
