//! All values of each key: boxes, violins, strips.

use plotters::prelude::{PathElement, Polygon, Rectangle};
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::dots::{disks, dots, points_of};
use super::{Marks, Symbol, Tip, rectangle, side_by_side};
use crate::NumberFormat;
use crate::agg::quantile;
use crate::canvas::units;
use crate::data::{Data, Run};
use crate::density::Density;
use crate::draw::look::Look;
use crate::draw::plane::{Drawn, Plane, Sheet};
use crate::font::{self, CAP_HEIGHT};

/// The values of each key, one list of slots a run.
#[derive(Debug)]
pub(crate) struct Observations {
    shape: Shape,
    runs: Vec<Vec<Slot>>,
}

/// How the values of a key are seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The middle half, the median, and whiskers to the farthest value within 1.5 times that half.
    Box,
    /// How densely they lie, mirrored.
    Violin,
    /// A dot each.
    Strip,
}

/// The values of one key and run, and the room for them.
#[derive(Debug)]
struct Slot {
    middle: f64,
    half: f64,
    /// From the least to the largest.
    values: Vec<f64>,
}

/// How much of the room for a key is taken.
const SHARE: f64 = 0.76;

impl Observations {
    /// The values of each name side by side.
    pub fn new(shape: Shape, data: &Data) -> Observations {
        let count = side_by_side(&data.left);
        let width = SHARE / count as f64;
        let slots = |(place, run): (usize, &Run)| {
            let slot = |same: &[(f64, f64)]| {
                let mut values: Vec<f64> = same.iter().map(|point| point.1).filter(|value| value.is_finite()).collect();
                values.sort_by(f64::total_cmp);
                let middle = same[0].0 - SHARE / 2.0 + width * ((place % count) as f64 + 0.5);
                // A lone box as wide as a bar looks like one.
                Slot { middle, half: (width * 0.42).min(0.28), values }
            };
            let slots = run.points.chunk_by(|a, b| a.0 == b.0).map(slot);
            slots.filter(|slot| !slot.values.is_empty()).collect()
        };
        Observations { shape, runs: data.left.iter().enumerate().map(slots).collect() }
    }

    fn boxes(&self, run: &Run, slots: &[Slot], plane: &Plane, look: &Look) -> Drawn {
        let (color, line) = (look.run(run.color), look.line(look.colors.strong, 1.2));
        let mut outliers = Vec::new();
        for slot in slots {
            let Summary { low, first, median, third, high } = slot.summary();
            let corners = [(slot.middle - slot.half, first), (slot.middle + slot.half, third)];
            plane.draw(&Rectangle::new(corners, color.mix(0.55).filled()))?;
            plane.present()?;
            let across =
                |at: f64, half: f64| PathElement::new([(slot.middle - half, at), (slot.middle + half, at)], line);
            for (from, to) in [(low, first), (third, high)] {
                plane.draw(&PathElement::new([(slot.middle, from), (slot.middle, to)], line))?;
            }
            for end in [low, high] {
                plane.draw(&across(end, slot.half * 0.5))?;
            }
            plane.draw(&Rectangle::new(corners, line))?;
            let thick = look.line(look.colors.strong, 2.2);
            let ends = [(slot.middle - slot.half, median), (slot.middle + slot.half, median)];
            plane.draw(&PathElement::new(ends, thick))?;
            let beyond = slot.values.iter().filter(|value| **value < low || **value > high);
            outliers.extend(beyond.map(|value| (slot.middle, *value)));
        }
        plane.present()?;
        disks(plane, outliers, look.units(1.9), color.to_rgba())
    }

    fn violins(&self, run: &Run, slots: &[Slot], plane: &Plane, look: &Look, densest: f64) -> Drawn {
        let color = look.run(run.color);
        let line = look.line(look.colors.strong, 1.2);
        let mut medians = Vec::new();
        for slot in slots {
            if let Some(density) = Density::of(&slot.values) {
                let curve = density.curve(density.range.0, density.range.1, 80);
                let wide = |height: f64| slot.half * height / densest;
                let right = curve.iter().map(|(at, height)| (slot.middle + wide(*height), *at));
                let left = curve.iter().rev().map(|(at, height)| (slot.middle - wide(*height), *at));
                let outline: Vec<(f64, f64)> = right.chain(left).collect();
                plane.draw(&Polygon::new(outline.clone(), color.mix(0.6)))?;
                let closed = outline.iter().copied().chain(outline.first().copied());
                plane.draw(&PathElement::new(
                    closed.collect::<Vec<_>>(),
                    color.stroke_width(look.pen(1.2, &[]).width),
                ))?;
            }
            let Summary { low, first, median, third, high } = slot.summary();
            plane.draw(&PathElement::new([(slot.middle, low), (slot.middle, high)], line))?;
            let thick = look.line(look.colors.strong, 5.0);
            plane.draw(&PathElement::new([(slot.middle, first), (slot.middle, third)], thick))?;
            medians.push((slot.middle, median));
        }
        plane.present()?;
        disks(plane, medians, look.units(1.8), look.colors.background.to_rgba())
    }

