//! From a column of keys to positions along an axis.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::Hash;

use crate::ticks::number::LARGEST;
use crate::ticks::time;
use crate::{Column, Locale, NumberFormat, Position, ValueFormat};

/// What the positions along the key axis are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Keys {
    Numbers,
    /// Seconds since 1970.
    Moments,
    /// Indices of these names.
    Names(Vec<String>),
}

impl Keys {
    /// The names; none where keys are measured.
    pub fn names(&self) -> &[String] {
        match self {
            Keys::Names(names) => names,
            Keys::Numbers | Keys::Moments => &[],
        }
    }

    /// Where a key lies that is written as `position`.
    pub fn place(&self, position: &Position) -> Option<f64> {
        match self {
            Keys::Numbers => position.number(),
            Keys::Moments => time::seconds(&position.text()),
            Keys::Names(names) => names.iter().position(|name| *name == position.text()).map(|place| place as f64),
        }
    }

    /// The key at a position, as a reader is told it: of numbers, six digits that matter.
    pub fn label(&self, place: f64, locale: Locale) -> String {
        match self {
            Keys::Numbers if place.abs() >= 1e12 || (place.abs() < 1e-3 && place != 0.0) => {
                NumberFormat::exponent(5).in_locale(locale).format(place)
            }
            Keys::Numbers if place.fract() != 0.0 => {
                let rounded = format!("{place:.5e}").parse().unwrap_or(place);
                NumberFormat::full().in_locale(locale).format(rounded)
            }
            Keys::Moments => locale.date(self.text(place)),
            Keys::Numbers | Keys::Names(_) => self.text(place),
        }
    }

    /// The key at a position, as text.
    pub fn text(&self, place: f64) -> String {
        match self {
            Keys::Names(names) => names.get(place as usize).cloned().unwrap_or_default(),
            Keys::Numbers => number_label(place),
            Keys::Moments => {
                let format = if place % time::DAY as f64 == 0.0 { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M:%S" };
                time::civil(place).map(|moment| moment.strftime(format).to_string()).unwrap_or_default()
            }
        }
    }
}

/// How keys are laid along their axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyScale {
    /// Numbers and moments where they lie, texts side by side.
    Continuous,
    /// Numbers and moments where they lie; a text lies nowhere.
    Measured,
    /// Moments where they lie, numbers and texts side by side.
    Bands,
    /// All side by side, as names.
    Names,
}

/// The position of every row: NaN where its key is missing. What is laid side by side is named by all its digits, for the name
/// is what tells keys apart; how it is [written] is another matter.
pub(crate) fn places(keys: &Column, scale: KeyScale) -> (Keys, Vec<f64>) {
    match (keys, scale) {
        (Column::Category(names), KeyScale::Measured) => (Keys::Numbers, vec![f64::NAN; names.len()]),
        (Column::Category(names), _) => named(names.iter().map(|name| Some(name_of(name)))),
        (Column::Number(numbers), KeyScale::Bands | KeyScale::Names) => {
            named(numbers.iter().map(|number| drawable(*number).then(|| number_name(*number))))
        }
        (Column::Number(numbers), _) => {
            (Keys::Numbers, numbers.iter().map(|n| if drawable(*n) { *n } else { f64::NAN }).collect())
        }
        (Column::Date(_), KeyScale::Names) => dated(&moments(keys), "%Y-%m-%d"),
        (Column::DateTime(_), KeyScale::Names) => dated(&moments(keys), "%Y-%m-%d %H:%M:%S"),
        (Column::Date(_) | Column::DateTime(_), _) => (Keys::Moments, moments(keys)),
    }
}

fn dated(moments: &[f64], format: &str) -> (Keys, Vec<f64>) {
    named(moments.iter().map(|moment| Some(time::civil(*moment)?.strftime(format).to_string())))
}

fn moments(keys: &Column) -> Vec<f64> {
    let known = |seconds: f64| if time::civil(seconds).is_some() { seconds } else { f64::NAN };
    match keys {
        Column::Date(days) => {
            days.iter().map(|day| day.map_or(f64::NAN, |day| known(f64::from(day) * time::DAY as f64))).collect()
        }
        Column::DateTime(times) => {
            times.iter().map(|micros| micros.map_or(f64::NAN, |micros| known(micros as f64 / 1e6))).collect()
        }
        Column::Number(_) | Column::Category(_) => vec![f64::NAN; keys.len()],
    }
}

fn named(texts: impl Iterator<Item = Option<String>>) -> (Keys, Vec<f64>) {
    let (names, places) = distinct(texts);
    (Keys::Names(names), places)
}

/// The texts that occur, and of each row the place of its text among them: NaN where it has none.
pub(crate) fn distinct(texts: impl Iterator<Item = Option<String>>) -> (Vec<String>, Vec<f64>) {
    let mut names: Vec<String> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let place = |text: Option<String>| -> f64 {
        let Some(text) = text else { return f64::NAN };
        let place = *known.entry(text).or_insert_with_key(|text| {
            names.push(text.clone());
            names.len() - 1
        });
        place as f64
    };
    let places = texts.map(place).collect();
    (names, places)
}

