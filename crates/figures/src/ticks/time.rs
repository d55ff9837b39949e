//! Ticks at the starts of years, months, days, hours, minutes or seconds.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::Tick;
use crate::DateFormat;

/// The distance between two ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Seconds(i64),
    Months(i64),
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 12;

/// From fine to coarse.
const STEPS: [Step; 37] = [
    Step::Seconds(1),
    Step::Seconds(2),
    Step::Seconds(5),
    Step::Seconds(15),
    Step::Seconds(30),
    Step::Seconds(MINUTE),
    Step::Seconds(2 * MINUTE),
    Step::Seconds(5 * MINUTE),
    Step::Seconds(15 * MINUTE),
    Step::Seconds(30 * MINUTE),
    Step::Seconds(HOUR),
    Step::Seconds(2 * HOUR),
    Step::Seconds(3 * HOUR),
    Step::Seconds(6 * HOUR),
    Step::Seconds(12 * HOUR),
    Step::Seconds(DAY),
    Step::Seconds(2 * DAY),
    Step::Seconds(7 * DAY),
    Step::Seconds(14 * DAY),
    Step::Months(1),
    Step::Months(2),
    Step::Months(3),
    Step::Months(6),
    Step::Months(YEAR),
    Step::Months(2 * YEAR),
    Step::Months(5 * YEAR),
    Step::Months(10 * YEAR),
    Step::Months(20 * YEAR),
    Step::Months(50 * YEAR),
    Step::Months(100 * YEAR),
    Step::Months(200 * YEAR),
    Step::Months(500 * YEAR),
    Step::Months(1000 * YEAR),
    Step::Months(2000 * YEAR),
    Step::Months(5000 * YEAR),
    Step::Months(10_000 * YEAR),
    Step::Months(20_000 * YEAR),
];

/// More ticks than this are on no axis; finer steps are not even tried.
const MOST_TICKS: f64 = 60.0;

impl Step {
    /// Its length in seconds, nearly.
    fn seconds(self) -> f64 {
        match self {
            Step::Seconds(seconds) => seconds as f64,
            Step::Months(months) => months as f64 * 30.44 * DAY as f64,
        }
    }

    fn moments(self, low: f64, high: f64) -> Vec<i64> {
        match self {
            Step::Seconds(step) => {
                // Weeks begin on Mondays; 1970-01-01 was a Thursday.
                let anchor = if step % (7 * DAY) == 0 { 4 * DAY } else { 0 };
                let first = ((low - anchor as f64) / step as f64).ceil() as i64;
                let moment = |place: i64| place * step + anchor;
                (first..).map(moment).take_while(|moment| *moment as f64 <= high).collect()
            }
            Step::Months(step) => {
                let Some(start) = civil(low) else { return Vec::new() };
                let first = (i64::from(start.year()) * YEAR + i64::from(start.month()) - 1).div_euclid(step);
                let moment = |place: i64| month_start(place * step);
                (first..first + MOST_TICKS as i64 + 2)
                    .filter_map(moment)
                    .filter(|moment| (low..=high).contains(&(*moment as f64)))
                    .collect()
            }
        }
    }

    /// The label of a moment and what stands below it, given the tick before.
    fn label(self, moment: DateTime, before: Option<DateTime>) -> (String, String) {
        let new_year = before.is_none_or(|before| before.year() != moment.year());
        let new_day = before.is_none_or(|before| before.date() != moment.date());
        let write = |format: &str| moment.strftime(format).to_string();
        match self {
            Step::Months(months) if months >= YEAR => (moment.year().to_string(), String::new()),
            Step::Months(_) if new_year => (write("%b %Y"), String::new()),
            Step::Months(_) => (write("%b"), String::new()),
            Step::Seconds(seconds) if seconds >= DAY => {
                (write("%b %-d"), if new_year { write("%Y") } else { String::new() })
            }
            Step::Seconds(seconds) => {
                let day = match (new_day, new_year) {
                    (_, true) => write("%b %-d, %Y"),
                    (true, false) => write("%b %-d"),
                    (false, false) => String::new(),
                };
                (write(if seconds >= MINUTE { "%H:%M" } else { "%H:%M:%S" }), day)
            }
        }
    }
}

