//! The canvas as a backend of plotters: what its elements and series draw arrives here.
//!
//! Plotters' own SVG backend would do, but for four things that a printed page shows: it rounds to whole pixels (here
//! a unit is a hundredth of a point), joins lines with mitres that stand out above a steep peak, knows no dashes, and
//! lets the viewer's fonts decide how wide a text is.

use std::convert::Infallible;

use plotters::prelude::DrawingBackend;
use plotters::style::{FontStyle, FontTransform, RGBAColor};
use plotters_backend::text_anchor::VPos;
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind};

use crate::canvas::{Canvas, Ink, Letters, Pen, points, units};
use crate::font;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for Canvas {
    /// Text grows in memory: nothing can fail.
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    /// Ends a layer: shapes drawn later lie over those before, even in the same colour.
    fn present(&mut self) -> Drawn {
        self.end_shapes();
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        self.rect((x, y), (x + 1, y + 1), Ink { color: rgba(color), pen: None });
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.path(&[from, to], false, ink(style, false));
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        self.rect(upper_left, bottom_right, ink(style, fill));
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let places: Vec<BackendCoord> = path.into_iter().collect();
        self.path(&places, false, ink(style, false));
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, center: BackendCoord, radius: u32, style: &S, fill: bool) -> Drawn {
        self.circle(center, radius as i32, ink(style, fill));
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, vert: I, style: &S) -> Drawn {
        let places: Vec<BackendCoord> = vert.into_iter().collect();
        self.path(&places, true, ink(style, true));
        Ok(())
    }

    /// The text in the embedded font, whichever family the style asks for. Its box reaches from the top of a capital
    /// letter down to the baseline: what hangs below it moves no label out of line with the next.
    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, pos: BackendCoord) -> Drawn {
        let height = units(points_of(style) * font::CAP_HEIGHT);
        let anchor = style.anchor();
        let letters = Letters {
            size: points_of(style),
            bold: is_bold(style),
            color: rgba(style.color()),
            anchor: anchor.h_pos,
            down: match anchor.v_pos {
                VPos::Top => height,
                VPos::Center => height / 2,
                VPos::Bottom => 0,
            },
            turn: match style.transform() {
                FontTransform::None => 0,
                FontTransform::Rotate90 => 90,
                FontTransform::Rotate180 => 180,
                FontTransform::Rotate270 => -90,
            },
        };
        self.text(pos, text, letters);
        Ok(())
    }

    fn estimate_text_size<T: BackendTextStyle>(
        &self,
        text: &str,
        style: &T,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let size = points_of(style);
        let whole = |points: f64| units(points).unsigned_abs();
        Ok((whole(font::width(text, size, is_bold(style))), whole(size * font::CAP_HEIGHT)))
    }
}

fn points_of<T: BackendTextStyle>(style: &T) -> f64 {
    style.size() * points(1)
}

fn is_bold<T: BackendTextStyle>(style: &T) -> bool {
    matches!(style.style(), FontStyle::Bold)
}

fn rgba(color: BackendColor) -> RGBAColor {
    let (red, green, blue) = color.rgb;
    RGBAColor(red, green, blue, color.alpha)
}

fn ink<S: BackendStyle>(style: &S, fill: bool) -> Ink {
    let pen = Pen { width: style.stroke_width(), dash: &[], scale: 1.0 };
    Ink { color: rgba(style.color()), pen: (!fill).then_some(pen) }
}
