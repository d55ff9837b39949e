//! The straight line of least squares and Pearson's r.

/// Slope, intercept and Pearson's r of the line of least squares through the pairs of finite numbers.
///
/// None where fewer than two pairs are finite, or all `xs` are equal. Where all `ys` are equal the line is level and r
/// is NaN, because it is not defined.
pub fn linear_fit(xs: &[f64], ys: &[f64]) -> Option<(f64, f64, f64)> {
    let pairs = || xs.iter().zip(ys).filter(|(x, y)| x.is_finite() && y.is_finite());
    let count = pairs().count() as f64;
    if count < 2.0 {
        return None;
    }
    let first = pairs().next().map(|(x, y)| (*x, *y))?;
    if pairs().all(|(x, _)| *x == first.0) {
        return None;
    }
    // Rounding of the mean must not make a slope of nothing.
    if pairs().all(|(_, y)| *y == first.1) {
        return Some((0.0, first.1, f64::NAN));
    }
    let mean_x = pairs().map(|(x, _)| x / count).sum::<f64>();
    let mean_y = pairs().map(|(_, y)| y / count).sum::<f64>();
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in pairs() {
        let (dx, dy) = (x - mean_x, y - mean_y);
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    let slope = xy / xx;
    let intercept = mean_y - slope * mean_x;
    let r = (xy / (xx.sqrt() * yy.sqrt())).clamp(-1.0, 1.0);
    (xx > 0.0 && slope.is_finite() && intercept.is_finite()).then_some((slope, intercept, r))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_line_is_found() {
        let (slope, intercept, r) = linear_fit(&[0.0, 1.0, 2.0, f64::NAN], &[1.0, 3.0, 5.0, 9.0]).unwrap();
        assert!((slope - 2.0).abs() < 1e-12 && (intercept - 1.0).abs() < 1e-12 && (r - 1.0).abs() < 1e-12);
    }

    #[test]
    fn r_agrees_with_a_hand_computation() {
        let (_, _, r) = linear_fit(&[1.0, 2.0, 3.0, 4.0, 5.0], &[2.0, 1.0, 4.0, 3.0, 5.0]).unwrap();
        assert!((r - 0.8).abs() < 1e-12, "{r}");
    }

    #[test]
    fn what_has_no_line_gives_none() {
        assert_eq!(linear_fit(&[], &[]), None);
        assert_eq!(linear_fit(&[1.0], &[1.0]), None);
        assert_eq!(linear_fit(&[3.0, 3.0], &[1.0, 2.0]), None);
        assert_eq!(linear_fit(&[1e300, -1e300], &[1e300, 5.0]), None);
        let level = linear_fit(&[1.0, 2.0, 4.0], &[0.1, 0.1, 0.1]).unwrap();
        assert!(level.0 == 0.0 && level.1 == 0.1 && level.2.is_nan());
    }
}
