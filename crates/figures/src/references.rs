//! Lines, bands and notes beside the data.

use crate::data::Data;
use crate::{Chart, Direction, Position};

/// A line, or a band, at its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub direction: Direction,
    /// Whether it is on the axis of the keys.
    pub on_keys: bool,
    pub from: f64,
    pub to: Option<f64>,
    pub label: Option<String>,
}

/// A note at its place along both axes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlacedNote {
    pub key: f64,
    pub value: f64,
    pub text: String,
}

/// All that have a place on their axes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct References {
    pub lines: Vec<Line>,
    pub notes: Vec<PlacedNote>,
}

impl References {
    /// Those of a chart.
    pub fn new(chart: &Chart, data: &Data) -> References {
        let keys_along = keys_along(chart);
        let line = |reference: &crate::Reference| {
            let on_keys = reference.direction == keys_along;
            let place = |position: &Position| place(chart, data, on_keys, position);
            let from = place(&reference.from)?;
            let to = match &reference.to {
                Some(to) => Some(place(to)?),
                None => None,
            };
            Some(Line { direction: reference.direction, on_keys, from, to, label: reference.label.clone() })
        };
        let note = |note: &crate::Note| {
            let (key, value) = if keys_along == Direction::X { (&note.x, &note.y) } else { (&note.y, &note.x) };
            let (key, value) = (place(chart, data, true, key)?, place(chart, data, false, value)?);
            Some(PlacedNote { key, value, text: note.text.clone() })
        };
        References {
            lines: chart.references.iter().filter_map(line).collect(),
            notes: chart.notes.iter().filter_map(note).collect(),
        }
    }

    /// Where they are on the axis of the keys, or on that of the values.
    pub fn places(&self, on_keys: bool) -> impl Iterator<Item = f64> {
        let lines = self.lines.iter().filter(move |line| line.on_keys == on_keys);
        let notes = self.notes.iter().map(move |note| if on_keys { note.key } else { note.value });
        lines.flat_map(|line| [line.from, line.to.unwrap_or(line.from)]).chain(notes)
    }
}

/// The axis of the keys.
fn keys_along(chart: &Chart) -> Direction {
    if chart.kind.0.is_horizontal() { Direction::Y } else { Direction::X }
}

fn place(chart: &Chart, data: &Data, on_keys: bool, position: &Position) -> Option<f64> {
    let (keys, values) = chart.measures();
    let (place, measure) = if on_keys { (data.keys.place(position), keys) } else { (position.number(), values) };
    place.filter(|place| place.is_finite() && place.abs() <= crate::ticks::number::LARGEST && measure.scale.has(*place))
}

/// The places, of these and of the ends of the axes, that are nowhere.
pub(crate) fn unplaced(chart: &Chart, data: &Data) -> Vec<String> {
    let keys_along = keys_along(chart);
    let of_lines = chart.references.iter().flat_map(|reference| {
        let on_keys = reference.direction == keys_along;
        [Some(&reference.from), reference.to.as_ref()].into_iter().flatten().map(move |position| (on_keys, position))
    });
    let x_is_key = keys_along == Direction::X;
    let of_notes = chart.notes.iter().flat_map(|note| [(x_is_key, &note.x), (!x_is_key, &note.y)]);
    let (keys, values) = chart.measures();
    let of_ends = [(true, &keys.low), (true, &keys.high), (false, &values.low), (false, &values.high)];
    let of_ends = of_ends.into_iter().filter_map(|(on_keys, end)| Some((on_keys, end.as_ref()?)));
    let all = of_lines.chain(of_notes).chain(of_ends);
    let nowhere = all.filter(|(on_keys, position)| place(chart, data, *on_keys, position).is_none());
    nowhere.map(|(_, position)| position.text()).collect()
}
