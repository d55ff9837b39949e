//! Elements that plotters has not: dashed lines, and texts on a slope.

use std::convert::Infallible;

use plotters::element::{Drawable, PointCollection};
use plotters::style::{FontStyle, RGBAColor, TextStyle};
use plotters_backend::{BackendCoord, BackendTextStyle, DrawingErrorKind};

use crate::canvas::{Canvas, Ink, Letters, Pen, points};

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// A line with dashes of several lengths, which SVG knows and plotters' one length and one gap do not give.
pub(crate) struct Dashed<Coord> {
    pub points: Vec<Coord>,
    pub color: RGBAColor,
    pub pen: Pen,
}

impl<'a, Coord> PointCollection<'a, Coord> for &'a Dashed<Coord> {
    type Point = &'a Coord;
    type IntoIter = &'a [Coord];

    fn point_iter(self) -> &'a [Coord] {
        &self.points
    }
}

impl<Coord> Drawable<Canvas> for Dashed<Coord> {
    fn draw<I: Iterator<Item = BackendCoord>>(&self, places: I, canvas: &mut Canvas, _: (u32, u32)) -> Drawn {
        let places: Vec<BackendCoord> = places.collect();
        canvas.path(&places, false, Ink { color: self.color, pen: Some(self.pen) });
        Ok(())
    }
}

/// From where on only what lies in a frame is seen; without a frame, all is again.
pub(super) struct Clip(pub Option<[BackendCoord; 2]>);

impl<'a> PointCollection<'a, BackendCoord> for &'a Clip {
    type Point = BackendCoord;
    type IntoIter = std::iter::Flatten<std::option::IntoIter<[BackendCoord; 2]>>;

    fn point_iter(self) -> Self::IntoIter {
        self.0.into_iter().flatten()
    }
}

impl Drawable<Canvas> for Clip {
    fn draw<I: Iterator<Item = BackendCoord>>(&self, mut corners: I, canvas: &mut Canvas, _: (u32, u32)) -> Drawn {
        match (corners.next(), corners.next()) {
            (Some(one), Some(other)) => canvas.clip(one, other),
            _ => canvas.end_clip(),
        }
        Ok(())
    }
}

/// A text that rises by 45 degrees towards its end, where it is anchored; plotters turns by right angles only.
pub(super) struct Slanted<'a> {
    pub end: BackendCoord,
    pub text: &'a str,
    pub style: TextStyle<'a>,
}

impl<'a> PointCollection<'a, BackendCoord> for &'a Slanted<'_> {
    type Point = BackendCoord;
    type IntoIter = std::iter::Once<BackendCoord>;

    fn point_iter(self) -> Self::IntoIter {
        std::iter::once(self.end)
    }
}

impl Drawable<Canvas> for Slanted<'_> {
    fn draw<I: Iterator<Item = BackendCoord>>(&self, ends: I, canvas: &mut Canvas, _: (u32, u32)) -> Drawn {
        let (red, green, blue) = self.style.color.rgb;
        let letters = Letters {
            size: self.style.size() * points(1),
            bold: matches!(self.style.style(), FontStyle::Bold),
            color: RGBAColor(red, green, blue, self.style.color.alpha),
            anchor: self.style.pos.h_pos,
            down: 0,
            turn: -45,
        };
        ends.for_each(|end| canvas.text(end, self.text, letters));
        Ok(())
    }
}
