//! A drawing that grows as SVG text.
//!
//! Its lengths are whole hundredths of a point, 1/72 inch, which [`units`] makes from points: below what 1,200 dots per
//! inch show, so that a library which counts in whole pixels loses nothing here.

use std::fmt::Write as _;

use plotters::style::RGBAColor;
use plotters::style::text_anchor::HPos;

use crate::font;

/// Units in a point.
const UNITS: f64 = 100.0;

/// A place on the canvas in units, from its upper left corner.
pub(crate) type Place = (i32, i32);

/// A length in units.
pub(crate) fn units(points: f64) -> i32 {
    (points * UNITS).round() as i32
}

/// A length in points.
pub(crate) fn points(units: i32) -> f64 {
    f64::from(units) / UNITS
}

/// How a shape is coloured: filled, or drawn along.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ink {
    pub color: RGBAColor,
    /// The pen that goes along the shape; none fills it.
    pub pen: Option<Pen>,
}

/// Lengths of dashes and gaps, one after the other.
pub(crate) type Dash = &'static [f64];

/// The pen of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pen {
    /// In units.
    pub width: u32,
    /// Lengths of dashes and gaps in points at full scale; empty for a solid line.
    pub dash: Dash,
    /// How much of their full length dashes have.
    pub scale: f64,
}

/// How a text looks.
#[derive(Clone, Copy)]
pub(crate) struct Letters {
    /// In points.
    pub size: f64,
    pub bold: bool,
    pub color: RGBAColor,
    pub anchor: HPos,
    /// From the anchor down to the baseline, in units.
    pub down: i32,
    /// Degrees, clockwise, around the anchor.
    pub turn: i32,
}

/// A mark that tells its values when it is pointed at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Spot {
    /// Its corners, or its only place.
    pub shape: Vec<Place>,
    /// What it tells, in lines.
    pub text: String,
}

/// The drawing.
#[derive(Debug, Default)]
pub(crate) struct Canvas {
    /// Width and height in units.
    pub size: (u32, u32),
    body: String,
    /// Shapes of one ink, not yet in `body`: neighbours that look alike are one element, which a drawing of thousands
    /// of marks is read and drawn faster by.
    shapes: String,
    ink: Option<Ink>,
    /// How many frames have cut off what lies beyond them.
    clips: usize,
    /// The upper left and the lower right corner of each level text.
    pub texts: Vec<[Place; 2]>,
    /// What its marks tell.
    pub spots: Vec<Spot>,
}

/// A length with two decimals at most.
pub(crate) fn length(value: f64) -> String {
    let mut text = String::new();
    write_length(&mut text, units(value));
    text
}

/// Writes units as points.
fn write_length(text: &mut String, units: i32) {
    let (sign, size) = (if units < 0 { "-" } else { "" }, units.unsigned_abs());
    let (whole, rest) = (size / 100, size % 100);
    // Writing to a string cannot fail.
    let _ = match (rest / 10, rest % 10) {
        (0, 0) => write!(text, "{sign}{whole}"),
        (tenths, 0) => write!(text, "{sign}{whole}.{tenths}"),
        (tenths, hundredths) => write!(text, "{sign}{whole}.{tenths}{hundredths}"),
    };
}

/// Writes an SVG path command of two lengths.
fn write_step(path: &mut String, command: char, (x, y): Place) {
    path.push(command);
    write_length(path, x);
    path.push(' ');
    write_length(path, y);
}

impl Canvas {
    /// A canvas of that many points.
    pub fn new(width: f64, height: f64) -> Self {
        // Rounded up, so that what fills it leaves no edge open.
        let size = |points: f64| (points * UNITS - 1e-6).ceil() as u32;
        Canvas { size: (size(width), size(height)), ..Canvas::default() }
    }

