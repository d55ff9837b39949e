//! Title and legend, above the frame and never on the data.

use plotters::prelude::{Circle, PathElement, Rectangle};
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, RGBColor};

use super::area::Area;
use super::elements::Dashed;
use super::look::Look;
use super::plane::{Drawn, Sheet, place};
use crate::canvas::{Pen, Place};
use crate::font;
use crate::marks::Symbol;
use crate::plot::{Entry, Plot};

/// Between baselines, in font sizes.
const LINE: f64 = 1.25;
const LEGEND_LINE: f64 = 1.55;

/// In points at full scale: a legend's symbol, the gap after it, the gap between entries.
const SYMBOL: f64 = 20.0;
const RAMP: f64 = 90.0;
const SYMBOL_GAP: f64 = 6.0;
const ENTRY_GAP: f64 = 18.0;

/// What stands above the frame.
struct Head {
    title: Vec<String>,
    rows: Vec<Vec<(Entry, f64)>>,
    /// Whether the legend stands beside the title rather than below it.
    beside: bool,
}

impl Head {
    fn new(plot: &Plot, look: &Look, area: Area, frame: Area) -> Head {
        let title = title_lines(plot, look, area);
        let rows = rows(plot, look, area, frame.right - area.left);
        let title_width = title.first().map_or(0.0, |line| font::width(line, look.title(), true));
        let legend_width = rows.first().map_or(0.0, |row| row_width(row, look));
        let fits = title_width + legend_width + look.size(2.0 * ENTRY_GAP) <= frame.right - area.left;
        Head { beside: fits && title.len() == 1 && rows.len() == 1, title, rows }
    }

    fn height(&self, look: &Look) -> f64 {
        let rows = if self.beside { 0 } else { self.rows.len() };
        let lines = self.title.len() as f64 * look.title() * LINE + rows as f64 * look.tick() * LEGEND_LINE;
        // Without any, half a label's height still lies above the topmost tick.
        if lines > 0.0 { lines + look.size(12.0) } else { look.tick() * 0.6 }
    }
}

/// The height of title and legend with the gap below them.
pub(super) fn height(plot: &Plot, look: &Look, area: Area, frame: Area) -> f64 {
    Head::new(plot, look, area, frame).height(look)
}

/// Draws both.
pub(super) fn draw(sheet: &Sheet, plot: &Plot, look: &Look, area: Area, frame: Area) -> Drawn {
    let head = Head::new(plot, look, area, frame);
    let below = draw_title(sheet, plot, look, area)?;
    let mut baseline = if head.beside { area.top + look.title() * font::CAP_HEIGHT } else { below + look.tick() };
    let style = look.plain(look.tick(), HPos::Left);
    for row in &head.rows {
        let mut x = frame.right - row_width(row, look);
        for (entry, width) in row {
            draw_symbol(sheet, look, entry.symbol, place(x, baseline - look.tick() * font::CAP_HEIGHT / 2.0))?;
            let text_x = x + look.size(width_of(entry.symbol) + SYMBOL_GAP);
            sheet.draw_text(&entry.name, &style, place(text_x, baseline))?;
            x += width + look.size(ENTRY_GAP);
        }
        baseline += look.tick() * LEGEND_LINE;
    }
    Ok(())
}

/// Draws the title and returns where it ends.
pub(super) fn draw_title(sheet: &Sheet, plot: &Plot, look: &Look, area: Area) -> Drawn<f64> {
    let size = look.title();
    let mut top = area.top;
    for line in title_lines(plot, look, area) {
        sheet.draw_text(&line, &look.strong(size, HPos::Left), place(area.left, top + size * font::CAP_HEIGHT))?;
        top += size * LINE;
    }
    Ok(top)
}

/// The title takes at most three lines, and the legend as many rows, as leave most of a low chart to its data.
const MOST_HEAD: f64 = 0.2;

fn title_lines(plot: &Plot, look: &Look, area: Area) -> Vec<String> {
    let most = (area.height() * MOST_HEAD / (look.title() * LINE)) as usize;
    font::wrap(&plot.title, look.title(), true, area.width(), most.clamp(1, 3))
}

