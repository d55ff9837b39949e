//! From a figure to a drawing.

mod axes;
mod axis;
mod elements;
mod head;
mod layout;
mod look;
mod marks;
mod plane;
#[cfg(test)]
mod tests;
mod values;

use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

use plotters::coord::Shift;
use plotters::prelude::{Cartesian2d, DrawingArea, DrawingAreaErrorKind};
use plotters::style::text_anchor::HPos;

use crate::canvas::{Canvas, Place, units};
use crate::plot::Plot;
use crate::{Figure, font};
use axis::Axis;
use layout::{Area, Layout};
use look::Look;

/// Points in an inch.
pub(crate) const POINTS: f64 = 72.0;

/// The page, which is drawn on in units from its upper left corner.
type Sheet = DrawingArea<Canvas, Shift>;

/// The rectangle between two axes, which is drawn on in the units of the data.
type Plane<'a> = DrawingArea<Canvas, Cartesian2d<&'a Axis, &'a Axis>>;

/// What drawing through plotters comes to: the canvas itself never fails.
pub(crate) type Drawn<T = ()> = Result<T, DrawingAreaErrorKind<Infallible>>;

/// The figure as SVG whose texts are letters of the embedded font; lengths are points.
pub(crate) fn svg(figure: &Figure) -> Drawn<String> {
    let (width, height) = figure.size.in_inches(figure.dpi);
    let (width, height) = (width * POINTS, height * POINTS);
    let canvas = Rc::new(RefCell::new(Canvas::new(width, height)));
    draw(&Sheet::from(&canvas), figure, width, height)?;
    Ok(canvas.take().into_svg(width, height))
}

fn draw(sheet: &Sheet, figure: &Figure, width: f64, height: f64) -> Drawn {
    let look = Look::new(figure, width, height);
    sheet.fill(&look.colors.background)?;

    let pad = look.pad();
    let mut top = pad;
    if let Some(title) = &figure.title {
        let size = look.headline();
        for line in font::wrap(title, size, true, width - 2.0 * pad, 2) {
            let style = look.strong(size, HPos::Left);
            sheet.draw_text(&line, &style, place(pad, top + size * font::CAP_HEIGHT))?;
            top += size * 1.25;
        }
        top += size * 0.4;
    }

    let count = figure.panels.len().max(1) as f64;
    let gap = look.tick() * 1.6;
    let panel_height = ((height - pad - top) - gap * (count - 1.0)) / count;
    let panels: Vec<(Plot, Area)> = figure
        .panels
        .iter()
        .enumerate()
        .map(|(place, chart)| {
            let top = top + (panel_height + gap) * place as f64;
            (Plot::new(chart), Area { left: pad, top, right: width - pad, bottom: top + panel_height })
        })
        .collect();
    if panels.is_empty() {
        no_data(sheet, &look, Area { left: pad, top, right: width - pad, bottom: height - pad })?;
    }

    let sides = layout::common_sides(&panels, &look);
    for (plot, area) in &panels {
        if plot.is_empty() {
            let below = head::draw_title(sheet, plot, &look, *area)?;
            no_data(sheet, &look, Area { top: below, ..*area })?;
            continue;
        }
        let layout = Layout::new(plot, &look, *area, sides);
        head::draw(sheet, plot, &look, &layout)?;
        axes::draw(sheet, plot, &look, &layout)?;
        marks::draw(sheet, plot, &look, &layout)?;
        values::draw(sheet, plot, &look, &layout)?;
    }
    Ok(())
}

fn no_data(sheet: &Sheet, look: &Look, area: Area) -> Drawn {
    let middle = place((area.left + area.right) / 2.0, (area.top + area.bottom) / 2.0);
    sheet.draw_text("No data", &look.plain(look.label(), HPos::Center), middle)
}

/// Points as a place on the sheet.
fn place(x: f64, y: f64) -> Place {
    (units(x), units(y))
}
