//! Variance and covariance in two passes, as they are computed on this machine: the means, then what lies around them.

use super::aggregate::{Metric, Passes};

/// What the windows of a metric add up.
pub(super) enum Moment {
    /// The squares around the mean, divided by n − 1.
    Variance,
    /// Its root.
    Deviation,
    /// The same, divided by n.
    PopulationVariance,
    /// Its root.
    PopulationDeviation,
    /// Pearson's correlation of two.
    Correlation,
    /// The covariance of a sample.
    Covariance,
    /// That of a population.
    PopulationCovariance,
    /// The slope of the line through pairs, where the first argument depends on the second.
    Slope,
    /// Where that line crosses zero.
    Intercept,
    /// How much of the first argument's variance it explains.
    Determination,
    /// The squares around the mean of the second argument, those of the first, and the products of both.
    Squares(&'static str),
}

impl Moment {
    /// The aggregate of that name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "variance" => Self::Variance,
            "stddev" => Self::Deviation,
            "var_pop" => Self::PopulationVariance,
            "stddev_pop" => Self::PopulationDeviation,
            "corr" => Self::Correlation,
            "covar_samp" => Self::Covariance,
            "covar_pop" => Self::PopulationCovariance,
            "regr_slope" => Self::Slope,
            "regr_intercept" => Self::Intercept,
            "regr_r2" => Self::Determination,
            "regr_sxx" => Self::Squares("yy"),
            "regr_syy" => Self::Squares("xx"),
            "regr_sxy" => Self::Squares("xy"),
            _ => return None,
        })
    }

    /// The value of the aggregate over what the passes have added up.
    pub fn pick(&self, metric: &Metric<'_>, passes: &mut Passes) -> String {
        match self {
            Self::Variance => variance(metric, passes, Some("1")),
            Self::Deviation => format!("sqrt({})", variance(metric, passes, Some("1"))),
            Self::PopulationVariance => variance(metric, passes, None),
            Self::PopulationDeviation => format!("sqrt({})", variance(metric, passes, None)),
            Self::Correlation => correlation(metric, passes),
            Self::Covariance => covariance(metric, passes, Some("1")),
            Self::PopulationCovariance => covariance(metric, passes, None),
            Self::Slope => slope(&Pairs::of(metric, passes)),
            Self::Intercept => {
                let pairs = Pairs::of(metric, passes);
                format!("(({} - {} * {}) / {})", pairs.x, pairs.y, slope(&pairs), pairs.n)
            }
            Self::Determination => {
                let Pairs { xx, yy, xy, .. } = Pairs::of(metric, passes);
                let explained = format!("{xy} * {xy} / ({xx} * {yy})");
                format!("case when {yy} <> 0D then case when {xx} = 0D then 1D else {explained} end end")
            }
            Self::Squares(which) => {
                let Pairs { n, xx, yy, xy, .. } = Pairs::of(metric, passes);
                let sum = match *which {
                    "xx" => xx,
                    "yy" => yy,
                    _ => xy,
                };
                format!("case when {n} > 0 then {sum} end")
            }
        }
    }
}

/// A count less what a sample takes off, as a float; NULL if nothing is left.
fn divisor(count: &str, less: Option<&str>) -> String {
    let rest = less.map_or_else(|| count.to_owned(), |less| format!("({count} - {less})"));
    format!("cast(case when {rest} > 0 then {rest} end as double)")
}

fn variance(metric: &Metric<'_>, passes: &mut Passes, less: Option<&str>) -> String {
    let (j, x) = (metric.number, metric.float(0));
    passes.sum(&x, &format!("s{j}"));
    passes.first.push(format!("count({x}) over {} as n{j}", passes.whole));
    let around = format!("({x} - s{j} / n{j})");
    passes.again(&format!("{around} * {around}"), &format!("q{j}"));
    format!("({} / {})", passes.of_first_row(&format!("q{j}")), divisor(&format!("count({x})"), less))
}

/// Pairs of which both are there: how many, their sums, and the sums of what lies around the means.
struct Pairs {
    n: String,
    x: String,
    y: String,
    xx: String,
    yy: String,
    xy: String,
}

impl Pairs {
    fn of(metric: &Metric<'_>, passes: &mut Passes) -> Self {
        let j = metric.number;
        let (x, y) = (metric.float(0), metric.float(1));
        let (x, y) =
            (format!("case when {y} is not null then {x} end"), format!("case when {x} is not null then {y} end"));
        passes.sum(&x, &format!("sx{j}"));
        passes.sum(&y, &format!("sy{j}"));
        passes.first.push(format!("count({x}) over {} as n{j}", passes.whole));
        let (dx, dy) = (format!("({x} - sx{j} / n{j})"), format!("({y} - sy{j} / n{j})"));
        for (name, product) in
            [("xx", format!("{dx} * {dx}")), ("yy", format!("{dy} * {dy}")), ("xy", format!("{dx} * {dy}"))]
        {
            passes.again(&product, &format!("{name}{j}"));
        }
        let [n, x, y, xx, yy, xy] =
            ["n", "sx", "sy", "xx", "yy", "xy"].map(|name| passes.of_first_row(&format!("{name}{j}")));
        Self { n, x, y, xx, yy, xy }
    }
}

fn correlation(metric: &Metric<'_>, passes: &mut Passes) -> String {
    let Pairs { n, xx, yy, xy, .. } = Pairs::of(metric, passes);
    // One root rounds once, unless the product leaves the range of floats.
    let product = format!("{xx} * {yy}");
    let is_normal = format!("{product} >= 2.2250738585072014E-308D and {product} < double('Infinity')");
    let root = format!("(case when {is_normal} then sqrt({product}) else sqrt({xx}) * sqrt({yy}) end)");
    format!("case when {n} > 1 and {xx} > 0D and {yy} > 0D then greatest(-1D, least(1D, {xy} / {root})) end")
}

fn covariance(metric: &Metric<'_>, passes: &mut Passes, less: Option<&str>) -> String {
    let Pairs { n, xy, .. } = Pairs::of(metric, passes);
    format!("({xy} / {})", divisor(&n, less))
}

fn slope(pairs: &Pairs) -> String {
    let Pairs { yy, xy, .. } = pairs;
    format!("(case when {yy} <> 0D then {xy} / {yy} end)")
}
