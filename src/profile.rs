//! What a column holds, in a few numbers.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Value as Json, json};
use tidemill_core::table::{DataType, EngineError, Field, PlainData, Value};

use crate::table_rows::{TableRows, json_value};

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
    /// The least and the greatest of the finite numbers and times, as numbers.
    ends: (f64, f64),
}

/// The bars of a spread.
const BARS: usize = 8;
/// From few values to as many as the fullest bar has.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

impl Profile {
    /// Looks at a whole column, batch by batch. NaN counts as a value but is neither smallest nor largest.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub fn of(rows: &dyn TableRows, column: &Field) -> Result<Self, EngineError> {
        let columns = [column.name.clone()];
        let mut seen = SeenValues::default();
        for batch in rows.batches(Some(&columns), None)? {
            batch?.columns.iter().for_each(|column| seen.add(&column.data));
        }
        Ok(Self {
            name: column.name.clone(),
            data_type: column.data_type,
            nulls: seen.rows - seen.filled,
            distinct: seen.distinct.len(),
            mean: (seen.numbers > 0).then(|| seen.sum / seen.numbers as f64),
            min: seen.min,
            max: seen.max,
            ends: seen.ends,
        })
    }

    /// How numbers, dates and times are spread from the smallest to the largest, as a row of bars; empty for other columns, and
    /// where all values are one. Looks at the column once more.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub fn spread(&self, rows: &dyn TableRows) -> Result<String, EngineError> {
        let Some(mut spread) = Spread::between(self.ends) else { return Ok(String::new()) };
        for batch in rows.batches(Some(std::slice::from_ref(&self.name)), None)? {
            batch?.columns.iter().for_each(|column| spread.add(&column.data));
        }
        Ok(spread.bars())
    }

    /// For programs.
    pub fn json(&self) -> Json {
        json!({
            "type": self.data_type.to_string(),
            "nulls": self.nulls,
            "distinct": self.distinct,
            "min": json_value(&self.min),
            "max": json_value(&self.max),
            "mean": self.mean,
        })
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

/// The values of a column as far as they have been seen.
struct SeenValues {
    rows: usize,
    filled: usize,
    /// What tells each value from all others: of texts a hash of 128 bits, so that long ones need not be kept.
    distinct: HashSet<u128>,
    min: Value,
    max: Value,
    sum: f64,
    numbers: usize,
    /// The least and the greatest of the finite numbers and times.
    ends: (f64, f64),
}

impl Default for SeenValues {
    fn default() -> Self {
        Self {
            rows: 0,
            filled: 0,
            distinct: HashSet::new(),
            min: Value::Null,
            max: Value::Null,
            sum: 0.0,
            numbers: 0,
            ends: (f64::INFINITY, f64::NEG_INFINITY),
        }
    }
}

impl SeenValues {
    fn add(&mut self, data: &PlainData) {
        match data {
            PlainData::Bool(values) => self.ordered(values.iter().copied(), u128::from, Value::Bool),
            PlainData::Int(values) => self.ordered(values.iter().copied(), |value| value as u128, Value::Int),
            PlainData::Float(values) => self.floats(values),
            PlainData::Decimal { unscaled, scale, .. } => {
                let decimal = |unscaled| Value::Decimal { unscaled, scale: *scale };
                self.ordered(unscaled.iter().copied(), |value| value as u128, decimal);
            }
            PlainData::String(values) => {
                let texts = values.iter().map(Option::as_deref);
                self.ordered(texts, hash, |text| Value::String(text.to_owned()));
            }
            PlainData::Date(values) => self.ordered(values.iter().copied(), |value| value as u128, Value::Date),
            PlainData::Datetime(values) => {
                self.ordered(values.iter().copied(), |value| value as u128, Value::Datetime);
            }
            PlainData::Time(values) => self.ordered(values.iter().copied(), |value| value as u128, Value::Time),
            PlainData::Null(rows) => self.rows += rows,
        }
        self.total(data);
        let ends = &mut self.ends;
        each_on_a_line(data, |x| *ends = (ends.0.min(x), ends.1.max(x)));
    }

    fn ordered<T: Copy + Ord>(
        &mut self,
        values: impl ExactSizeIterator<Item = Option<T>>,
        identity: impl Fn(T) -> u128,
        value: impl Fn(T) -> Value,
    ) {
        self.rows += values.len();
        let mut ends: Option<(T, T)> = None;
        for one in values.flatten() {
            self.filled += 1;
            self.distinct.insert(identity(one));
            ends = Some(ends.map_or((one, one), |(min, max)| (min.min(one), max.max(one))));
        }
        let Some((min, max)) = ends.map(|(min, max)| (value(min), value(max))) else { return };
        if self.min == Value::Null || order(&min, &self.min).is_lt() {
            self.min = min;
        }
        if self.max == Value::Null || order(&max, &self.max).is_gt() {
            self.max = max;
        }
    }

    fn floats(&mut self, values: &[Option<f64>]) {
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
        self.rows += values.len();
        for value in values.iter().flatten().copied() {
            self.filled += 1;
            self.distinct.insert(u128::from(bits(value)));
            if !value.is_nan() {
                let better = |end: &Value, better: fn(f64, f64) -> f64| match end {
                    Value::Float(end) => Value::Float(better(*end, value)),
                    _ => Value::Float(value),
                };
                (self.min, self.max) = (better(&self.min, f64::min), better(&self.max, f64::max));
            }
        }
    }

    /// Adds numbers in their order.
    fn total(&mut self, data: &PlainData) {
        let mut add = |value: f64| {
            self.sum += value;
            self.numbers += 1;
        };
        match data {
            PlainData::Int(values) => values.iter().flatten().for_each(|value| add(*value as f64)),
            PlainData::Float(values) => values.iter().flatten().for_each(|value| add(*value)),
            PlainData::Decimal { unscaled, scale, .. } => {
                let unit = 10_f64.powi(i32::from(*scale));
                unscaled.iter().flatten().for_each(|digits| add(*digits as f64 / unit));
            }
            _ => {}
        }
    }
}

/// Two hashes of one text. Equal ones of different texts are not to be expected.
fn hash(text: &str) -> u128 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let first = hasher.finish();
    hasher.write_u8(0);
    u128::from(first) << 64 | u128::from(hasher.finish())
}

