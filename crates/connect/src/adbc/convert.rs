//! Values of a type as those of another that holds them.

use tidemill_core::table::{DataType, PlainData, decimal_digits};

use super::decode::Fault;

const HELP: &str = "let the query cast the column to one type";

/// The values as that type.
///
/// # Errors
/// If one of them is not held by it as it is.
pub(super) fn convert(data: PlainData, as_type: DataType) -> Result<PlainData, Fault> {
    let fault = |row: usize, what: String| Fault { row, what, help: HELP };
    match (data, as_type) {
        (data, as_type) if data.data_type() == as_type => Ok(data),
        (PlainData::Null(rows), as_type) => Ok(nulls(rows, as_type)),
        (PlainData::Int(values), DataType::Decimal { precision, scale }) => {
            scaled(values.into_iter().map(|value| value.map(i128::from)), 0, precision, scale)
        }
        (PlainData::Bool(values), DataType::Int) => {
            Ok(PlainData::Int(values.into_iter().map(|value| value.map(i64::from)).collect()))
        }
        (PlainData::Decimal { unscaled, scale: from, .. }, DataType::Decimal { precision, scale }) => {
            scaled(unscaled.into_iter(), from, precision, scale)
        }
        (PlainData::Decimal { unscaled, scale: 0, .. }, DataType::Int) => {
            let int = |(row, value): (usize, Option<i128>)| {
                let int = |value: i128| {
                    i64::try_from(value).map_err(|_| fault(row, format!("{value}, which is beyond the ints")))
                };
                value.map(int).transpose()
            };
            unscaled.into_iter().enumerate().map(int).collect::<Result<_, _>>().map(PlainData::Int)
        }
        (PlainData::Int(values), DataType::Float) => {
            let float = |(row, value): (usize, Option<i64>)| {
                let float = |value: i64| {
                    let float = value as f64;
                    let is_kept = float as i128 == i128::from(value);
                    is_kept.then_some(float).ok_or_else(|| fault(row, format!("{value}, which a float would round")))
                };
                value.map(float).transpose()
            };
            values.into_iter().enumerate().map(float).collect::<Result<_, _>>().map(PlainData::Float)
        }
        (data, as_type) => match first_value(&data) {
            None => Ok(nulls(rows_of(&data), as_type)),
            Some(row) => Err(fault(row, format!("{}, which is no {as_type}", data.value(row)))),
        },
    }
}

/// Decimals with another number of digits behind the point.
fn scaled(values: impl Iterator<Item = Option<i128>>, from: u8, precision: u8, scale: u8) -> Result<PlainData, Fault> {
    let more = 10_i128.pow(u32::from(scale.saturating_sub(from).min(38)));
    let less = 10_i128.pow(u32::from(from.saturating_sub(scale).min(38)));
    let scaled = |(row, value): (usize, Option<i128>)| {
        let Some(value) = value else { return Ok(None) };
        let kept = (value % less == 0).then_some(value / less).and_then(|value| value.checked_mul(more));
        kept.filter(|kept| decimal_digits(*kept) <= precision).map(Some).ok_or_else(|| Fault {
            row,
            what: format!(
                "{}, which does not fit decimal({precision},{scale})",
                tidemill_core::table::decimal_text(value, from)
            ),
            help: HELP,
        })
    };
    let unscaled = values.enumerate().map(scaled).collect::<Result<_, _>>()?;
    Ok(PlainData::Decimal { unscaled, precision, scale })
}

fn nulls(rows: usize, as_type: DataType) -> PlainData {
    match as_type {
        DataType::Bool => PlainData::Bool(vec![None; rows]),
        DataType::Int => PlainData::Int(vec![None; rows]),
        DataType::Float => PlainData::Float(vec![None; rows]),
        DataType::Decimal { precision, scale } => PlainData::Decimal { unscaled: vec![None; rows], precision, scale },
        DataType::String => PlainData::String(vec![None; rows]),
        DataType::Date => PlainData::Date(vec![None; rows]),
        DataType::Datetime => PlainData::Datetime(vec![None; rows]),
        DataType::Time => PlainData::Time(vec![None; rows]),
        DataType::Null => PlainData::Null(rows),
    }
}

fn rows_of(data: &PlainData) -> usize {
    match data {
        PlainData::Bool(values) => values.len(),
        PlainData::Int(values) | PlainData::Datetime(values) | PlainData::Time(values) => values.len(),
        PlainData::Float(values) => values.len(),
        PlainData::Decimal { unscaled, .. } => unscaled.len(),
        PlainData::String(values) => values.len(),
        PlainData::Date(values) => values.len(),
        PlainData::Null(rows) => *rows,
    }
}

fn first_value(data: &PlainData) -> Option<usize> {
    (0..rows_of(data)).find(|row| data.value(*row) != tidemill_core::table::Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_change_their_type_only_as_a_whole() {
        let decimal = |unscaled, scale| PlainData::Decimal { unscaled: vec![Some(unscaled)], precision: 10, scale };
        let to = |scale| DataType::Decimal { precision: 10, scale };
        assert_eq!(convert(decimal(150, 2), to(1)).ok(), Some(decimal(15, 1)));
        assert!(convert(decimal(155, 2), to(1)).is_err(), "a digit would be lost");
        let int = PlainData::Int(vec![Some(7), None]);
        assert_eq!(
            convert(int.clone(), to(1)).ok(),
            Some(PlainData::Decimal { unscaled: vec![Some(70), None], precision: 10, scale: 1 })
        );
        let fault = convert(int, DataType::String).expect_err("an int is no text");
        assert_eq!((fault.row, fault.what.as_str()), (0, "7, which is no string"));
        assert!(convert(PlainData::Int(vec![Some((1 << 53) + 1)]), DataType::Float).is_err());
        assert_eq!(convert(PlainData::Null(2), DataType::Date).ok(), Some(PlainData::Date(vec![None, None])));
    }
}
