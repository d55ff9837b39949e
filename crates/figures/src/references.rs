//! Lines and bands that the data are compared with.

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

/// Those that have a place on their axes.
pub(crate) fn lines(chart: &Chart, data: &Data) -> Vec<Line> {
    let keys_along = if chart.kind.0.is_horizontal() { Direction::Y } else { Direction::X };
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
    chart.references.iter().filter_map(line).collect()
}

fn place(chart: &Chart, data: &Data, on_keys: bool, position: &Position) -> Option<f64> {
    let (keys, values) = chart.measures();
    let (place, measure) = if on_keys { (data.keys.place(position), keys) } else { (position.number(), values) };
    place.filter(|place| place.is_finite() && place.abs() <= crate::ticks::number::LARGEST && measure.scale.has(*place))
}

/// The places, of these and of the ends of the axes, that are nowhere.
pub(crate) fn unplaced(chart: &Chart, data: &Data) -> Vec<String> {
    let keys_along = if chart.kind.0.is_horizontal() { Direction::Y } else { Direction::X };
    let of_lines = chart.references.iter().flat_map(|reference| {
        let on_keys = reference.direction == keys_along;
        [Some(&reference.from), reference.to.as_ref()].into_iter().flatten().map(move |position| (on_keys, position))
    });
    let (keys, values) = chart.measures();
    let of_ends = [(true, &keys.low), (true, &keys.high), (false, &values.low), (false, &values.high)];
    let of_ends = of_ends.into_iter().filter_map(|(on_keys, end)| Some((on_keys, end.as_ref()?)));
    let nowhere =
        of_lines.chain(of_ends).filter(|(on_keys, position)| place(chart, data, *on_keys, position).is_none());
    nowhere.map(|(_, position)| position.text()).collect()
}