/// The order of two values of one type.
fn order(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Decimal { unscaled: a, .. }, Value::Decimal { unscaled: b, .. }) => a.cmp(b),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b))
        | (Value::Datetime(a), Value::Datetime(b))
        | (Value::Time(a), Value::Time(b)) => a.cmp(b),
        _ => Ordering::Equal,
    }
}

/// The values of a column that have their place on a line: finite numbers, dates and times.
fn each_on_a_line(data: &PlainData, mut take: impl FnMut(f64)) {
    match data {
        PlainData::Int(values) | PlainData::Datetime(values) | PlainData::Time(values) => {
            values.iter().flatten().for_each(|value| take(*value as f64));
        }
        PlainData::Date(values) => values.iter().flatten().for_each(|day| take(f64::from(*day))),
        PlainData::Decimal { unscaled, .. } => unscaled.iter().flatten().for_each(|digits| take(*digits as f64)),
        PlainData::Float(values) => {
            values.iter().flatten().copied().filter(|value| value.is_finite()).for_each(take);
        }
        PlainData::Bool(_) | PlainData::String(_) | PlainData::Null(_) => {}
    }
}

/// Values counted in equal steps between the smallest and the largest; a step without values is blank.
struct Spread {
    min: f64,
    width: f64,
    counts: [usize; BARS],
}

impl Spread {
    /// None where there is nothing to be seen.
    fn between((min, max): (f64, f64)) -> Option<Self> {
        // Halved, since the distance of two floats may be more than a float holds.
        let width = (max / 2.0 - min / 2.0) * 2.0;
        (width.is_finite() && width > 0.0).then_some(Self { min, width, counts: [0; BARS] })
    }

    fn add(&mut self, data: &PlainData) {
        each_on_a_line(data, |value| {
            let step = ((value - self.min) / self.width * BARS as f64) as usize;
            self.counts[step.min(BARS - 1)] += 1;
        });
    }

    fn bars(&self) -> String {
        let most = self.counts.iter().copied().max().unwrap_or(1).max(1);
        let bar = |count: &usize| match count {
            0 => ' ',
            _ => HEIGHTS[(count * HEIGHTS.len()).div_ceil(most).min(HEIGHTS.len()) - 1],
        };
        self.counts.iter().map(bar).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tidemill_core::table::{PlainColumn, PlainTable};

    use super::*;
    use crate::table_rows::tests::InBatches;

    fn of(rows: &InBatches) -> Profile {
        Profile::of(rows, &rows.schema().fields()[0]).expect("a table in memory")
    }

    fn spread(data: PlainData) -> String {
        let rows = InBatches::of([("x", data)]);
        of(&rows).spread(&rows).expect("a table in memory")
    }

    fn profile(data: PlainData) -> Profile {
        of(&InBatches::of([("x", data)]))
    }

    fn sliced(data: PlainData, rows: usize, size: usize) -> String {
        let columns = vec![PlainColumn { name: "x".into(), data }];
        // As text, where NaN is equal to itself.
        let rows = InBatches::new(PlainTable { columns, rows }, size);
        format!("{:?} {:?}", of(&rows), of(&rows).spread(&rows).ok())
    }

    proptest! {
        #[test]
        fn batches_make_no_difference(
            floats in prop::collection::vec(prop::option::of(prop::num::f64::ANY), 12),
            texts in prop::collection::vec(prop::option::of("[ab]{0,2}"), 12),
            size in 1..12_usize,
        ) {
            for data in [PlainData::Float(floats), PlainData::String(texts)] {
                prop_assert_eq!(sliced(data.clone(), 12, size), sliced(data, 12, 12));
            }
        }
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
        let ints = spread(PlainData::Int((0..80).chain([80; 30]).map(Some).collect()));
        assert_eq!(ints, "▂▂▂▂▂▂▂█");
        assert_eq!(spread(PlainData::Date(vec![Some(1), None, Some(9), Some(9)])), "▄      █");
        assert_eq!(spread(PlainData::Float(vec![Some(f64::MIN), Some(f64::MAX), Some(f64::NAN)])), "");
        assert_eq!(spread(PlainData::Int(vec![Some(3), Some(3)])), "");
    }

    #[test]
    fn numbers_are_readable() {
        let texts = [0.1 + 0.2, 1e-9, -2.0, f64::INFINITY].map(|value| readable(&Value::Float(value)));
        assert_eq!(texts, ["0.3", "1.0000e-9", "-2", "inf"]);
        assert_eq!(readable(&Value::Null), "·");
    }
}
