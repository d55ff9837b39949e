//! Sizes and colours that follow from a figure's size and theme.

use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBAColor, RGBColor, ShapeStyle, TextStyle};

use crate::canvas::{Dash, Pen, units};
use crate::theme::Colors;
use crate::{Palette, Theme, font};

/// Between an axis and its labels, in points at full scale.
pub(crate) const TICK_GAP: f64 = 8.0;

/// A grey as light as a dashed line may be on white paper.
const FAINTEST: RGBColor = RGBColor(0x80, 0x80, 0x80);

/// At 14 by 6 inches a title has 16 points; smaller pictures have smaller type, but never unreadably small.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    pub colors: &'static Colors,
    /// One a series; never empty.
    palette: Vec<RGBColor>,
    scale: f64,
    panels: usize,
    /// Whether marks are to tell their values when they are pointed at.
    pub is_pointed_at: bool,
}

impl Look {
    /// The look of a drawing of so many points and panels.
    pub fn new(theme: Theme, panels: usize, width: f64, height: f64) -> Self {
        let panels = panels.max(1);
        let smallest = (width / 580.0).min(height / panels as f64 / 230.0);
        let largest = (width / 1008.0).min(height / 432.0).max(1.0);
        let colors = theme.colors();
        Look {
            colors,
            palette: colors.palette.to_vec(),
            scale: smallest.clamp(0.35, 1.0) * largest,
            panels,
            is_pointed_at: false,
        }
    }

    /// The look of a part of the drawing, whose type is no larger than that of the whole.
    pub fn of_part(&self, width: f64, height: f64) -> Look {
        let smallest = (width / 580.0).min(height / 230.0).clamp(0.35, 1.0);
        // One of many charts is looked at from nearer.
        Look { scale: self.scale.min((smallest * 2.0).clamp(0.55, 0.85)), panels: self.panels + 1, ..self.clone() }
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
        color.stroke_width(self.pen(width, &[]).width)
    }

    pub fn pen(&self, width: f64, dash: Dash) -> Pen {
        Pen { width: self.units(width).unsigned_abs(), dash, scale: self.scale }
    }

    /// The pen of a fitted line.
    pub fn fit_pen(&self, dashed: bool) -> Pen {
        self.pen(2.2, if dashed { &[7.0, 4.0] } else { &[] })
    }

    /// The pen of a line to compare with, one of several.
    pub fn reference_pen(&self, place: usize) -> Pen {
        self.pen(1.5, [&[5.0, 3.0][..], &[1.5, 2.5], &[9.0, 3.0, 2.0, 3.0]][place % 3])
    }

    /// The colour of a band to compare with.
    pub fn band(&self) -> RGBAColor {
        self.colors.text.mix(0.12)
    }

    /// The look of a chart with colours of its own, for runs of these colours and names.
    pub fn with_palette<'a>(&self, own: &Palette, names: impl Iterator<Item = (Option<usize>, &'a str)>) -> Look {
        let mut palette = self.palette.clone();
        if !own.colors.is_empty() {
            palette = own.colors.iter().map(|(red, green, blue)| RGBColor(*red, *green, *blue)).collect();
        }
        let mut look = Look { palette, ..self.clone() };
        for (place, name) in names {
            let (Some(place), Some((_, (red, green, blue)))) = (place, own.named.iter().find(|(of, _)| of == name))
            else {
                continue;
            };
            let count = look.palette.len();
            (count..=place).for_each(|next| look.palette.push(look.palette[next % count]));
            look.palette[place] = RGBColor(*red, *green, *blue);
        }
        look
    }

    /// The colour of a value at a share of the way from the least to the largest.
    pub fn ramp(&self, diverging: bool, share: f64) -> RGBColor {
        let stops = if diverging { self.colors.diverging } else { self.colors.ramp };
        let place = share.clamp(0.0, 1.0) * (stops.len() - 1) as f64;
        let (from, to) = (stops[place.floor() as usize], stops[place.ceil() as usize]);
        let mix =
            |from: u8, to: u8| (f64::from(from) + (f64::from(to) - f64::from(from)) * place.fract()).round() as u8;
        RGBColor(mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
    }

    /// The colour of what is written on a colour.
    pub fn on(&self, color: RGBColor) -> RGBColor {
        let RGBColor(red, green, blue) = color;
        let light = 0.299 * f64::from(red) + 0.587 * f64::from(green) + 0.114 * f64::from(blue);
        if light > 140.0 { RGBColor(0x1c, 0x24, 0x30) } else { RGBColor(0xff, 0xff, 0xff) }
    }

    /// The colour of a run: grey for those that have none of their own.
    pub fn run(&self, color: Option<usize>) -> RGBColor {
        color.map_or(self.colors.muted, |place| self.palette[place % self.palette.len()])
    }

    /// The colour of a run's line: where dashes tell lines apart, none is too light for a thin stroke.
    pub fn stroke(&self, color: Option<usize>) -> RGBColor {
        let own = self.run(color);
        let is_light = self.colors.dashes.len() > 1 && self.colors.palette.contains(&own) && own.0 > FAINTEST.0;
        if is_light { FAINTEST } else { own }
    }

    /// The dashes of a run's line.
    pub fn dash(&self, color: Option<usize>) -> Dash {
        color.map_or(&[], |place| self.colors.dash(place))
    }
}

fn text(size: f64, style: FontStyle, color: RGBColor, anchor: HPos) -> TextStyle<'static> {
    let font = FontDesc::new(FontFamily::Name(font::FAMILY), size * f64::from(units(1.0)), style);
    TextStyle { font, color: color.to_backend_color(), pos: Pos::new(anchor, VPos::Bottom) }
}
