//! Ticks at 1, 2 or 5 times a power of ten.

use crate::NumberFormat;

/// Larger numbers cannot be told apart from infinity once differences are squared; they are not drawn.
pub(crate) const LARGEST: f64 = 1e150;

/// Evenly spaced round numbers: `mantissa * 10^exponent` times the integers from `first` to `last`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Grid {
    mantissa: f64,
    exponent: i32,
    first: i64,
    last: i64,
}

impl Grid {
    /// The densest grid on `[low, high]` of at most `most` numbers whose steps are no smaller than `least_step`.
    pub fn new(low: f64, high: f64, most: usize, least_step: f64) -> Self {
        let wanted = ((high - low) / most.max(2) as f64).max(least_step * (1.0 - 1e-9));
        let (mut mantissa, mut exponent) = step_above(wanted);
        loop {
            let grid = Grid::with_step(low, high, mantissa, exponent);
            if grid.last.saturating_sub(grid.first) < most.max(2) as i64 {
                return grid;
            }
            (mantissa, exponent) = next_step(mantissa, exponent);
        }
    }

    fn with_step(low: f64, high: f64, mantissa: f64, exponent: i32) -> Self {
        let step = scaled(mantissa, exponent);
        // A number that lies on the edge but for rounding counts as inside.
        Grid { mantissa, exponent, first: (low / step - 1e-6).ceil() as i64, last: (high / step + 1e-6).floor() as i64 }
    }

    pub fn step(&self) -> f64 {
        scaled(self.mantissa, self.exponent)
    }

    pub fn values(&self) -> impl Iterator<Item = f64> {
        let Grid { mantissa, exponent, .. } = *self;
        (self.first..=self.last).map(move |place| scaled(place as f64 * mantissa, exponent))
    }

    /// The format whose digits the steps need.
    pub fn format(&self, separators: bool) -> NumberFormat {
        let largest = self.first.unsigned_abs().max(self.last.unsigned_abs()) as f64 * self.step();
        // 2.5 needs a digit more than its power of ten.
        let digits = (-self.exponent).max(0) as usize + usize::from(self.mantissa.fract() != 0.0 && self.exponent <= 0);
        if largest >= 1e12 || (largest < 1e-4 && largest > 0.0) {
            let significant = (largest / self.step()).log10().ceil().clamp(1.0, 6.0) as usize;
            NumberFormat::exponent(significant)
        } else if separators {
            NumberFormat::plain(digits)
        } else {
            NumberFormat::bare(digits)
        }
    }

    /// Steps for a second axis whose ticks stand beside those of the first, so that one grid serves both.
    ///
    /// `low` and `high` are the first axis, `other` the data of the second; the result is the second axis from end to
    /// end and its ticks. None where the first axis has fewer than two ticks, or no round step fits.
    pub fn beside(&self, low: f64, high: f64, other: (f64, f64), least_step: f64) -> Option<(f64, f64, Grid)> {
        const MANTISSAS: [f64; 9] = [1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0];
        if self.last <= self.first {
            return None;
        }
        let steps = (high - low) / self.step();
        let below = (self.first as f64 * self.step() - low) / self.step();
        let wanted = ((other.1 - other.0) / steps).max(least_step);
        let start = wanted.log10().floor() as i32;
        for exponent in start..start + 3 {
            for mantissa in MANTISSAS {
                let step = scaled(mantissa, exponent);
                // Digits that the format would round away are no ticks.
                let shown = least_step == 0.0 || ((step / least_step).round() * least_step - step).abs() < step * 1e-6;
                let first = (other.0 / step + below + 1e-9).floor();
                let bottom = (first - below) * step;
                if step >= wanted * (1.0 - 1e-9) && shown && bottom + steps * step >= other.1 {
                    let first = first as i64;
                    let grid = Grid { mantissa, exponent, first, last: first + (self.last - self.first) };
                    return Some((bottom, bottom + steps * step, grid));
                }
            }
        }
        None
    }
}

/// A range that ticks can be laid on: finite, in order, and wide enough to tell its ends apart.
pub(crate) fn usable(low: f64, high: f64) -> (f64, f64) {
    let size = low.abs().max(high.abs());
    if !(low.is_finite() && high.is_finite()) {
        (0.0, 1.0)
    } else if high - low > size * 1e-9 && high - low > 1e-100 {
        (low, high)
    } else if size < 1e-99 {
        (-1.0, 1.0)
    } else {
        (low - size * 0.1, high + size * 0.1)
    }
}

