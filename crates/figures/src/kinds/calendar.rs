//! Calendars.

use crate::Chart;
use crate::data::{Data, KeyScale, Keys};
use crate::kind::{ChartKind, Columns};
use crate::marks::Marks;
use crate::marks::cells::Cells;
use crate::ticks::time::DAY;

const WEEK: f64 = 7.0 * DAY as f64;

/// The middle of the week of a moment, and which day of it that is, from Monday on.
fn week(second: f64) -> (f64, f64) {
    // 1970-01-01 was a Thursday.
    let days = (second / DAY as f64).floor() + 3.0;
    let week = (days / 7.0).floor();
    (((week + 0.5) * 7.0 - 3.0) * DAY as f64, days - week * 7.0)
}

/// The moment at which a day begins, by the middle of its week and its row.
fn day(middle: f64, row: usize) -> f64 {
    middle + (row as f64 - 3.5) * DAY as f64
}

pub(super) struct Calendar;

impl ChartKind for Calendar {
    fn name(&self) -> &'static str {
        "calendar"
    }

    fn summary(&self) -> &'static str {
        "a cell for each day, whose colour is its value: weeks side by side"
    }

    fn columns(&self) -> Columns {
        Columns::Plain
    }

    fn takes(&self) -> &'static [&'static str] {
        &["agg", "x_scale"]
    }

    fn data(&self, chart: &Chart) -> Data {
        let (keys, places) = crate::data::places(&chart.keys, KeyScale::Measured);
        let moments = keys == Keys::Moments;
        let place = |second: &f64| if moments { week(*second) } else { (f64::NAN, f64::NAN) };
        let (weeks, days): (Vec<f64>, Vec<f64>) = places.iter().map(place).unzip();
        let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].map(|day| chart.locale.date(day.to_owned()));
        Data::of_rows(chart, Keys::Moments, &weeks, (names.to_vec(), &days))
    }

    fn marks(&self, _: &Chart, data: &Data) -> Box<dyn Marks> {
        Box::new(Cells { key: Some(day), ..Cells::new(&data.left, WEEK / 2.0) })
    }

    fn has_rows(&self) -> bool {
        true
    }

    fn wants_days(&self) -> bool {
        true
    }
}
