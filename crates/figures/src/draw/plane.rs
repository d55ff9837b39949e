//! The coordinate systems of plotters between the data and the canvas.

use std::convert::Infallible;
use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint};
use plotters::prelude::{Cartesian2d, DrawingArea, DrawingAreaErrorKind, Ranged};

use super::area::Area;
use super::axis::Axis;
use crate::canvas::{Canvas, Place, units};

/// The page, which is drawn on in units from its upper left corner.
pub(crate) type Sheet = DrawingArea<Canvas, Shift>;

/// The rectangle between two axes, which is drawn on in the units of the data.
pub(crate) type Plane<'a> = DrawingArea<Canvas, Cartesian2d<&'a Axis, &'a Axis>>;

/// What drawing through plotters comes to: the canvas itself never fails.
pub(crate) type Drawn<T = ()> = Result<T, DrawingAreaErrorKind<Infallible>>;

/// Points as a place on the sheet.
pub(super) fn place(x: f64, y: f64) -> Place {
    (units(x), units(y))
}

/// An axis as plotters sees it: its key points are the ticks that the layout has chosen.
impl Ranged for &Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (start, end): (i32, i32)) -> i32 {
        // Rounded to the nearest unit; that of plotters' own rounds down, and rows of bars would differ in height.
        // What lies far beyond a given end is not seen, and must stay a number of units.
        start + (self.share(*value).clamp(-1e3, 1e3) * f64::from(end - start)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        self.ticks.iter().take(hint.max_num_points()).map(|tick| tick.at).collect()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

/// The rectangle `frame` between two axes, of which the vertical one counts upwards or from the top.
pub(super) fn plane<'a>(sheet: &Sheet, frame: Area, x: &'a Axis, y: &'a Axis, from_top: bool) -> Plane<'a> {
    let (left, top) = (units(frame.left), units(frame.top));
    let frame = sheet.clone().shrink((left, top), (units(frame.right) - left, units(frame.bottom) - top));
    let (across, down) = frame.get_pixel_range();
    let up = if from_top { down } else { down.end..down.start };
    frame.apply_coord_spec(Cartesian2d::new(x, y, (across, up)))
}