/// The densest ticks on `[low, high]`, in seconds since 1970, at least `least` seconds apart, whose labels `fit`.
pub(crate) fn ticks(
    (low, high): (f64, f64),
    least: i64,
    format: Option<&DateFormat>,
    fit: impl Fn(&[Tick]) -> bool,
) -> Vec<Tick> {
    let mut sparsest = Vec::new();
    for step in STEPS.into_iter().filter(|step| step.seconds() >= least as f64) {
        if (high - low) / step.seconds() > MOST_TICKS {
            continue;
        }
        let ticks = labelled(step, low, high, format);
        if ticks.is_empty() {
            break;
        }
        // A text twice in a row: the format is coarser than the ticks.
        let repeated = ticks.windows(2).any(|pair| pair[0].text == pair[1].text && pair[1].below.is_empty());
        if !repeated && fit(&ticks) {
            return ticks;
        }
        sparsest = ticks;
    }
    // Nothing fits, or nothing round lies in the range: one tick tells at least where we are.
    sparsest.truncate(1);
    if sparsest.is_empty()
        && let Some(start) = civil((low + high) / 2.0)
    {
        let text = format.map_or_else(|| start.strftime("%b %-d, %Y").to_string(), |format| format.format(start));
        sparsest.push(Tick { at: (low + high) / 2.0, text, below: String::new() });
    }
    sparsest
}

/// Ticks at as many of the moments, which ascend, as have room: at each, at every second, at every third, ….
pub(crate) fn ticks_at(moments: &[f64], format: Option<&DateFormat>, fit: impl Fn(&[Tick]) -> bool) -> Vec<Tick> {
    let step = step_between(moments);
    let every = |stride: usize| labels_at(step, moments.iter().step_by(stride).copied(), format);
    (1..=moments.len()).map(every).find(|ticks| fit(ticks)).unwrap_or_default()
}

/// The step that such moments are told apart by: that of the closest two.
fn step_between(moments: &[f64]) -> Step {
    let closest = moments.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
    let is_day = moments.iter().all(|moment| moment % DAY as f64 == 0.0);
    // The shortest year and month have 365 and 28 days.
    match closest / DAY as f64 {
        days if is_day && days >= 365.0 && days.is_finite() => Step::Months(YEAR),
        days if is_day && days >= 28.0 && days.is_finite() => Step::Months(1),
        _ if is_day => Step::Seconds(DAY),
        _ if moments.iter().all(|moment| moment % MINUTE as f64 == 0.0) => Step::Seconds(MINUTE),
        _ => Step::Seconds(1),
    }
}

fn labelled(step: Step, low: f64, high: f64, format: Option<&DateFormat>) -> Vec<Tick> {
    labels_at(step, step.moments(low, high).into_iter().map(|moment| moment as f64), format)
}

fn labels_at(step: Step, moments: impl Iterator<Item = f64>, format: Option<&DateFormat>) -> Vec<Tick> {
    let mut before = None;
    let mut ticks = Vec::new();
    for at in moments {
        let Some(moment) = civil(at) else { continue };
        let (text, below) = match format {
            Some(format) => (format.format(moment), String::new()),
            None => step.label(moment, before),
        };
        ticks.push(Tick { at, text, below });
        before = Some(moment);
    }
    ticks
}

/// The civil time so many seconds after 1970, within the years −9999 to 9999.
pub(crate) fn civil(seconds: f64) -> Option<DateTime> {
    // A float beyond every moment saturates as an integer, and is refused as one.
    Timestamp::from_second(seconds.floor() as i64).ok().map(|moment| Offset::UTC.to_datetime(moment))
}

/// The seconds after 1970 of a day or a moment in ISO's way of writing.
pub(crate) fn seconds(text: &str) -> Option<f64> {
    let moment: DateTime = text.parse().ok()?;
    Offset::UTC.to_timestamp(moment).ok().map(|moment| moment.as_second() as f64)
}