/// The smallest 1, 2 or 5 times a power of ten that is not below `wanted`.
pub(crate) fn step_above(wanted: f64) -> (f64, i32) {
    let exponent = wanted.log10().floor() as i32;
    let fits = |mantissa: &f64| scaled(*mantissa, exponent) >= wanted * (1.0 - 1e-9);
    [1.0, 2.0, 5.0].into_iter().find(fits).map_or((1.0, exponent + 1), |mantissa| (mantissa, exponent))
}

fn next_step(mantissa: f64, exponent: i32) -> (f64, i32) {
    match mantissa {
        m if m < 2.0 => (2.0, exponent),
        m if m < 5.0 => (5.0, exponent),
        _ => (1.0, exponent + 1),
    }
}

/// Dividing by a power of ten, rather than multiplying by its inexact inverse, makes 0.3 the number one writes so.
pub(crate) fn scaled(value: f64, exponent: i32) -> f64 {
    if exponent >= 0 { value * 10f64.powi(exponent) } else { value / 10f64.powi(-exponent) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(low: f64, high: f64, most: usize) -> Vec<String> {
        let grid = Grid::new(low, high, most, 0.0);
        let format = grid.format(true);
        grid.values().map(|value| format.format(value)).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(ticks(0.0, 83_000.0, 6), ["0", "20,000", "40,000", "60,000", "80,000"]);
        assert_eq!(ticks(-0.3, 0.4, 8), ["−0.3", "−0.2", "−0.1", "0.0", "0.1", "0.2", "0.3", "0.4"]);
        assert_eq!(ticks(999.2, 1000.9, 5), ["999.5", "1,000.0", "1,000.5"]);
        assert_eq!(ticks(0.0, 3e13, 4), ["0.0e0", "1.0e13", "2.0e13", "3.0e13"]);
        assert_eq!(Grid::new(0.0, 3.0, 9, 1.0).step(), 1.0);
    }

    #[test]
    fn a_second_axis_shares_the_grid_of_the_first() {
        let left = Grid::new(0.0, 83_000.0, 6, 0.0);
        let (low, high, right) = left.beside(0.0, 83_000.0, (0.0, 36_100.0), 1.0).unwrap();
        assert_eq!(right.values().collect::<Vec<_>>(), [0.0, 10_000.0, 20_000.0, 30_000.0, 40_000.0]);
        assert!(low <= 0.0 && high >= 36_100.0);
    }

    proptest::proptest! {
        #[test]
        fn ticks_lie_in_the_range_and_are_neither_few_nor_many(a in -1e9..1e9f64, b in -1e9..1e9f64, most in 2..15usize) {
            let (low, high) = usable(a.min(b), a.max(b));
            let grid = Grid::new(low, high, most, 0.0);
            let values: Vec<f64> = grid.values().collect();
            let slack = grid.step() * 1e-5;
            proptest::prop_assert!(values.iter().all(|v| *v >= low - slack && *v <= high + slack));
            proptest::prop_assert!(values.len() <= most);
            // Together with one step beyond each end the ticks cover the whole range.
            proptest::prop_assert!(values.is_empty() || values[0] - grid.step() <= low + slack);
            proptest::prop_assert!(most < 7 || values.len() >= 2, "{values:?}");
        }

        #[test]
        fn any_range_is_survived(a: f64, b: f64, most in 0..20usize, least in 0.0..10.0f64) {
            let (a, b) = (a.clamp(-LARGEST, LARGEST), b.clamp(-LARGEST, LARGEST));
            let (low, high) = usable(a.min(b), a.max(b));
            let grid = Grid::new(low, high, most, least);
            proptest::prop_assert!(grid.values().count() <= most.max(2));
            let format = grid.format(true);
            grid.values().for_each(|value| drop(format.format(value)));
            if let Some((bottom, top, right)) = grid.beside(low, high, (0.0, 36.1), least) {
                proptest::prop_assert!(bottom <= 1e-6 && top >= 36.1 - 1e-6);
                proptest::prop_assert_eq!(right.values().count(), grid.values().count());
            }
        }
    }
}
