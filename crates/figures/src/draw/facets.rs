//! Small multiples: a chart for each text of a column, all with the same axes.

use super::area::Area;
use super::look::Look;
use super::plane::{Drawn, Sheet};
use super::{axes, charts, head};
use crate::plot::Plot;

/// Draws the facets of a chart, of which `whole` has title and legend.
pub(super) fn draw(sheet: &Sheet, whole: &Plot, look: &Look, area: Area) -> Drawn {
    let look = look.with_palette(&whole.chart.palette, whole.colored());
    let facets = whole.chart.facets();
    if whole.is_empty() || facets.is_empty() {
        let below = head::draw_title(sheet, whole, &look, area)?;
        return super::no_data(sheet, &look, Area { top: below, ..area });
    }
    head::draw(sheet, whole, &look, area, area)?;
    let below = Area { top: area.top + head::height(whole, &look, area, area), ..area };
    let inner = axes::shared_names(sheet, whole, &look, below)?;

    let gap = look.size(14.0);
    let columns = columns(facets.len(), inner);
    let rows = facets.len().div_ceil(columns);
    let cells: Vec<Area> = inner.rows(rows, gap).flat_map(|row| row.columns(columns, gap)).collect();
    let mut plots: Vec<Plot> = facets.iter().map(|facet| Plot::facet(facet, whole)).collect();
    share_axes(&mut plots);
    let small = look.of_part(cells[0].width(), cells[0].height());
    charts(sheet, &plots.into_iter().zip(cells).collect::<Vec<_>>(), &small)
}

/// How many charts stand beside each other, so that each is a little wider than high.
fn columns(count: usize, area: Area) -> usize {
    let shape = |columns: usize| {
        let rows = count.div_ceil(columns);
        let aspect = (area.width() / columns as f64) / (area.height() / rows as f64);
        (aspect / 1.4).ln().abs() + (rows * columns - count) as f64 * 0.2
    };
    (1..=count).min_by(|a, b| shape(*a).total_cmp(&shape(*b))).unwrap_or(1)
}

/// Gives all plots the axes that hold the data of each.
fn share_axes(plots: &mut [Plot]) {
    let wider = |a: (f64, f64), b: (f64, f64)| (a.0.min(b.0), a.1.max(b.1));
    let drawn = || plots.iter().filter(|plot| !plot.is_empty());
    let all = |of: fn(&Plot) -> (f64, f64)| drawn().map(of).reduce(wider);
    let (keys, filled, left) = (all(|plot| plot.keys), all(|plot| plot.filled), all(|plot| plot.left));
    let right = drawn().filter_map(|plot| plot.right).reduce(wider);
    for plot in plots {
        plot.keys = keys.unwrap_or(plot.keys);
        plot.filled = filled.unwrap_or(plot.filled);
        plot.left = left.unwrap_or(plot.left);
        plot.right = plot.right.and(right);
    }
}