    /// Ends the element that is being drawn: what follows lies over it, even in the same ink.
    pub fn end_shapes(&mut self) {
        let Some(Ink { color, pen }) = self.ink.take() else { return };
        let shapes = std::mem::take(&mut self.shapes);
        let hex = hex(color);
        let _ = match pen {
            None => writeln!(self.body, r#"<path d="{shapes}" fill="{hex}"{}/>"#, opacity("fill-opacity", color)),
            Some(Pen { width, dash, scale }) => {
                // Round joins: a steep peak keeps its true height.
                let cap = if dash.is_empty() { "round" } else { "butt" };
                let lengths: Vec<String> = dash.iter().map(|part| length(part * scale)).collect();
                let dash = match lengths.is_empty() {
                    true => String::new(),
                    false => format!(r#" stroke-dasharray="{}""#, lengths.join(" ")),
                };
                writeln!(
                    self.body,
                    r#"<path d="{shapes}" fill="none" stroke="{hex}" stroke-width="{}" stroke-linejoin="round" stroke-linecap="{cap}"{dash}{}/>"#,
                    length(points(width as i32)),
                    opacity("stroke-opacity", color),
                )
            }
        };
    }

    /// The path data to which shapes of that ink are added; none if it cannot be seen.
    fn shapes(&mut self, ink: Ink) -> Option<&mut String> {
        if ink.color.3 <= 0.0 || ink.pen.is_some_and(|pen| pen.width == 0) {
            return None;
        }
        if self.ink != Some(ink) {
            self.end_shapes();
            self.ink = Some(ink);
        }
        Some(&mut self.shapes)
    }

    /// A line through the places, or the shape that it closes around.
    pub fn path(&mut self, places: &[Place], closed: bool, ink: Ink) {
        let Some(path) = self.shapes(ink).filter(|_| places.len() > 1) else { return };
        let mut command = 'M';
        thinned(places, |place| {
            write_step(path, command, place);
            command = 'L';
        });
        if closed {
            path.push('z');
        }
    }

    /// A full circle.
    pub fn circle(&mut self, (x, y): Place, radius: i32, ink: Ink) {
        let Some(path) = self.shapes(ink) else { return };
        write_step(path, 'M', (x - radius, y));
        for across in [2 * radius, -2 * radius] {
            write_step(path, 'a', (radius, radius));
            path.push_str(" 0 1 0 ");
            write_length(path, across);
            path.push_str(" 0");
        }
        path.push('z');
    }

    /// A rectangle between two corners, in the direction of the circles: where they meet, neither cancels the other.
    pub fn rect(&mut self, (left, top): Place, (right, bottom): Place, ink: Ink) {
        let Some(path) = self.shapes(ink) else { return };
        write_step(path, 'M', (left, top));
        for (command, way) in [('v', bottom - top), ('h', right - left), ('v', top - bottom)] {
            path.push(command);
            write_length(path, way);
        }
        path.push('z');
    }

    /// From here on, only what lies between two corners is seen.
    pub fn clip(&mut self, (left, top): Place, (right, bottom): Place) {
        self.end_shapes();
        self.clips += 1;
        let (id, x, y) = (self.clips, length(points(left)), length(points(top)));
        let (width, height) = (length(points(right - left)), length(points(bottom - top)));
        // Writing to a string cannot fail.
        let _ = writeln!(
            self.body,
            r#"<clipPath id="frame{id}"><rect x="{x}" y="{y}" width="{width}" height="{height}"/></clipPath><g clip-path="url(#frame{id})">"#
        );
    }

    /// From here on, all is seen again.
    pub fn end_clip(&mut self) {
        self.end_shapes();
        self.body.push_str("</g>\n");
    }

    /// A line of text.
    pub fn text(&mut self, (x, y): Place, text: &str, letters: Letters) {
        if text.is_empty() || letters.color.3 <= 0.0 {
            return;
        }
        self.end_shapes();
        self.texts.extend(corners((x, y), text, letters));
        let anchor = match letters.anchor {
            HPos::Left => "",
            HPos::Center => r#" text-anchor="middle""#,
            HPos::Right => r#" text-anchor="end""#,
        };
        let weight = if letters.bold { r#" font-weight="700""# } else { "" };
        let (left, top, baseline) = (length(points(x)), length(points(y)), length(points(y + letters.down)));
        let turn = match letters.turn {
            0 => String::new(),
            turn => format!(r#" transform="rotate({turn} {left} {top})""#),
        };
        let (size, hex, text) = (length(letters.size), hex(letters.color), escape(text));
        let opacity = opacity("fill-opacity", letters.color);
        let _ = writeln!(
            self.body,
            r#"<text x="{left}" y="{baseline}" font-size="{size}"{weight} fill="{hex}"{opacity}{anchor}{turn}>{text}</text>"#
        );
    }

    /// The whole document, `width` and `height` points in size, whose texts still are letters of the embedded font.
    pub fn into_svg(mut self, width: f64, height: f64) -> String {
        self.end_shapes();
        let (width, height, family, body) = (length(width), length(height), font::FAMILY, self.body);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"{family}\">\n{body}</svg>\n"
        )
    }
}

/// The corners of a level text, whose letters stand on its lower edge.
fn corners((x, y): Place, text: &str, letters: Letters) -> Option<[Place; 2]> {
    let width = units(font::width(text, letters.size, letters.bold));
    let left = match letters.anchor {
        HPos::Left => x,
        HPos::Center => x - width / 2,
        HPos::Right => x - width,
    };
    let baseline = y + letters.down;
    (letters.turn == 0).then(|| [(left, baseline - units(letters.size * font::CAP_HEIGHT)), (left + width, baseline)])
}

/// The width of a column within which no more than four places of a line are drawn, in units: less than a dot of print.
const COLUMN: i32 = 20;

/// The first, lowest, highest and last place of each narrow column: all that a line through thousands shows.
fn thinned(places: &[Place], mut keep: impl FnMut(Place)) {
    let across = |pair: &[Place]| i64::from((pair[1].0 - pair[0].0).abs());
    let way: i64 = places.windows(2).map(across).sum();
    if places.len() as i64 <= 4 * (way / i64::from(COLUMN) + 1) {
        places.iter().copied().for_each(keep);
        return;
    }
    let column = |place: &Place| place.0.div_euclid(COLUMN);
    for column in places.chunk_by(|a, b| column(a) == column(b)) {
        let by_height = |a: &usize, b: &usize| column[*a].1.cmp(&column[*b].1);
        let highest = (0..column.len()).min_by(by_height).unwrap_or(0);
        let lowest = (0..column.len()).max_by(by_height).unwrap_or(0);
        let mut kept = [0, lowest.min(highest), lowest.max(highest), column.len() - 1].to_vec();
        kept.dedup();
        kept.into_iter().for_each(|index| keep(column[index]));
    }
}

fn hex(color: RGBAColor) -> String {
    let RGBAColor(red, green, blue, _) = color;
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn opacity(name: &str, color: RGBAColor) -> String {
    if color.3 >= 1.0 { String::new() } else { format!(r#" {name}="{}""#, length(color.3)) }
}

/// The text as XML: markup escaped, control characters (which XML cannot hold) and line breaks made spaces.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(places: &[Place]) -> Vec<Place> {
        let mut kept = Vec::new();
        thinned(places, |place| kept.push(place));
        kept
    }

    #[test]
    fn lengths_are_short_and_texts_are_escaped() {
        assert_eq!([length(1.0), length(0.126), length(-0.001), length(120.0)], ["1", "0.13", "0", "120"]);
        assert_eq!([length(-0.5), length(3.07), length(-12.34)], ["-0.5", "3.07", "-12.34"]);
        assert_eq!(escape("a<b & \"c\"\n\u{1}"), "a&lt;b &amp; &quot;c&quot;  ");
    }

    #[test]
    fn shapes_of_one_ink_are_one_element_until_they_are_ended() {
        let ink = Ink { color: RGBAColor(1, 115, 178, 0.5), pen: None };
        let mut canvas = Canvas::new(10.0, 10.0);
        canvas.rect((0, 0), (100, 250), ink);
        canvas.circle((500, 500), 50, ink);
        canvas.end_shapes();
        canvas.path(&[(0, 0), (100, 0), (0, 105)], true, ink);
        insta::assert_snapshot!(canvas.into_svg(10.0, 10.0), @r##"
        <svg xmlns="http://www.w3.org/2000/svg" width="10" height="10" font-family="Inter">
        <path d="M0 0v2.5h1v-2.5zM4.5 5a0.5 0.5 0 1 0 1 0a0.5 0.5 0 1 0 -1 0z" fill="#0173b2" fill-opacity="0.5"/>
        <path d="M0 0L1 0L0 1.05z" fill="#0173b2" fill-opacity="0.5"/>
        </svg>
        "##);
    }

    #[test]
    fn thinning_keeps_ends_and_extremes() {
        let mut places: Vec<Place> = (0..100_000).map(|place| (place / 10, 500)).collect();
        places[77_777].1 = 9_900;
        places[33_333].1 = -9_900;
        let kept = kept(&places);
        assert!(kept.len() <= 2100, "{}", kept.len());
        assert!(kept.contains(&places[77_777]) && kept.contains(&places[33_333]));
        assert_eq!((kept.first(), kept.last()), (places.first(), places.last()));
    }
}
