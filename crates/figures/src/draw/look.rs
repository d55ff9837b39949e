//! Sizes and colours that follow from a figure's size and theme.

use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBColor, ShapeStyle, TextStyle};

use crate::canvas::{Pen, units};
use crate::theme::Colors;
use crate::{Theme, font};

/// Between an axis and its labels, in points at full scale.
pub(crate) const TICK_GAP: f64 = 8.0;

/// At 14 by 6 inches a title has 16 points; smaller pictures have smaller type, but never unreadably small.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub colors: &'static Colors,
    scale: f64,
    panels: usize,
}

impl Look {
    /// The look of a drawing of so many points and panels.
    pub fn new(theme: Theme, panels: usize, width: f64, height: f64) -> Self {
        let panels = panels.max(1);
        let smallest = (width / 580.0).min(height / panels as f64 / 230.0);
        let largest = (width / 1008.0).min(height / 432.0).max(1.0);
        Look { colors: theme.colors(), scale: smallest.clamp(0.35, 1.0) * largest, panels }
    }

    /// Any other length of the drawing, in points at full scale.
    pub fn size(&self, points: f64) -> f64 {
        points * self.scale
    }

    /// The same in units of the canvas.
    pub fn units(&self, points: f64) -> i32 {
        units(self.size(points))
    }

    pub fn pad(&self) -> f64 {
        self.size(14.0)
    }

    pub fn headline(&self) -> f64 {
        self.size(18.0)
    }

    pub fn title(&self) -> f64 {
        self.size(if self.panels > 1 { 15.0 } else { 16.0 })
    }

    pub fn label(&self) -> f64 {
        self.size(12.0)
    }

    pub fn tick(&self) -> f64 {
        self.size(11.0)
    }

    /// Values written at the marks.
    pub fn value(&self) -> f64 {
        self.size(10.5)
    }

    /// Titles: `size` points high, standing on the baseline.
    pub fn strong(&self, size: f64, anchor: HPos) -> TextStyle<'static> {
        text(size, FontStyle::Bold, self.colors.strong, anchor)
    }

    /// All other texts, standing on the baseline.
    pub fn plain(&self, size: f64, anchor: HPos) -> TextStyle<'static> {
        text(size, FontStyle::Normal, self.colors.text, anchor)
    }

    /// A line, `width` points wide at full scale.
    pub fn line(&self, color: RGBColor, width: f64) -> ShapeStyle {
        color.stroke_width(self.pen(width, "").width)
    }

    pub fn pen(&self, width: f64, dash: &'static str) -> Pen {
        Pen { width: self.units(width).unsigned_abs(), dash }
    }

    /// The pen of a fitted line.
    pub fn fit_pen(&self, dashed: bool) -> Pen {
        self.pen(2.2, if dashed { "7 4" } else { "" })
    }

    /// The colour of a run: grey for those that have none of their own.
    pub fn run(&self, color: Option<usize>) -> RGBColor {
        color.map_or(self.colors.muted, |place| self.colors.series(place))
    }

    /// The dashes of a run's line.
    pub fn dash(&self, color: Option<usize>) -> &'static str {
        color.map_or("", |place| self.colors.dash(place))
    }
}

fn text(size: f64, style: FontStyle, color: RGBColor, anchor: HPos) -> TextStyle<'static> {
    let font = FontDesc::new(FontFamily::Name(font::FAMILY), size * f64::from(units(1.0)), style);
    TextStyle { font, color: color.to_backend_color(), pos: Pos::new(anchor, VPos::Bottom) }
}
