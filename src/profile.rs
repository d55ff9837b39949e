//! What a column holds, in a few numbers.

use std::collections::HashSet;
use std::hash::Hash;

use tidemill_core::table::{DataType, PlainColumn, PlainData, Value};

/// A column in a few numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: DataType,
    /// NULLs.
    pub nulls: usize,
    /// Different values beside NULL.
    pub distinct: usize,
    /// The smallest value; NULL if there is none.
    pub min: Value,
    /// The largest.
    pub max: Value,
    /// The mean of a column of numbers.
    pub mean: Option<f64>,
    /// How numbers, dates and times are spread from the smallest to the largest, as a row of bars; empty for other columns,
    /// and where all values are one.
    pub spread: String,
}

/// The bars of a spread.
const BARS: usize = 8;
/// From few values to as many as the fullest bar has.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

impl Profile {
    /// Looks at the whole column. NaN counts as a value but is neither smallest nor largest.
    pub fn of(column: &PlainColumn) -> Self {
        let (nulls, distinct, min, max) = match &column.data {
            PlainData::Bool(values) => ordered(values.iter().copied(), Value::Bool),
            PlainData::Int(values) => ordered(values.iter().copied(), Value::Int),
            PlainData::Float(values) => floats(values),
            PlainData::Decimal { unscaled, scale, .. } => {
                ordered(unscaled.iter().copied(), |unscaled| Value::Decimal { unscaled, scale: *scale })
            }
            PlainData::String(values) => {
                ordered(values.iter().map(Option::as_deref), |text| Value::String(text.to_owned()))
            }
            PlainData::Date(values) => ordered(values.iter().copied(), Value::Date),
            PlainData::Datetime(values) => ordered(values.iter().copied(), Value::Datetime),
            PlainData::Time(values) => ordered(values.iter().copied(), Value::Time),
            PlainData::Null(rows) => (*rows, 0, Value::Null, Value::Null),
        };
        let data_type = column.data.data_type();
        let (mean, spread) = (mean(&column.data), spread(&column.data));
        Self { name: column.name.clone(), data_type, nulls, distinct, min, max, mean, spread }
    }

    /// The mean with as many digits as make sense beside the values.
    pub fn mean_text(&self) -> String {
        let digits = match self.data_type {
            DataType::Decimal { scale, .. } => usize::from(scale).max(2),
            _ => 2,
        };
        self.mean.map_or_else(String::new, |mean| short_float(mean, digits))
    }
}

/// A value as people read it in a table: NULL as `·`, floats without their last digits.
pub fn readable(value: &Value) -> String {
    match value {
        Value::Null => "·".to_owned(),
        Value::Float(value) => short_float(*value, 4),
        other => other.to_string(),
    }
}

/// At most `digits` digits behind the point, without zeros at the end; of very small and large numbers, the first ones.
fn short_float(value: f64, digits: usize) -> String {
    let size = value.abs();
    if !value.is_finite() {
        return value.to_string();
    }
    if size != 0.0 && !(1e-3..1e15).contains(&size) {
        return format!("{value:.4e}");
    }
    let text = format!("{value:.digits$}");
    if digits == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

type Counted = (usize, usize, Value, Value);

fn ordered<T: Copy + Ord + Hash>(
    values: impl ExactSizeIterator<Item = Option<T>>,
    value: impl Fn(T) -> Value,
) -> Counted {
    let rows = values.len();
    let (mut seen, mut there) = (HashSet::new(), 0);
    let mut ends: Option<(T, T)> = None;
    for one in values.flatten() {
        there += 1;
        seen.insert(one);
        ends = Some(ends.map_or((one, one), |(min, max)| (min.min(one), max.max(one))));
    }
    let (min, max) = ends.map_or((Value::Null, Value::Null), |(min, max)| (value(min), value(max)));
    (rows - there, seen.len(), min, max)
}

fn floats(values: &[Option<f64>]) -> Counted {
    // Zero has two signs and NaN many forms; to people each is one value.
    let bits = |value: f64| {
        if value == 0.0 {
            0
        } else if value.is_nan() {
            u64::MAX
        } else {
            value.to_bits()
        }
    };
    let there = || values.iter().flatten().copied();
    let seen: HashSet<u64> = there().map(bits).collect();
    let end = |better: fn(f64, f64) -> f64| there().filter(|value| !value.is_nan()).reduce(better);
    let value = |end: Option<f64>| end.map_or(Value::Null, Value::Float);
    (values.len() - there().count(), seen.len(), value(end(f64::min)), value(end(f64::max)))
}

/// Values counted in equal steps between the smallest and the largest; a step without values is blank.
fn spread(data: &PlainData) -> String {
    let values: Vec<f64> = match data {
        PlainData::Int(values) | PlainData::Datetime(values) | PlainData::Time(values) => {
            values.iter().flatten().map(|value| *value as f64).collect()
        }
        PlainData::Date(values) => values.iter().flatten().map(|day| f64::from(*day)).collect(),
        PlainData::Decimal { unscaled, .. } => unscaled.iter().flatten().map(|digits| *digits as f64).collect(),
        PlainData::Float(values) => values.iter().flatten().copied().filter(|value| value.is_finite()).collect(),
        PlainData::Bool(_) | PlainData::String(_) | PlainData::Null(_) => return String::new(),
    };
    let (min, max) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(*x), b.max(*x)));
    // Halved, since the distance of two floats may be more than a float holds.
    let width = (max / 2.0 - min / 2.0) * 2.0;
    if !width.is_finite() || width <= 0.0 {
        return String::new();
    }
    let mut counts = [0_usize; BARS];
    for value in &values {
        counts[(((value - min) / width * BARS as f64) as usize).min(BARS - 1)] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or(1).max(1);
    let bar = |count: &usize| match count {
        0 => ' ',
        _ => HEIGHTS[(count * HEIGHTS.len()).div_ceil(most).min(HEIGHTS.len()) - 1],
    };
    counts.iter().map(bar).collect()
}

