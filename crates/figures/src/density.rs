//! How densely values lie: a Gaussian kernel over them.

/// The estimate for one set of values.
pub(crate) struct Density {
    /// The least and the largest value.
    pub range: (f64, f64),
    /// The width of the kernel, after Scott.
    pub bandwidth: f64,
    /// The share of the values in each of many narrow cells between the least and the largest.
    cells: Vec<f64>,
}

/// So many cells are narrower than what a reader sees, and make the estimate's cost independent of the number of values.
const CELLS: usize = 1024;

impl Density {
    /// None where there are no two different values.
    pub fn of(values: &[f64]) -> Option<Density> {
        let (low, high) = crate::range::range(values.iter().copied())?;
        let known = || values.iter().copied().filter(|value| value.is_finite());
        let count = known().count() as f64;
        let mean = known().map(|value| value / count).sum::<f64>();
        let variance = known().map(|value| (value - mean) * (value - mean) / (count - 1.0).max(1.0)).sum::<f64>();
        let bandwidth = variance.sqrt() * count.powf(-0.2);
        if !(bandwidth.is_finite() && bandwidth > 0.0 && high - low > low.abs().max(high.abs()) * 1e-9) {
            return None;
        }
        let mut cells = vec![0.0; CELLS];
        for value in known() {
            let place = ((value - low) / (high - low) * (CELLS - 1) as f64).round() as usize;
            cells[place.min(CELLS - 1)] += 1.0 / count;
        }
        Some(Density { range: (low, high), bandwidth, cells })
    }

    /// How densely values lie there: the area below all places is 1.
    pub fn at(&self, place: f64) -> f64 {
        let (low, high) = self.range;
        let cell = |index: usize| low + (high - low) * index as f64 / (CELLS - 1) as f64;
        let kernel = |distance: f64| (-0.5 * distance * distance).exp();
        let shares = self.cells.iter().enumerate().filter(|(_, share)| **share > 0.0);
        let sum: f64 = shares.map(|(index, share)| share * kernel((place - cell(index)) / self.bandwidth)).sum();
        sum / (self.bandwidth * std::f64::consts::TAU.sqrt())
    }

    /// The curve at so many places from end to end.
    pub fn curve(&self, low: f64, high: f64, places: usize) -> Vec<(f64, f64)> {
        let place = |index: usize| low + (high - low) * index as f64 / (places - 1) as f64;
        (0..places).map(|index| (place(index), self.at(place(index)))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_below_is_one_and_equal_values_have_no_density() {
        let values: Vec<f64> = (0..500).map(|no| f64::from(no % 37) + f64::from(no) / 100.0).collect();
        let density = Density::of(&values).unwrap();
        let curve = density.curve(-40.0, 90.0, 1001);
        let area: f64 = curve.iter().map(|(_, height)| height * 0.13).sum();
        assert!((area - 1.0).abs() < 1e-3, "{area}");
        assert!(Density::of(&[3.0, 3.0, f64::NAN]).is_none() && Density::of(&[]).is_none());
    }

    #[test]
    fn it_is_what_scipy_says() {
        // scipy.stats.gaussian_kde([1, 2, 4, 7])([2, 5])
        let density = Density::of(&[1.0, 2.0, 4.0, 7.0]).unwrap();
        assert!((density.at(2.0) - 0.126_131).abs() < 2e-4, "{}", density.at(2.0));
        assert!((density.at(5.0) - 0.097_212).abs() < 2e-4, "{}", density.at(5.0));
    }
}
