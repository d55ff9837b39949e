//! An axis: a range of data and its ticks.

use crate::ticks::number::{Grid, usable};
use crate::ticks::{Tick, log};
use crate::{Locale, NumberFormat, Scale, font};

/// A range of data and its ticks.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pub low: f64,
    pub high: f64,
    pub ticks: Vec<Tick>,
    /// Whether the labels are turned to save room.
    pub slanted: bool,
    /// How far apart numbers lie.
    pub scale: Scale,
}

/// Labels along a horizontal axis keep this many font sizes between them.
const LABEL_GAP: f64 = 1.1;

impl Axis {
    /// Where `value` lies between the ends: 0 at `low`, 1 at `high`.
    pub fn share(&self, value: f64) -> f64 {
        let place = |value: f64| self.scale.place(value);
        // A bar from zero begins at the end of an axis that has no zero.
        let value = if self.scale.has(value) { value } else { self.low };
        (place(value) - place(self.low)) / (place(self.high) - place(self.low))
    }

    pub fn of(low: f64, high: f64, grid: &Grid, format: &NumberFormat) -> Axis {
        let tick = |at: f64| Tick { at, text: format.format(at), below: String::new() };
        Axis { low, high, ticks: grid.values().map(tick).collect(), slanted: false, scale: Scale::Linear }
    }

    /// An axis on which ratios are seen, with at most so many ticks.
    pub fn of_ratios(
        scale: Scale,
        (low, high): (f64, f64),
        most: usize,
        format: Option<&NumberFormat>,
        locale: Locale,
    ) -> Axis {
        let (low, high) = usable(low, high);
        match log::ticks(scale, low, high, most) {
            Some(ticks) => {
                let own = log::Format::of(&ticks);
                let write = |at: f64| format.cloned().unwrap_or_else(|| own.of_tick(at).in_locale(locale)).format(at);
                let tick = |at: f64| Tick { at, text: write(at), below: String::new() };
                Axis { low, high, ticks: ticks.into_iter().map(tick).collect(), slanted: false, scale }
            }
            None => {
                let grid = Grid::new(low, high, most, 0.0);
                let format = format.cloned().unwrap_or_else(|| grid.format(true).in_locale(locale));
                Axis { scale, ..Axis::of(low, high, &grid, &format) }
            }
        }
    }

    /// How wide the widest label is.
    pub fn label_width(&self, size: f64) -> f64 {
        font::widest(self.ticks.iter().flat_map(|tick| [tick.text.as_str(), tick.below.as_str()]), size)
    }

    /// Whether the labels, centred at their ticks over `room` points, keep apart.
    pub fn fits(&self, ticks: &[Tick], size: f64, room: f64) -> bool {
        let extent = |tick: &Tick| {
            let half = font::width(&tick.text, size, false).max(font::width(&tick.below, size, false)) / 2.0;
            let center = self.share(tick.at) * room;
            (center - half, center + half)
        };
        ticks.windows(2).all(|pair| extent(&pair[0]).1 + size * LABEL_GAP <= extent(&pair[1]).0)
    }
}