fn mean(data: &PlainData) -> Option<f64> {
    let (sum, count) = match data {
        PlainData::Int(values) => total(values.iter().flatten().map(|value| *value as f64)),
        PlainData::Float(values) => total(values.iter().flatten().copied()),
        PlainData::Decimal { unscaled, scale, .. } => {
            let unit = 10_f64.powi(i32::from(*scale));
            total(unscaled.iter().flatten().map(|digits| *digits as f64 / unit))
        }
        _ => return None,
    };
    (count > 0).then(|| sum / count as f64)
}

fn total(values: impl Iterator<Item = f64>) -> (f64, usize) {
    values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(data: PlainData) -> Profile {
        Profile::of(&PlainColumn { name: "x".into(), data })
    }

    #[test]
    fn nulls_are_no_values() {
        let ints = profile(PlainData::Int(vec![Some(3), None, Some(-1), Some(3)]));
        assert_eq!((ints.nulls, ints.distinct, ints.min, ints.max), (1, 2, Value::Int(-1), Value::Int(3)));
        assert_eq!(ints.mean, Some(5.0 / 3.0));
        let none = profile(PlainData::String(vec![None, None]));
        assert_eq!((none.nulls, none.distinct, none.min, none.mean), (2, 0, Value::Null, None));
    }

    #[test]
    fn floats_that_look_alike_are_one_value() {
        let floats = profile(PlainData::Float(vec![Some(0.0), Some(-0.0), Some(f64::NAN), Some(-f64::NAN), Some(2.5)]));
        assert_eq!((floats.distinct, floats.min, floats.max), (3, Value::Float(0.0), Value::Float(2.5)));
    }

    #[test]
    fn money_has_a_mean_with_cents() {
        let money = profile(PlainData::Decimal { unscaled: vec![Some(1000), Some(1001)], precision: 18, scale: 2 });
        assert_eq!(money.mean_text(), "10");
        assert_eq!(money.max.to_string(), "10.01");
        assert_eq!(profile(PlainData::Float(vec![Some(1.0 / 3.0)])).mean_text(), "0.33");
    }

    #[test]
    fn numbers_and_days_are_spread_over_bars() {
        let ints = profile(PlainData::Int((0..80).chain([80; 30]).map(Some).collect()));
        assert_eq!(ints.spread, "▂▂▂▂▂▂▂█");
        assert_eq!(profile(PlainData::Date(vec![Some(1), None, Some(9), Some(9)])).spread, "▄      █");
        assert_eq!(profile(PlainData::Float(vec![Some(f64::MIN), Some(f64::MAX), Some(f64::NAN)])).spread, "");
        assert_eq!(profile(PlainData::Int(vec![Some(3), Some(3)])).spread, "");
    }

    #[test]
    fn numbers_are_readable() {
        let texts = [0.1 + 0.2, 1e-9, -2.0, f64::INFINITY].map(|value| readable(&Value::Float(value)));
        assert_eq!(texts, ["0.3", "1.0000e-9", "-2", "inf"]);
        assert_eq!(readable(&Value::Null), "·");
    }
}
