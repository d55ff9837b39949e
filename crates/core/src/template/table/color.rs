//! Colours of cells by their values, in HTML.

use std::cmp::Ordering;

use minijinja::Error;
use minijinja::value::{Value, ValueKind};

use super::wrong;
use crate::template::number::Exact;

/// How cells of a column are coloured.
pub(super) enum Color {
    /// The darker, the larger: between the least and the largest value of the column.
    Scale(Option<(f64, f64)>),
    /// By the first rule that holds.
    Rules(Vec<Rule>),
}

/// What a value must be for a colour.
pub(super) struct Rule {
    comparison: Comparison,
    bound: String,
    /// The CSS of the cell.
    style: String,
}

/// Whether two values compare in a certain way.
type Comparison = fn(Ordering) -> bool;

/// The signs of comparisons, the longer ones first.
const COMPARISONS: [(&str, Comparison); 7] = [
    ("<=", Ordering::is_le),
    (">=", Ordering::is_ge),
    ("!=", Ordering::is_ne),
    ("==", Ordering::is_eq),
    ("<", Ordering::is_lt),
    (">", Ordering::is_gt),
    ("=", Ordering::is_eq),
];

/// Colours by their names, each for a light and for a dark page: all can be read on either.
const NAMES: [(&str, &str, &str); 6] = [
    ("red", "#b3261e", "#ff9a91"),
    ("orange", "#9a5200", "#ffb870"),
    ("green", "#1b6e3a", "#7fd99a"),
    ("blue", "#0b5cad", "#8ec2ff"),
    ("grey", "#5f6b76", "#a3adb8"),
    ("gray", "#5f6b76", "#a3adb8"),
];

impl Color {
    /// `"scale"`, or a map from conditions to colours: `{"< 0": "red"}`.
    pub fn read(value: &Value) -> Result<Self, Error> {
        if value.as_str() == Some("scale") {
            return Ok(Self::Scale(None));
        }
        if value.kind() != ValueKind::Map {
            return Err(wrong("`color` is \"scale\", or a map such as {\"< 0\": \"red\", \">= 100\": \"green\"}"));
        }
        let rule = |key: Value| Rule::read(&key.to_string(), &value.get_item(&key)?.to_string());
        value.try_iter()?.map(rule).collect::<Result<_, _>>().map(Self::Rules)
    }

    /// Looks at all values of the column.
    pub fn fit(&mut self, values: &[Value]) {
        if let Self::Scale(range) = self {
            let numbers = values.iter().filter_map(|value| Exact::of(value).ok()).map(Exact::float);
            *range = numbers.fold(None, |range: Option<(f64, f64)>, number| {
                let (least, largest) = range.unwrap_or((number, number));
                Some((least.min(number), largest.max(number)))
            });
        }
    }

    /// The CSS of a cell with that value.
    pub fn style(&self, value: &Value) -> Option<String> {
        match self {
            Self::Rules(rules) => rules.iter().find(|rule| rule.holds(value)).map(|rule| rule.style.clone()),
            Self::Scale(range) => {
                let (least, largest) = (*range)?;
                let number = Exact::of(value).ok()?.float();
                let share = if largest > least { (number - least) / (largest - least) } else { 0.5 };
                // Half transparent, so that it suits a light and a dark page.
                Some(format!("background:rgba(46,125,190,{:.2})", 0.06 + 0.44 * share))
            }
        }
    }
}

impl Rule {
    fn read(condition: &str, color: &str) -> Result<Self, Error> {
        let (bound, comparison) = compared(condition).map_err(wrong)?;
        Ok(Self { comparison, bound: bound.to_owned(), style: style(color).map_err(wrong)? })
    }

    /// Numbers are compared as numbers, all else as text. NULL is never coloured.
    fn holds(&self, value: &Value) -> bool {
        let bound = Value::from(self.bound.as_str());
        let order = match Exact::of(value).ok().zip(Exact::of(&bound).ok()) {
            Some((left, right)) => left.compare(right),
            None => value.to_string().cmp(&self.bound),
        };
        (self.comparison)(order)
    }
}

/// What a condition compares a value with, and how.
fn compared(condition: &str) -> Result<(&str, Comparison), String> {
    let condition = condition.trim();
    let found = COMPARISONS.iter().find_map(|(sign, holds)| Some((condition.strip_prefix(sign)?.trim(), *holds)));
    found.ok_or_else(|| format!("`{condition}` is no condition: write for example `< 0`, `>= 100` or `= late`"))
}

/// What is wrong with a condition.
pub(crate) fn condition_mistake(condition: &str) -> Option<String> {
    compared(condition).err()
}

/// What is wrong with the name of a colour.
pub(crate) fn color_mistake(color: &str) -> Option<String> {
    style(color).err()
}

/// A colour by its name, or as `#rrggbb`.
fn style(color: &str) -> Result<String, String> {
    if let Some((_, light, dark)) = NAMES.iter().find(|(name, ..)| *name == color) {
        // What does not know `light-dark` keeps the colour before it.
        return Ok(format!("color:{light};color:light-dark({light},{dark})"));
    }
    let digits = color.strip_prefix('#').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    match digits {
        Some(digits) if matches!(digits.len(), 3 | 6) => Ok(format!("color:{color}")),
        _ => Err(format!("`{color}` is no colour here: write red, orange, green, blue, grey or #rrggbb")),
    }
}