fn month_start(month: i64) -> Option<i64> {
    let year = i16::try_from(month.div_euclid(YEAR)).ok()?;
    let start = jiff::civil::Date::new(year, (month.rem_euclid(YEAR) + 1) as i8, 1).ok()?;
    Offset::UTC.to_timestamp(start.at(0, 0, 0, 0)).ok().map(Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_at_keys_name_the_keys() {
        let at = |texts: &[&str], most: usize| {
            let moments: Vec<f64> = texts.iter().map(|text| seconds(text).unwrap()).collect();
            let ticks = ticks_at(&moments, None, |ticks| ticks.len() <= most);
            ticks.into_iter().map(|tick| format!("{}{}", tick.text, tick.below)).collect::<Vec<_>>().join(" | ")
        };
        let ends = ["2023-12-31", "2024-01-31", "2024-02-29", "2024-03-31"];
        assert_eq!(at(&ends, 9), "Dec 2023 | Jan 2024 | Feb | Mar");
        assert_eq!(at(&ends, 2), "Dec 2023 | Feb 2024");
        assert_eq!(at(&["2019-12-31", "2020-12-31", "2021-12-31"], 9), "2019 | 2020 | 2021");
        assert_eq!(at(&["2024-01-03", "2024-01-17", "2024-01-31"], 9), "Jan 32024 | Jan 17 | Jan 31");
        assert_eq!(at(&["2024-01-31"], 9), "Jan 312024");
        assert_eq!(at(&[], 9), "");
    }

    fn labels(from: &str, to: &str, most: usize) -> String {
        let second = |text: &str| text.parse::<Timestamp>().unwrap().as_second() as f64;
        let show = |tick: &Tick| {
            if tick.below.is_empty() { tick.text.clone() } else { format!("{}/{}", tick.text, tick.below) }
        };
        ticks((second(from), second(to)), 1, None, |ticks| ticks.len() <= most)
            .iter()
            .map(show)
            .collect::<Vec<_>>()
            .join(" | ")
    }

    #[test]
    fn the_year_stands_only_where_it_changes() {
        insta::assert_snapshot!(labels("2023-11-20T00:00:00Z", "2024-04-05T00:00:00Z", 6), @"Dec 2023 | Jan 2024 | Feb | Mar | Apr");
        insta::assert_snapshot!(labels("2023-01-01T00:00:00Z", "2024-12-31T00:00:00Z", 8), @"Jan 2023 | Apr | Jul | Oct | Jan 2024 | Apr | Jul | Oct");
        insta::assert_snapshot!(labels("1990-05-01T00:00:00Z", "2024-12-31T00:00:00Z", 8), @"1995 | 2000 | 2005 | 2010 | 2015 | 2020");
        insta::assert_snapshot!(labels("2023-12-20T00:00:00Z", "2024-01-20T00:00:00Z", 6), @"Dec 25/2023 | Jan 1/2024 | Jan 8 | Jan 15");
        insta::assert_snapshot!(labels("2024-03-01T20:10:00Z", "2024-03-02T05:00:00Z", 6), @"22:00/Mar 1, 2024 | 00:00/Mar 2 | 02:00 | 04:00");
        insta::assert_snapshot!(labels("2024-03-01T20:10:00.2Z", "2024-03-01T20:10:00.7Z", 6), @"20:10:00/Mar 1, 2024");
    }

    proptest::proptest! {
        #[test]
        fn ticks_lie_in_the_range_and_are_as_many_as_fit(low in -3e11..2.5e11f64, span in 1.0..3e11f64, most in 2..20usize) {
            let high = (low + span).min(2.5e11);
            let ticks = ticks((low, high), 1, None, |ticks| ticks.len() <= most);
            proptest::prop_assert!(!ticks.is_empty() && ticks.len() <= most);
            proptest::prop_assert!(ticks.iter().all(|tick| (low..=high).contains(&tick.at)));
            proptest::prop_assert!(ticks.windows(2).all(|pair| pair[0].at < pair[1].at));
        }
    }
}
