//! A rectangle of the drawing.

/// A rectangle of the drawing, in points from its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Area {
    pub fn width(&self) -> f64 {
        (self.right - self.left).max(1.0)
    }

    /// The same, one above the other, with gaps between them.
    pub fn rows(self, count: usize, gap: f64) -> impl Iterator<Item = Area> {
        let height = ((self.bottom - self.top) - gap * (count.max(1) as f64 - 1.0)) / count.max(1) as f64;
        (0..count).map(move |place| {
            let top = self.top + (height + gap) * place as f64;
            Area { top, bottom: top + height, ..self }
        })
    }

    /// The same, one beside the other, with gaps between them.
    pub fn columns(self, count: usize, gap: f64) -> impl Iterator<Item = Area> {
        let width = ((self.right - self.left) - gap * (count.max(1) as f64 - 1.0)) / count.max(1) as f64;
        (0..count).map(move |place| {
            let left = self.left + (width + gap) * place as f64;
            Area { left, right: left + width, ..self }
        })
    }

    pub fn height(&self) -> f64 {
        (self.bottom - self.top).max(1.0)
    }
}
