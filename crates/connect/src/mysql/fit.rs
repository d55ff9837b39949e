//! Which values a column takes as they are. What the server would change without a word is refused here, what it would refuse
//! itself is left to it.

use std::collections::HashSet;

use mysql_async::Value as Parameter;
use tidemill_core::connection::TargetColumn;
use tidemill_core::table::{DataType, PlainData, Value};

use super::query::parameter;

/// Why a column of that type cannot be written into a column of the target, if it cannot.
pub(super) fn misfit(from: DataType, into: &TargetColumn) -> Option<String> {
    if into.generated {
        return Some(format!("the database computes `{}` itself", into.name));
    }
    let takes = into.data_type.is_some_and(|target| match (from, target) {
        (DataType::Null, _) => into.nullable,
        (DataType::Bool | DataType::Int, DataType::Int | DataType::Decimal { .. }) => true,
        (DataType::Decimal { scale: 0, .. }, DataType::Int) => true,
        (DataType::Decimal { scale, .. }, DataType::Decimal { scale: most, .. }) => scale <= most,
        (DataType::Date, DataType::Datetime) => true,
        (from, target) => from == target,
    });
    (!takes).then(|| format!("{} does not take {from} as it is", into.database_type))
}

/// What is to be seen of each value before it goes to a column.
pub(super) struct Column {
    name: String,
    nullable: bool,
    check: Check,
}

enum Check {
    /// The server refuses what it cannot hold.
    None,
    /// A float of 32 bits.
    Single,
    /// That many microseconds are the smallest step.
    Step(i64),
    /// Blanks at the end are lost.
    Padded,
    /// Years of two digits become others.
    Year,
    /// Numbers in texts would count members.
    Member(HashSet<String>),
    /// The same, of several between commas.
    Members(HashSet<String>),
}

impl Column {
    /// Of a target's column.
    pub fn of(target: &TargetColumn) -> Self {
        let whole = target.database_type.as_str();
        let kind = whole.split(['(', ' ']).next().unwrap_or(whole);
        let check = match kind {
            "float" => Check::Single,
            "datetime" | "timestamp" | "time" => Check::Step(step(whole)),
            "char" => Check::Padded,
            "year" => Check::Year,
            "enum" => Check::Member(members(whole)),
            "set" => Check::Members(members(whole)),
            _ => Check::None,
        };
        Self { name: target.name.clone(), nullable: target.nullable, check }
    }

    /// The value in that row as the server takes it.
    ///
    /// # Errors
    /// Why it cannot be written as it is: the end of a sentence that begins with the connection.
    pub fn parameter(&self, data: &PlainData, row: usize) -> Result<Parameter, String> {
        let value = data.value(row);
        if let Some(why) = self.refusal(&value) {
            return Err(why);
        }
        match value {
            // As text it would be bits of letters to a column of bits.
            Value::Decimal { unscaled, scale: 0 } if u64::try_from(unscaled).is_ok() => {
                Ok(Parameter::UInt(unscaled as u64))
            }
            value => parameter(&value).ok_or_else(|| "a day of no year from 0 to 9999".to_owned()),
        }
    }

    /// The name of the column.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn refusal(&self, value: &Value) -> Option<String> {
        let refused = match (&self.check, value) {
            (_, Value::Null) => return (!self.nullable).then(|| "NULL, which it may not hold".to_owned()),
            (_, Value::Float(value)) if !value.is_finite() => {
                return Some(format!("{value}, which MySQL does not know"));
            }
            (Check::Single, Value::Float(value)) => f64::from(*value as f32) != *value,
            (Check::Step(step), Value::Datetime(micros) | Value::Time(micros)) => micros % step != 0,
            (Check::Padded, Value::String(text)) => text.ends_with(' '),
            (Check::Year, Value::Int(year)) => !(*year == 0 || (1901..=2155).contains(year)),
            (Check::Member(members), Value::String(text)) => !members.contains(text),
            (Check::Members(members), Value::String(text)) => {
                !text.is_empty() && !text.split(',').all(|part| members.contains(part))
            }
            _ => false,
        };
        refused.then(|| format!("`{value}`, which it would not keep as it is"))
    }
}

/// Microseconds of the smallest step of `datetime(3)`.
fn step(whole: &str) -> i64 {
    let digits = whole.split_once('(').and_then(|(_, rest)| rest.split(')').next()?.parse::<u32>().ok()).unwrap_or(0);
    10_i64.pow(6 - digits.min(6))
}

/// The members of `enum('a','it''s')`.
fn members(whole: &str) -> HashSet<String> {
    let inside = whole.split_once("('").map_or("", |(_, rest)| rest.strip_suffix("')").unwrap_or(rest));
    // A quote inside a member is doubled, so between members stands the only `','`.
    inside.split("','").map(|member| member.replace("''", "'")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(database_type: &str, data_type: DataType) -> TargetColumn {
        TargetColumn {
            name: "x".to_owned(),
            database_type: database_type.to_owned(),
            data_type: Some(data_type),
            nullable: true,
            has_default: true,
            generated: false,
        }
    }

    #[test]
    fn what_the_server_would_change_without_a_word_is_refused() {
        let takes = |declared: &str, data: PlainData| {
            Column::of(&column(declared, data.data_type())).parameter(&data, 0).is_ok()
        };
        let text = |text: &str| PlainData::String(vec![Some(text.to_owned())]);
        assert!(takes("enum('a','it''s')", text("it's")));
        assert!(!takes("enum('a','b')", text("1")), "it would count the members");
        assert!(
            takes("set('a','b')", text("a,b")) && takes("set('a','b')", text("")) && !takes("set('a','b')", text("3"))
        );
        assert!(!takes("char(5)", text("a ")) && takes("varchar(5)", text("a ")));
        let micros = PlainData::Datetime(vec![Some(1_000)]);
        assert!(
            takes("datetime(3)", micros.clone()) && !takes("datetime", micros.clone()) && takes("timestamp(6)", micros)
        );
        let float = |value| PlainData::Float(vec![Some(value)]);
        assert!(takes("float", float(0.5)) && !takes("float", float(0.1)) && !takes("double", float(f64::NAN)));
        let year = |year| PlainData::Int(vec![Some(year)]);
        assert!(takes("year(4)", year(2024)) && !takes("year(4)", year(24)));
    }

    #[test]
    fn a_type_goes_only_where_all_its_values_go() {
        let fits = |from, declared, target| misfit(from, &column(declared, target)).is_none();
        let decimal = |scale| DataType::Decimal { precision: 18, scale };
        assert!(fits(decimal(2), "decimal(10,2)", decimal(2)) && !fits(decimal(3), "decimal(10,2)", decimal(2)));
        assert!(fits(DataType::Bool, "tinyint(1)", DataType::Int) && !fits(DataType::Float, "int(11)", DataType::Int));
        assert!(
            fits(DataType::Date, "datetime", DataType::Datetime) && !fits(DataType::Datetime, "date", DataType::Date)
        );
        assert!(!fits(DataType::Int, "varchar(20)", DataType::String));
    }
}