/// The names in an order that contradicts none of the groups: a series that begins in February, drawn before one that begins in
/// January, must not put January behind December. Where the groups contradict each other, names stay in the order in which they
/// appear.
pub(crate) fn in_order_of_groups<G: Eq + Hash>((keys, places): (Keys, Vec<f64>), groups: &[G]) -> (Keys, Vec<f64>) {
    let Keys::Names(names) = keys else { return (keys, places) };
    let Some(order) = merged(&places, groups, names.len()) else { return (Keys::Names(names), places) };
    let mut place_of = vec![0; names.len()];
    order.iter().enumerate().for_each(|(to, from)| place_of[*from] = to);
    let moved = |place: f64| if place.is_nan() { place } else { place_of[place as usize] as f64 };
    let places = places.into_iter().map(moved).collect();
    (Keys::Names(order.into_iter().map(|from| names[from].clone()).collect()), places)
}

/// The places in an order in which every group's rows ascend; None if there is none. Of several that may come next, it is the
/// one that appears first.
fn merged<G: Eq + Hash>(places: &[f64], groups: &[G], count: usize) -> Option<Vec<usize>> {
    let mut last: HashMap<&G, usize> = HashMap::new();
    let mut behind: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut before = vec![0_usize; count];
    for (place, group) in places.iter().zip(groups).filter(|(place, _)| place.is_finite()) {
        let place = *place as usize;
        if let Some(previous) = last.insert(group, place).filter(|previous| *previous != place) {
            behind[previous].push(place);
            before[place] += 1;
        }
    }
    let mut next: BinaryHeap<Reverse<usize>> = (0..count).filter(|at| before[*at] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(count);
    while let Some(Reverse(place)) = next.pop() {
        order.push(place);
        for follower in &behind[place] {
            before[*follower] -= 1;
            if before[*follower] == 0 {
                next.push(Reverse(*follower));
            }
        }
    }
    (order.len() == count).then_some(order)
}

/// What stands for a text that is missing.
pub(super) const MISSING: &str = "(missing)";

/// A text as a name.
pub(crate) fn name_of(text: &Option<String>) -> String {
    text.as_deref().unwrap_or(MISSING).to_owned()
}

/// A number as the name of a bar.
fn number_name(number: f64) -> String {
    // There is one zero.
    (number + 0.0).to_string()
}

/// A number as a reader sees it.
fn number_label(number: f64) -> String {
    if number.fract() == 0.0 { NumberFormat::bare(0).format(number) } else { number.to_string().replace('-', "−") }
}

/// A name as a reader sees it: that of a number or of a day by its format. `keys` says what the names are of.
pub(crate) fn written(name: &str, keys: &Column, format: Option<&ValueFormat>, locale: Locale) -> String {
    let number = || name.parse::<f64>().ok().filter(|_| matches!(keys, Column::Number(_)));
    let moment = || time::seconds(name).and_then(time::civil);
    let text = match format {
        Some(ValueFormat::Number(format)) => number().map(|number| format.format(number)),
        Some(ValueFormat::Date(format)) => moment().map(|moment| locale.date(format.format(moment))),
        None => None,
    };
    text.or_else(|| number().map(number_label)).unwrap_or_else(|| match keys {
        // Most moments are whole minutes.
        Column::DateTime(_) => name.strip_suffix(":00").unwrap_or(name).to_owned(),
        _ => name.to_owned(),
    })
}

/// Whether a number can be drawn: it is neither missing nor beyond all measure.
pub(super) fn drawable(number: f64) -> bool {
    number.abs() <= LARGEST
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(rows: &[(&str, &str)]) -> Vec<String> {
        let keys = Column::Category(rows.iter().map(|(_, key)| Some((*key).to_owned())).collect());
        let groups: Vec<&str> = rows.iter().map(|(group, _)| *group).collect();
        let (keys, places) = in_order_of_groups(places(&keys, KeyScale::Names), &groups);
        let Keys::Names(names) = keys else { panic!("texts are names") };
        let shown: Vec<&str> = places.iter().map(|place| names[*place as usize].as_str()).collect();
        assert_eq!(shown, rows.iter().map(|(_, key)| *key).collect::<Vec<_>>(), "rows keep their keys");
        names
    }

    #[test]
    fn names_stand_as_every_series_has_them() {
        let late_start = [("2023", "Feb"), ("2023", "Mar"), ("2024", "Jan"), ("2024", "Feb"), ("2024", "Mar")];
        assert_eq!(names(&late_start), ["Jan", "Feb", "Mar"]);
        let as_they_come = [("a", "x"), ("b", "y"), ("a", "z")];
        assert_eq!(names(&as_they_come), ["x", "y", "z"]);
        let contradicting = [("a", "x"), ("a", "y"), ("b", "y"), ("b", "x")];
        assert_eq!(names(&contradicting), ["x", "y"]);
    }
}
