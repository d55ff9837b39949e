//! Columns of rows whose table is not known: of a command that has not said which it makes, of a source that is not there.

use jiff::civil::{Date, DateTime};
use tidemill_core::spec::FixtureRow;
use tidemill_core::table::{DataType, Schema};

/// The columns in the order in which the rows name them, each of the narrowest type that all its values fit.
pub(super) fn inferred(rows: &[FixtureRow]) -> Schema {
    let mut schema = Schema::new();
    for (column, _) in rows.iter().flatten() {
        if !schema.contains(column) {
            let cells = rows.iter().flatten().filter(|(other, _)| other.value == column.value);
            let texts: Vec<&str> = cells.filter_map(|(_, cell)| cell.value.as_deref()).collect();
            schema.set(column.value.as_str(), type_of(&texts));
        }
    }
    schema
}

fn type_of(texts: &[&str]) -> DataType {
    let all = |fits: fn(&str) -> bool| texts.iter().all(|text| fits(text));
    if texts.is_empty() {
        DataType::Null
    } else if all(|text| text.parse::<i64>().is_ok()) {
        DataType::Int
    } else if all(|text| text.parse().is_ok_and(f64::is_finite)) {
        DataType::Float
    } else if all(|text| matches!(text, "true" | "false")) {
        DataType::Bool
    } else if all(|text| text.len() == "2024-11-20".len() && text.parse::<Date>().is_ok()) {
        DataType::Date
    } else if all(|text| text.len() > "2024-11-20".len() && text.parse::<DateTime>().is_ok()) {
        DataType::Datetime
    } else {
        DataType::String
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_the_narrowest_type_of_its_values() {
        for (texts, wanted) in [
            (&[][..], DataType::Null),
            (&["1", "-2"], DataType::Int),
            (&["1", "2.5"], DataType::Float),
            (&["true", "false"], DataType::Bool),
            (&["2024-11-20"], DataType::Date),
            (&["2024-11-20T10:00"], DataType::Datetime),
            (&["2024-11-20", "soon"], DataType::String),
            (&["1", ""], DataType::String),
        ] {
            assert_eq!(type_of(texts), wanted, "{texts:?}");
        }
    }
}
