//! Bins of a histogram.

use crate::ticks::number::{scaled, step_above};

/// Evenly wide bins with round edges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bins {
    pub first: f64,
    pub width: f64,
    pub count: usize,
}

/// Beyond these a histogram is a block, or grass.
const FEWEST: f64 = 5.0;
const MOST: f64 = 60.0;

/// A round width that is at least so much of the wanted one is taken, for the next may be twice as wide and more.
const NEARLY: f64 = 0.75;

impl Bins {
    /// As many bins as wanted, from the least value to the largest. Else bins after Freedman and Diaconis: twice the
    /// interquartile range over the cube root of the count, made round.
    pub fn of(values: &[f64], wanted: Option<usize>) -> Option<Bins> {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = (*sorted.first()?, *sorted.last()?);
        let whole = sorted.iter().all(|value| value.fract() == 0.0 && value.abs() < 1e15);
        let span = high - low;
        if span <= low.abs().max(high.abs()) * 1e-9 || span < 1e-100 {
            let width = if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
            return Some(Bins { first: low - width / 2.0, width, count: 1 });
        }
        if let Some(count) = wanted {
            return Some(Bins { first: low, width: span / count.max(1) as f64, count: count.max(1) });
        }
        let quartile = |share: f64| sorted[(share * (sorted.len() - 1) as f64) as usize];
        let count = sorted.len() as f64;
        let spread = 2.0 * (quartile(0.75) - quartile(0.25)) / count.cbrt();
        // Where half the values are equal the rule has no answer; Sturges' has.
        let wanted = if spread > 0.0 { span / spread } else { count.log2() + 1.0 };
        let wanted = span / wanted.clamp(FEWEST, MOST);
        let (mantissa, exponent) = step_above((wanted * NEARLY).max(span / MOST));
        let width = scaled(mantissa, exponent);
        if whole && width <= 1.0 {
            // Each whole number stands in the middle of its own bin.
            return Some(Bins { first: low - 0.5, width: 1.0, count: span as usize + 1 });
        }
        let first = (low / width + 1e-9).floor() * width;
        let count = (((high - first) / width - 1e-9).ceil() as usize).max(1);
        Some(Bins { first, width, count })
    }

    /// How many values are in each bin; the last one includes its upper edge.
    pub fn tally(&self, values: impl Iterator<Item = f64>) -> Vec<f64> {
        let mut counts = vec![0.0; self.count];
        for value in values.filter(|value| value.is_finite()) {
            let place = ((value - self.first) / self.width + 1e-9).max(0.0) as usize;
            counts[place.min(self.count - 1)] += 1.0;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_get_a_bin_each() {
        let values: Vec<f64> = (0..600).map(|row| f64::from(row % 6 + 1)).collect();
        let bins = Bins::of(&values, None).unwrap();
        assert_eq!(bins, Bins { first: 0.5, width: 1.0, count: 6 });
        assert_eq!(bins.tally(values.into_iter()), [100.0; 6]);
    }

    #[test]
    fn a_width_that_is_nearly_wanted_is_taken() {
        // Freedman and Diaconis want 5.4 here.
        let values: Vec<f64> = (0..200).map(|at| 20.05 + f64::from(at) * 0.158).chain([0.5, 79.5]).collect();
        assert_eq!(Bins::of(&values, None), Some(Bins { first: 0.0, width: 5.0, count: 16 }));
    }

    #[test]
    fn one_value_has_one_bin() {
        assert_eq!(Bins::of(&[7.0, 7.0], None).map(|bins| bins.count), Some(1));
        assert_eq!(Bins::of(&[f64::NAN], None), None);
    }

    proptest::proptest! {
        #[test]
        fn every_value_is_counted_once(values in proptest::collection::vec(-1e12..1e12f64, 1..200), wanted in proptest::option::of(1..90usize)) {
            let bins = Bins::of(&values, wanted).unwrap();
            proptest::prop_assert!(bins.count <= wanted.unwrap_or(62));
            let counted: f64 = bins.tally(values.iter().copied()).iter().sum();
            proptest::prop_assert_eq!(counted, values.len() as f64);
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            proptest::prop_assert!(bins.first <= low + bins.width * 1e-6);
        }
    }
}
