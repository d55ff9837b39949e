//! From a figure to a drawing.

mod area;
mod axes;
mod axis;
pub(crate) mod elements;
mod head;
mod layout;
pub(crate) mod look;
pub(crate) mod plane;
mod scale;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::rc::Rc;

use plotters::style::Color;
use plotters::style::text_anchor::HPos;

use crate::canvas::Canvas;
use crate::marks::lines::trace;
use crate::plot::Plot;
use crate::{Figure, font};
use area::Area;
use layout::Layout;
use look::Look;
use plane::{Drawn, Sheet, place};

/// Points in an inch.
pub(crate) const POINTS: f64 = 72.0;

/// The figure as SVG whose texts are letters of the embedded font; lengths are points.
pub(crate) fn svg(figure: &Figure) -> Drawn<String> {
    let (width, height) = figure.size.in_inches(figure.dpi);
    let (width, height) = (width * POINTS, height * POINTS);
    let canvas = Rc::new(RefCell::new(Canvas::new(width, height)));
    draw(&Sheet::from(&canvas), figure, width, height)?;
    Ok(canvas.take().into_svg(width, height))
}

fn draw(sheet: &Sheet, figure: &Figure, width: f64, height: f64) -> Drawn {
    let look = Look::new(figure.theme, figure.panels.len(), width, height);
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
        head::draw(sheet, plot, &look, layout.area, layout.frame)?;
        axes::draw(sheet, plot, &look, &layout)?;
        draw_data(sheet, plot, &look, &layout)?;
    }
    Ok(())
}

/// Draws the data: the right axis over the left one, fitted lines over both, then the values.
fn draw_data(sheet: &Sheet, plot: &Plot, look: &Look, layout: &Layout) -> Drawn {
    let left = layout.left_plane(sheet, plot);
    plot.left_marks.draw(&plot.data.left, &left, look)?;
    if let Some(right) = layout.right_plane(sheet) {
        plot.right_marks.draw(&plot.data.right, &right, look)?;
    }
    for fit in &plot.fits {
        let color = fit.color.map_or(look.colors.trend, |place| look.colors.series(place));
        trace(&left, vec![fit.from, fit.to], color.to_rgba(), look.fit_pen(!plot.chart.kind.0.is_cloud()))?;
    }
    if plot.chart.values {
        plot.left_marks.write(&plot.data.left, sheet, &left, look, &plot.value_format())?;
    }
    Ok(())
}

fn no_data(sheet: &Sheet, look: &Look, area: Area) -> Drawn {
    let middle = place((area.left + area.right) / 2.0, (area.top + area.bottom) / 2.0);
    sheet.draw_text("No data", &look.plain(look.label(), HPos::Center), middle)
}
