//! Sparklines: numbers as a line of small bars. They are letters, so that every page, mail and terminal shows them.

use minijinja::Error;
use minijinja::value::{Value, ValueKind};

use super::wrong;
use crate::template::number::Exact;

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// All values are equal.
const MIDDLE: char = BARS[3];
/// More bars than this are wider than a table's column: neighbours become one, their mean.
const MOST_BARS: usize = 32;
/// A NULL in between.
const GAP: char = ' ';

/// The line of a list of numbers, or of a text such as `1, 5, 3` or `[1, null, 3]`.
pub(super) fn line(value: &Value) -> Result<String, Error> {
    let numbers = numbers(value)?;
    // Of more numbers, the line is as wide as of that many: a bar stands for as many as the next, or for one more.
    let bars = numbers.len().min(MOST_BARS);
    let edge = |bar: usize| bar * numbers.len() / bars;
    let numbers: Vec<Option<f64>> = (0..bars).map(|bar| mean(&numbers[edge(bar)..edge(bar + 1)])).collect();
    let known = || numbers.iter().flatten().copied();
    let (least, largest) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    let bar = |number: &Option<f64>| match number {
        None => GAP,
        Some(_) if least == largest => MIDDLE,
        // Between 0 and 7, whatever the number is.
        Some(number) => BARS[((number - least) / (largest - least) * 7.0).round() as usize],
    };
    Ok(numbers.iter().map(bar).collect())
}

/// None of NULLs alone.
fn mean(numbers: &[Option<f64>]) -> Option<f64> {
    if let [only] = numbers {
        return *only;
    }
    let count = numbers.iter().flatten().count();
    (count > 0).then(|| numbers.iter().flatten().map(|number| number / count as f64).sum())
}

fn numbers(value: &Value) -> Result<Vec<Option<f64>>, Error> {
    let number = |item: Value| match item.as_str().map(str::trim) {
        Some("" | "null") => Ok(None),
        _ if item.is_none() => Ok(None),
        _ => Exact::of(&item).map(|exact| Some(exact.float())),
    };
    match (value.kind(), value.as_str()) {
        (_, Some(text)) => {
            let text = text.trim();
            let list = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
            list.split(',').map(|item| number(Value::from(item))).collect()
        }
        (ValueKind::Seq | ValueKind::Iterable, None) => value.try_iter()?.map(number).collect(),
        _ => Err(wrong(format!("`{value}` is no list of numbers, of which a sparkline is made"))),
    }
}
