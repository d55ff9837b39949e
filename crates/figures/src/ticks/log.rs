//! Ticks at powers of ten, for axes on which ratios are seen.

use std::ops::Range;

use crate::{NumberFormat, Scale};

/// At most `most` round numbers on `[low, high]`: powers of ten, between few of them also 2 and 5 times those. None where
/// there would be fewer than two.
pub(crate) fn ticks(scale: Scale, low: f64, high: f64, most: usize) -> Option<Vec<f64>> {
    let most = most.max(2);
    let powers = |low: f64, high: f64, least: i32| -> Vec<i32> {
        let first = if low > 0.0 { (low.log10() - 1e-9).ceil() as i32 } else { least };
        let last = if high > 0.0 { (high.log10() + 1e-9).floor() as i32 } else { least - 1 };
        (first.max(least)..=last).collect()
    };
    let power = |exponent: i32| 10f64.powi(exponent);
    let values: Vec<f64> = match scale {
        Scale::Linear => return None,
        Scale::Log => {
            let exponents = powers(low, high, -300);
            if exponents.len() <= 2 {
                let around = powers(low / 10.0, high, -300).into_iter();
                let finer = around.flat_map(|exponent| [1.0, 2.0, 5.0].map(|times| times * power(exponent)));
                let finer: Vec<f64> = finer.filter(|value| (low..=high).contains(value)).collect();
                if finer.len() <= most.max(5) { finer } else { exponents.into_iter().map(power).collect() }
            } else {
                thinned(&exponents, most).map(power).collect()
            }
        }
        Scale::Symlog => {
            // One is too near to zero to have a label of its own.
            let (below, above) = (powers(-high, -low, 1), powers(low, high, 1));
            let room = most.saturating_sub(1).max(1);
            let step = (below.len() + above.len()).div_ceil(room).max(1);
            let each = |exponents: Vec<i32>| exponents.into_iter().filter(move |exponent| exponent % step as i32 == 0);
            let zero = (low <= 0.0 && high >= 0.0).then_some(0.0);
            let negative = each(below).rev().map(|exponent| -power(exponent));
            negative.chain(zero).chain(each(above).map(power)).collect()
        }
    };
    (values.len() >= 2).then_some(values)
}

/// Every so many of the exponents, so that they are not too many; multiples, so that two axes agree.
fn thinned(exponents: &[i32], most: usize) -> impl Iterator<Item = i32> {
    let step = exponents.len().div_ceil(most).max(1) as i32;
    exponents.iter().copied().filter(move |exponent| exponent % step == 0)
}

/// How these numbers are written: where one is too long for its digits, the others are written as it is, but for those that
/// everybody reads at a glance.
pub(crate) struct Format {
    plain: Range<i32>,
}

impl Format {
    /// Of the numbers of one axis.
    pub fn of(ticks: &[f64]) -> Self {
        let fits = |tick: &f64| *tick == 0.0 || (-6..9).contains(&exponent(*tick));
        Self { plain: if ticks.iter().all(fits) { -6..9 } else { -2..4 } }
    }

    /// Of one of them.
    pub fn of_tick(&self, value: f64) -> NumberFormat {
        match exponent(value) {
            _ if value == 0.0 => NumberFormat::plain(0),
            exponent if self.plain.contains(&exponent) => NumberFormat::plain((-exponent).max(0) as usize),
            _ => NumberFormat::exponent(0),
        }
    }
}

fn exponent(value: f64) -> i32 {
    (value.abs().log10() + 1e-9).floor() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(scale: Scale, low: f64, high: f64, most: usize) -> Vec<String> {
        let ticks = ticks(scale, low, high, most).unwrap_or_default();
        let format = Format::of(&ticks);
        ticks.into_iter().map(|value| format.of_tick(value).format(value)).collect()
    }

    #[test]
    fn powers_of_ten_are_told_and_what_lies_between_few_of_them() {
        assert_eq!(shown(Scale::Log, 0.5, 20_000.0, 8), ["1", "10", "100", "1,000", "10,000"]);
        assert_eq!(shown(Scale::Log, 0.5, 2e9, 5), ["1", "100", "10,000", "1,000,000", "100,000,000"]);
        assert_eq!(shown(Scale::Log, 1e-4, 2e10, 8), ["1e-4", "0.01", "1", "100", "1e4", "1e6", "1e8", "1e10"]);
        assert_eq!(shown(Scale::Log, 3.0, 60.0, 8), ["5", "10", "20", "50"]);
        assert_eq!(shown(Scale::Log, 0.002, 0.2, 8), ["0.002", "0.005", "0.01", "0.02", "0.05", "0.1", "0.2"]);
        assert_eq!(shown(Scale::Symlog, -2000.0, 200.0, 8), ["−1,000", "−100", "−10", "0", "10", "100"]);
        assert_eq!(ticks(Scale::Log, 3.0, 4.0, 8), None);
        assert_eq!(ticks(Scale::Linear, 1.0, 1e9, 8), None);
    }

    proptest::proptest! {
        #[test]
        fn ticks_lie_on_the_axis_and_are_few(low in 1e-12..1e12f64, times in 1.01..1e18f64, most in 2..12usize) {
            let high = low * times;
            for (scale, low) in [(Scale::Log, low), (Scale::Symlog, -high), (Scale::Symlog, 0.0)] {
                let ticks = ticks(scale, low, high, most).unwrap_or_default();
                proptest::prop_assert!(ticks.len() <= most.max(7), "{ticks:?}");
                proptest::prop_assert!(ticks.windows(2).all(|pair| pair[0] < pair[1]), "{ticks:?}");
                proptest::prop_assert!(ticks.iter().all(|tick| *tick >= low * 0.999 - 1.0 && *tick <= high * 1.001), "{ticks:?}");
            }
        }
    }
}
