//! Texts at points: near them, and where neither another text nor many of the data are.

use std::convert::Infallible;

use plotters::element::{Drawable, PointCollection};
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, RGBAColor};
use plotters_backend::{BackendCoord, DrawingErrorKind};

use super::data::ends;
use super::look::Look;
use super::plane::{Drawn, Plane, Sheet};
use crate::canvas::{Canvas, Ink, Letters, Place, units};
use crate::font::{self, CAP_HEIGHT};
use crate::plot::Plot;

/// A note takes at most this share of the width, in at most so many lines.
const MOST_WIDTH: f64 = 0.4;
const MOST_LINES: usize = 3;
/// Between baselines, in font sizes.
const LINE: f64 = 1.25;
/// How far from its point a note may stand, in points at full scale: the nearest free place is taken.
const DISTANCES: [f64; 7] = [7.0, 16.0, 28.0, 44.0, 64.0, 90.0, 124.0];
/// In which directions, the best first.
const DIRECTIONS: [(f64, f64); 8] =
    [(0.7, -0.7), (-0.7, -0.7), (0.7, 0.7), (-0.7, 0.7), (0.0, -1.0), (1.0, 0.0), (-1.0, 0.0), (0.0, 1.0)];

/// Lines are looked at in steps of so many units.
const STEP: i32 = 400;

/// Draws the notes of a chart over all that its plane has.
pub(super) fn draw(sheet: &Sheet, plot: &Plot, look: &Look, plane: &Plane) -> Drawn {
    let (across, down) = (plane.get_x_axis_pixel_range(), plane.get_y_axis_pixel_range());
    let frame = [(across.start, down.start.min(down.end)), (across.end, down.start.max(down.end))];
    let point =
        |key: f64, value: f64| plane.map_coordinate(&if plot.is_horizontal() { (value, key) } else { (key, value) });
    let mut data = Vec::new();
    for run in &plot.data.left {
        let places: Vec<Place> = run.points.iter().filter(|(_, y)| y.is_finite()).map(|(x, y)| point(*x, *y)).collect();
        if plot.left_marks.are_joined() {
            places.windows(2).for_each(|pair| data.extend(between(pair[0], pair[1])));
        }
        data.extend(places);
    }
    for line in plot.references.lines.iter().filter(|line| line.to.is_none()) {
        let [from, to] = ends(line, plane).map(|end| plane.map_coordinate(&end));
        data.extend(between(from, to));
    }
    for note in &plot.references.notes {
        let at = point(note.key, note.value);
        // An end of an axis that is given may leave it out.
        if contains(frame, at) {
            sheet.draw(&Note { at, text: &note.text, frame, data: &data, look })?;
        }
    }
    Ok(())
}

/// A note on its way to the canvas, where it sees the texts that are there.
struct Note<'a> {
    at: Place,
    text: &'a str,
    frame: [Place; 2],
    data: &'a [Place],
    look: &'a Look,
}

impl<'a> PointCollection<'a, BackendCoord> for &'a Note<'_> {
    type Point = BackendCoord;
    type IntoIter = std::iter::Once<BackendCoord>;

    fn point_iter(self) -> Self::IntoIter {
        std::iter::once(self.at)
    }
}

impl Drawable<Canvas> for Note<'_> {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        _: I,
        canvas: &mut Canvas,
        _: (u32, u32),
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let size = self.look.value();
        let room = f64::from(self.frame[1].0 - self.frame[0].0) / 100.0 * MOST_WIDTH;
        let lines = font::wrap(self.text, size, false, room, MOST_LINES);
        let colors = self.look.colors;
        let filled = |color: RGBAColor| Ink { color, pen: None };
        let pen = |width: f64| Some(self.look.pen(width, &[]));
        if let Some(block) = self.free_place(canvas, &lines) {
            let pad = units(size * 0.2);
            let near = (self.at.0.clamp(block[0].0, block[1].0), self.at.1.clamp(block[0].1, block[1].1));
            canvas.path(&[self.at, near], false, Ink { color: colors.text.to_rgba(), pen: pen(0.9) });
            let [(left, top), (right, bottom)] = block;
            let patch = ((left - pad, top - pad), (right + pad, bottom + pad));
            canvas.rect(patch.0, patch.1, filled(colors.background.mix(0.8)));
            canvas.end_shapes();
            for (place, line) in lines.iter().enumerate() {
                let letters = Letters {
                    size,
                    bold: false,
                    color: colors.strong.to_rgba(),
                    anchor: HPos::Left,
                    down: units(size * (CAP_HEIGHT + LINE * place as f64)),
                    turn: 0,
                };
                canvas.text((left, top), line, letters);
            }
        }
        canvas.circle(self.at, self.look.units(3.0), filled(colors.background.to_rgba()));
        canvas.circle(self.at, self.look.units(3.0), Ink { color: colors.strong.to_rgba(), pen: pen(1.4) });
        canvas.end_shapes();
        Ok(())
    }
}

impl Note<'_> {
    /// The corners of the lines where they touch no text and hide few data; none where the chart has no such place.
    fn free_place(&self, canvas: &Canvas, lines: &[String]) -> Option<[Place; 2]> {
        let size = self.look.value();
        let width = units(font::widest(lines.iter().map(String::as_str), size));
        let height = units(size * (CAP_HEIGHT + LINE * lines.len().saturating_sub(1) as f64));
        let gap = units(size * 0.45);
        let (mut best, mut fewest) = (None, usize::MAX);
        for (distance, (right, down)) in
            DISTANCES.iter().flat_map(|distance| DIRECTIONS.map(|direction| (distance, direction)))
        {
            // The side that is nearest to the point stands at the distance.
            let aside = |share: f64, length: i32| {
                let side = if share == 0.0 { 0.0 } else { share.signum() };
                self.look.units(distance * share) + ((side - 1.0) / 2.0 * f64::from(length)).round() as i32
            };
            let (left, top) = (self.at.0 + aside(right, width), self.at.1 + aside(down, height));
            let block = [(left, top), (left + width, top + height)];
            let around = [(left - gap, top - gap), (left + width + gap, top + height + gap)];
            let is_inside = around.iter().all(|corner| contains(self.frame, *corner));
            if !is_inside || canvas.texts.iter().any(|text| touch(around, *text)) {
                continue;
            }
            let hidden = self.data.iter().filter(|place| contains(around, **place)).count();
            if hidden < fewest {
                (best, fewest) = (Some(block), hidden);
            }
            if fewest == 0 {
                break;
            }
        }
        best
    }
}

/// Places along the way from one to another.
fn between(from: Place, to: Place) -> impl Iterator<Item = Place> {
    let steps = ((to.0 - from.0).abs().max((to.1 - from.1).abs()) / STEP).max(1);
    let at =
        move |from: i32, to: i32, step: i32| from + (i64::from(to - from) * i64::from(step) / i64::from(steps)) as i32;
    (0..steps).map(move |step| (at(from.0, to.0, step), at(from.1, to.1, step)))
}

fn contains([(left, top), (right, bottom)]: [Place; 2], (x, y): Place) -> bool {
    (left..=right).contains(&x) && (top..=bottom).contains(&y)
}

fn touch(one: [Place; 2], other: [Place; 2]) -> bool {
    one[0].0 < other[1].0 && other[0].0 < one[1].0 && one[0].1 < other[1].1 && other[0].1 < one[1].1
}