    fn strip(run: &Run, slots: &[Slot], plane: &Plane, look: &Look, count: usize) -> Drawn {
        let points = slots.iter().flat_map(Slot::spread).collect();
        dots(plane, look, &Run::new(String::new(), points, run.color), count)
    }

    /// The greatest density of any violin.
    fn densest(&self) -> f64 {
        let all = self.runs.iter().flatten().filter_map(|slot| Density::of(&slot.values));
        let peaks = all.flat_map(|density| density.curve(density.range.0, density.range.1, 80));
        peaks.map(|(_, height)| height).fold(f64::MIN_POSITIVE, f64::max)
    }
}

/// What a box tells.
struct Summary {
    low: f64,
    first: f64,
    median: f64,
    third: f64,
    high: f64,
}

impl Slot {
    /// Its values side by side, as dots that hide each other little.
    fn spread(&self) -> impl Iterator<Item = (f64, f64)> {
        // Steps of the golden section spread neighbours evenly, and alike each time; the first is in the middle.
        let aside = |no: usize| (no as f64 * 0.618_034 + 0.5).fract() * 2.0 - 1.0;
        let values = self.values.iter().enumerate();
        values.map(move |(no, value)| (self.middle + aside(no) * self.half * 0.8, *value))
    }

    fn tips(&self, shape: Shape, run: usize, plane: &Plane) -> Vec<Tip> {
        // The middles of slots lie around their keys.
        let key = self.middle.round();
        let tip =
            |values: Vec<(&'static str, f64)>, shape| Tip { run: Some(run), keys: Some((key, key)), values, shape };
        if shape == Shape::Strip {
            return self.spread().map(|point| tip(vec![("", point.1)], vec![plane.map_coordinate(&point)])).collect();
        }
        let Summary { low, first, median, third, high } = self.summary();
        let values = vec![
            ("Median", median),
            ("Lower quartile", first),
            ("Upper quartile", third),
            ("Low", low),
            ("High", high),
        ];
        let corners = [(self.middle - self.half, low), (self.middle + self.half, high)];
        vec![tip(values, rectangle(plane, corners))]
    }

    fn summary(&self) -> Summary {
        let mut values = self.values.clone();
        let [first, median, third] = [0.25, 0.5, 0.75].map(|share| quantile(&mut values, share));
        let reach = (third - first) * 1.5;
        let inside = || values.iter().copied().filter(|value| (first - reach..=third + reach).contains(value));
        Summary { low: inside().fold(first, f64::min), first, median, third, high: inside().fold(third, f64::max) }
    }
}

impl Marks for Observations {
    fn have_key_grid(&self) -> bool {
        false
    }

    fn tips(&self, _: &[Run], plane: &Plane) -> Vec<Tip> {
        let slots = self.runs.iter().enumerate().flat_map(|(place, slots)| slots.iter().map(move |slot| (place, slot)));
        slots.flat_map(|(place, slot)| slot.tips(self.shape, place, plane)).collect()
    }

    fn symbol(&self, run: &Run) -> Symbol {
        if self.shape == Shape::Strip { Symbol::Dot(run.color) } else { Symbol::Patch(run.color) }
    }

    fn draw(&self, runs: &[Run], plane: &Plane, look: &Look) -> Drawn {
        let densest = if self.shape == Shape::Violin { self.densest() } else { 1.0 };
        let count = points_of(runs);
        runs.iter().zip(&self.runs).try_for_each(|(run, slots)| match self.shape {
            Shape::Box => self.boxes(run, slots, plane, look),
            Shape::Violin => self.violins(run, slots, plane, look, densest),
            Shape::Strip => Self::strip(run, slots, plane, look, count),
        })
    }

    fn write(&self, _: &[Run], sheet: &Sheet, plane: &Plane, look: &Look, format: &NumberFormat) -> Drawn {
        // The median, at its height beside the marks: in them, their lines would go through it.
        let (size, gap) = (look.value(), look.units(4.0));
        let height = units(size * CAP_HEIGHT);
        let style = look.plain(size, HPos::Left).pos(Pos::new(HPos::Left, VPos::Top)).color(&look.colors.strong);
        let mut slots: Vec<&Slot> = self.runs.iter().flatten().collect();
        slots.sort_by(|a, b| a.middle.total_cmp(&b.middle));
        let (across, down) = (plane.get_x_axis_pixel_range(), plane.get_y_axis_pixel_range());
        for (place, slot) in slots.iter().enumerate() {
            let median = slot.summary().median;
            let text = format.format(median);
            let (right, y) = plane.map_coordinate(&(slot.middle + slot.half, median));
            let next = slots.get(place + 1).map(|next| plane.map_coordinate(&(next.middle - next.half, median)).0);
            // Beyond the frame is a margin.
            let end = next.map_or(across.end + look.units(13.0), |next| next - gap);
            let is_inside = y - height > down.start.min(down.end) && y + height < down.start.max(down.end);
            if is_inside && right + gap + units(font::width(&text, size, false)) <= end {
                sheet.draw_text(&text, &style, (right + gap, y - height / 2))?;
            }
        }
        Ok(())
    }
}
