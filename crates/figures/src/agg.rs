//! One value of several rows.

/// What makes one value of the rows of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Agg {
    /// Their sum.
    Sum,
    /// Their arithmetic mean.
    Mean,
    /// The middle one, or the mean of the two in the middle.
    Median,
    /// The least.
    Min,
    /// The largest.
    Max,
    /// How many there are.
    Count,
}

impl Agg {
    /// One value of the finite ones; NaN of none, but for their count.
    pub(crate) fn of(self, values: impl Iterator<Item = f64>) -> f64 {
        let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        let count = values.len() as f64;
        if self == Agg::Count {
            return count;
        }
        if values.is_empty() {
            return f64::NAN;
        }
        match self {
            Agg::Sum => values.iter().sum(),
            Agg::Mean => values.iter().sum::<f64>() / count,
            Agg::Median => quantile(&mut values, 0.5),
            Agg::Min => values.into_iter().fold(f64::INFINITY, f64::min),
            Agg::Max => values.into_iter().fold(f64::NEG_INFINITY, f64::max),
            Agg::Count => count,
        }
    }
}

/// The quantile of finite values, between two of them by their distance, as `percentile_cont` has it; NaN of none.
pub(crate) fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let Some(last) = values.len().checked_sub(1) else { return f64::NAN };
    let place = share * last as f64;
    let (below, above) = (values[place.floor() as usize], values[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_values_count_for_nothing() {
        let of = |agg: Agg| agg.of([4.0, f64::NAN, 1.0, 2.0, 9.0].into_iter());
        let all = [Agg::Sum, Agg::Mean, Agg::Median, Agg::Min, Agg::Max, Agg::Count];
        assert_eq!(all.map(of), [16.0, 4.0, 3.0, 1.0, 9.0, 4.0]);
        assert_eq!(Agg::Count.of(std::iter::empty()), 0.0);
        assert!(Agg::Sum.of(std::iter::once(f64::NAN)).is_nan());
    }
}