/// The entries with their widths, shortened and broken into rows of at most `room` points; what is too much is only counted.
fn rows(plot: &Plot, look: &Look, area: Area, room: f64) -> Vec<Vec<(Entry, f64)>> {
    let most = ((area.height() * MOST_HEAD / (look.tick() * LEGEND_LINE)) as usize).max(1);
    let rows = broken(&plot.legend, look, room);
    if rows.len() <= most {
        return rows;
    }
    let shown: usize = rows.iter().take(most).map(Vec::len).sum();
    // One by one, because the count itself needs room.
    for shown in (0..shown).rev() {
        let rest = Entry { name: format!("{} more", plot.legend.len() - shown), symbol: Symbol::Patch(None) };
        let entries: Vec<Entry> = plot.legend[..shown].iter().cloned().chain([rest]).collect();
        let rows = broken(&entries, look, room);
        if rows.len() <= most {
            return rows;
        }
    }
    Vec::new()
}

fn broken(entries: &[Entry], look: &Look, room: f64) -> Vec<Vec<(Entry, f64)>> {
    let mut rows: Vec<Vec<(Entry, f64)>> = Vec::new();
    let mut used = f64::INFINITY;
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let names = font::shorten_all(&names, look.tick(), false, room * 0.4);
    for (Entry { symbol, .. }, name) in entries.iter().zip(names) {
        let text = font::width(&name, look.tick(), false);
        let entry = Entry { name, symbol: *symbol };
        let width = look.size(width_of(entry.symbol) + SYMBOL_GAP) + text;
        let gap = look.size(ENTRY_GAP);
        match rows.last_mut() {
            Some(row) if used + gap + width <= room => {
                row.push((entry, width));
                used += gap + width;
            }
            _ => {
                rows.push(vec![(entry, width)]);
                used = width;
            }
        }
    }
    rows
}

fn row_width(row: &[(Entry, f64)], look: &Look) -> f64 {
    row.iter().map(|(_, width)| width).sum::<f64>() + look.size(ENTRY_GAP) * row.len().saturating_sub(1) as f64
}

/// How wide a symbol is, in points at full scale.
fn width_of(symbol: Symbol) -> f64 {
    if matches!(symbol, Symbol::Ramp { .. }) { RAMP } else { SYMBOL }
}

/// Draws a symbol that begins at `start`.
fn draw_symbol(sheet: &Sheet, look: &Look, symbol: Symbol, start: Place) -> Drawn {
    let end = (start.0 + look.units(SYMBOL), start.1);
    match symbol {
        Symbol::Line(color) => draw_line(sheet, [start, end], look.stroke(color), look.pen(2.4, look.dash(color))),
        Symbol::Dot(color) => {
            let center = ((start.0 + end.0) / 2, start.1);
            sheet.draw(&Circle::new(center, look.units(3.8), look.run(color).filled()))
        }
        Symbol::Patch(color) => {
            let side = look.units(10.0);
            let corners = [(end.0 - side, end.1 - side / 2), (end.0, end.1 + side / 2)];
            sheet.draw(&Rectangle::new(corners, look.run(color).filled()))
        }
        Symbol::Ramp { diverging } => {
            let (half, steps) = (look.units(5.0), 45);
            let across = |step: i32| start.0 + look.units(RAMP) * step / steps;
            (0..steps).try_for_each(|step| {
                let color = look.ramp(diverging, f64::from(step) / f64::from(steps - 1));
                // To the end, for between two that only touch the page would shine through.
                let corners = [(across(step), start.1 - half), (across(steps), start.1 + half)];
                sheet.draw(&Rectangle::new(corners, color.filled()))
            })
        }
        Symbol::Reference(place) => draw_line(sheet, [start, end], look.colors.text, look.reference_pen(place)),
        Symbol::Band => {
            let half = look.units(5.0);
            let corners = [(start.0, start.1 - half), (end.0, end.1 + half)];
            sheet.draw(&Rectangle::new(corners, look.band().filled()))
        }
        Symbol::Fit { dashed, single } => {
            let color = if single { look.colors.trend } else { look.colors.text };
            draw_line(sheet, [start, end], color, look.fit_pen(dashed))
        }
    }
}

fn draw_line(sheet: &Sheet, ends: [Place; 2], color: RGBColor, pen: Pen) -> Drawn {
    if pen.dash.is_empty() {
        sheet.draw(&PathElement::new(ends, color.stroke_width(pen.width)))
    } else {
        sheet.draw(&Dashed { points: ends.to_vec(), color: color.to_rgba(), pen })
    }
}
