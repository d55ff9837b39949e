//! From a figure to a drawing.

mod area;
mod axes;
mod axis;
mod data;
pub(crate) mod elements;
mod facets;
mod head;
mod layout;
mod legible;
pub(crate) mod look;
mod notes;
pub(crate) mod plane;
mod scale;
mod spots;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::rc::Rc;

use plotters::style::text_anchor::HPos;

use crate::canvas::{Canvas, Spot};
use crate::plot::Plot;
use crate::{Figure, font};
use area::Area;
use layout::Layout;
use look::Look;
use plane::{Drawn, Sheet, place};

/// Points in an inch.
pub(crate) const POINTS: f64 = 72.0;

/// The figure as SVG whose texts are letters; lengths are points. And what its marks tell, if they are to be pointed at.
pub(crate) fn svg(figure: &Figure, is_pointed_at: bool) -> Drawn<(String, Vec<Spot>)> {
    let (width, height) = figure.size.in_inches(figure.dpi);
    let (width, height) = (width * POINTS, height * POINTS);
    let canvas = Rc::new(RefCell::new(Canvas::new(width, height)));
    let mut look = Look::new(figure.theme.unwrap_or_default(), figure.panels.len(), width, height);
    look.is_pointed_at = is_pointed_at;
    draw(&Sheet::from(&canvas), figure, &look, width, height)?;
    let mut canvas = canvas.take();
    let spots = std::mem::take(&mut canvas.spots);
    Ok((canvas.into_svg(width, height), spots))
}

fn draw(sheet: &Sheet, figure: &Figure, look: &Look, width: f64, height: f64) -> Drawn {
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

    let page = Area { left: pad, top, right: width - pad, bottom: height - pad };
    if figure.panels.is_empty() {
        no_data(sheet, look, page)?;
    }
    let areas = page.rows(figure.panels.len(), look.tick() * 1.6);
    let panels: Vec<(Plot, Area)> = figure.panels.iter().map(Plot::new).zip(areas).collect();
    let (whole, faceted): (Vec<_>, Vec<_>) = panels.into_iter().partition(|(plot, _)| plot.chart.facet.is_none());
    charts(sheet, &whole, look)?;
    faceted.iter().try_for_each(|(plot, area)| facets::draw(sheet, plot, look, *area))
}

/// Draws charts whose frames share both edges.
fn charts(sheet: &Sheet, panels: &[(Plot, Area)], look: &Look) -> Drawn {
    let sides = layout::common_sides(panels, look);
    for (plot, area) in panels {
        if plot.is_empty() {
            let below = head::draw_title(sheet, plot, look, *area)?;
            no_data(sheet, look, Area { top: below, ..*area })?;
            continue;
        }
        let look = look.with_palette(&plot.chart.palette, plot.colored());
        let layout = Layout::new(plot, &look, *area, sides).legible(plot, &look);
        head::draw(sheet, plot, &look, layout.area, layout.frame)?;
        axes::draw(sheet, plot, &look, &layout)?;
        data::draw(sheet, plot, &look, &layout)?;
    }
    Ok(())
}

fn no_data(sheet: &Sheet, look: &Look, area: Area) -> Drawn {
    let middle = place((area.left + area.right) / 2.0, (area.top + area.bottom) / 2.0);
    sheet.draw_text("No data", &look.plain(look.label(), HPos::Center), middle)
}
