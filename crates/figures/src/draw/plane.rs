//! The coordinate systems of plotters between the data and the canvas.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint};
use plotters::prelude::{Cartesian2d, Ranged};

use super::axis::Axis;
use super::layout::{Area, Layout};
use super::{Plane, Sheet};
use crate::Kind;
use crate::canvas::units;

/// An axis as plotters sees it: its key points are the ticks that the layout has chosen.
impl Ranged for &Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (start, end): (i32, i32)) -> i32 {
        // Rounded to the nearest unit; that of plotters' own rounds down, and rows of bars would differ in height.
        start + (self.share(*value) * f64::from(end - start)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        self.ticks.iter().take(hint.max_num_points()).map(|tick| tick.at).collect()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

/// The rectangle between the axes with the bottom and the left axis. The names of horizontal bars count from the top.
pub(super) fn left<'a>(sheet: &Sheet, layout: &'a Layout, kind: Kind) -> Plane<'a> {
    plane(sheet, layout.frame, &layout.bottom, &layout.left, kind == Kind::BarH)
}

/// The same rectangle with the bottom and the right axis.
pub(super) fn right<'a>(sheet: &Sheet, layout: &'a Layout) -> Option<Plane<'a>> {
    layout.right.as_ref().map(|right| plane(sheet, layout.frame, &layout.bottom, right, false))
}

fn plane<'a>(sheet: &Sheet, frame: Area, x: &'a Axis, y: &'a Axis, from_top: bool) -> Plane<'a> {
    let (left, top) = (units(frame.left), units(frame.top));
    let frame = sheet.clone().shrink((left, top), (units(frame.right) - left, units(frame.bottom) - top));
    let (across, down) = frame.get_pixel_range();
    let up = if from_top { down } else { down.end..down.start };
    frame.apply_coord_spec(Cartesian2d::new(x, y, (across, up)))
}
