//! PDF: one page of vectors, as large as the figure is on paper.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{LineCapStyle, LineJoinStyle};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, TextStr};
use resvg::tiny_skia::{self, PathSegment, Point, Transform};
use resvg::usvg::{Color, Fill, FillRule, Group, LineCap, LineJoin, Node, Paint, Path, Stroke};

use super::{checked_size, failed, title, tree};
use crate::draw::POINTS;
use crate::{Figure, FigureError};

/// The figure as PDF. Its texts are outlines, and nothing in it tells when it was made: the same figure gives the same
/// bytes.
///
/// # Errors
/// If the size cannot be drawn or a column's length is not that of its keys.
pub fn render_pdf(figure: &Figure) -> Result<Vec<u8>, FigureError> {
    let (width, height) = checked_size(figure)?;
    let (width, height) = ((width * POINTS) as f32, (height * POINTS) as f32);
    let mut page = Page { content: Content::new(), opacities: Vec::new(), opacity: None };
    // Heights count from the foot of a page.
    page.content.transform([1.0, 0.0, 0.0, -1.0, 0.0, height]);
    page.group(tree(figure)?.root(), 1.0);
    page.into_file(width, height, title(figure)).map_err(failed)
}

/// What is on the page.
struct Page {
    content: Content,
    /// How much of what lies below is hidden: of fills and of strokes. A page names such a pair by its place here.
    opacities: Vec<(f32, f32)>,
    /// The pair that holds at the moment.
    opacity: Option<usize>,
}

impl Page {
    fn group(&mut self, group: &Group, opacity: f32) {
        let opacity = opacity * group.opacity().get();
        let clip = group.clip_path().map(|clip| (clip, group.abs_transform().pre_concat(clip.transform())));
        let outer = self.opacity;
        if let Some((clip, transform)) = &clip {
            self.content.save_state();
            for node in clip.root().children() {
                if let Node::Path(path) = node {
                    self.outline(path.data(), transform.pre_concat(path.abs_transform()));
                }
            }
            self.content.clip_nonzero().end_path();
        }
        for node in group.children() {
            match node {
                Node::Group(inner) => self.group(inner, opacity),
                Node::Path(path) => self.path(path, opacity),
                Node::Text(text) => self.group(text.flattened(), opacity),
                // The canvas draws none.
                Node::Image(_) => {}
            }
        }
        if clip.is_some() {
            self.content.restore_state();
            self.opacity = outer;
        }
    }

    fn path(&mut self, path: &Path, opacity: f32) {
        if !path.is_visible() {
            return;
        }
        let of_fill = path.fill().map_or(1.0, |fill| fill.opacity().get());
        let of_stroke = path.stroke().map_or(1.0, |stroke| stroke.opacity().get());
        self.set_opacity((of_fill * opacity, of_stroke * opacity));
        if let Some(fill) = path.fill() {
            self.fill(path, fill);
        }
        if let Some(stroke) = path.stroke() {
            self.stroke(path, stroke);
        }
    }

    fn set_opacity(&mut self, pair: (f32, f32)) {
        let known = self.opacities.iter().position(|other| *other == pair);
        let place = known.unwrap_or_else(|| {
            self.opacities.push(pair);
            self.opacities.len() - 1
        });
        if self.opacity != Some(place) {
            self.content.set_parameters(Name(opacity_name(place).as_bytes()));
            self.opacity = Some(place);
        }
    }

    fn fill(&mut self, path: &Path, fill: &Fill) {
        let [red, green, blue] = shares(&color(fill.paint()));
        self.content.set_fill_rgb(red, green, blue);
        self.outline(path.data(), path.abs_transform());
        match fill.rule() {
            FillRule::NonZero => self.content.fill_nonzero(),
            FillRule::EvenOdd => self.content.fill_even_odd(),
        };
    }

    fn stroke(&mut self, path: &Path, stroke: &Stroke) {
        let [red, green, blue] = shares(&color(stroke.paint()));
        let transform = path.abs_transform();
        let (across, down) = transform.get_scale();
        self.content.set_stroke_rgb(red, green, blue);
        self.content.set_line_width(rounded(stroke.width().get() * (across + down) / 2.0));
        self.content.set_line_cap(match stroke.linecap() {
            LineCap::Butt => LineCapStyle::ButtCap,
            LineCap::Round => LineCapStyle::RoundCap,
            LineCap::Square => LineCapStyle::ProjectingSquareCap,
        });
        self.content.set_line_join(match stroke.linejoin() {
            LineJoin::Round => LineJoinStyle::RoundJoin,
            LineJoin::Bevel => LineJoinStyle::BevelJoin,
            LineJoin::Miter | LineJoin::MiterClip => LineJoinStyle::MiterJoin,
        });
        let dashes = stroke.dasharray().unwrap_or_default();
        self.content.set_dash_pattern(dashes.iter().map(|length| rounded(*length)), stroke.dashoffset());
        self.outline(path.data(), transform);
        self.content.stroke();
    }

    fn outline(&mut self, path: &tiny_skia::Path, transform: Transform) {
        let place = |mut point: Point| {
            transform.map_point(&mut point);
            (rounded(point.x), rounded(point.y))
        };
        let mut last = Point::zero();
        for segment in path.segments() {
            match segment {
                PathSegment::MoveTo(to) | PathSegment::LineTo(to) => {
                    let (x, y) = place(to);
                    if matches!(segment, PathSegment::MoveTo(_)) {
                        self.content.move_to(x, y);
                    } else {
                        self.content.line_to(x, y);
                    }
                    last = to;
                }
                PathSegment::QuadTo(by, to) => {
                    // The same curve with two points that it bends towards.
                    let near =
                        |end: Point| place(Point::from_xy(end.x + (by.x - end.x) / 1.5, end.y + (by.y - end.y) / 1.5));
                    let ((x1, y1), (x2, y2), (x3, y3)) = (near(last), near(to), place(to));
                    self.content.cubic_to(x1, y1, x2, y2, x3, y3);
                    last = to;
                }
                PathSegment::CubicTo(one, other, to) => {
                    let ((x1, y1), (x2, y2), (x3, y3)) = (place(one), place(other), place(to));
                    self.content.cubic_to(x1, y1, x2, y2, x3, y3);
                    last = to;
                }
                PathSegment::Close => {
                    self.content.close_path();
                }
            }
        }
    }

    fn into_file(self, width: f32, height: f32, title: Option<&String>) -> std::io::Result<Vec<u8>> {
        let [catalog, pages, page, content, info] = [1, 2, 3, 4, 5].map(Ref::new);
        let mut pdf = Pdf::new();
        pdf.catalog(catalog).pages(pages);
        pdf.pages(pages).kids([page]).count(1);
        let mut writer = pdf.page(page);
        writer.parent(pages).media_box(Rect::new(0.0, 0.0, width, height)).contents(content);
        let mut resources = writer.resources();
        let mut states = resources.ext_g_states();
        for place in 0..self.opacities.len() {
            states.pair(Name(opacity_name(place).as_bytes()), opacity_ref(place));
        }
        states.finish();
        resources.finish();
        writer.finish();
        for (place, (fill, stroke)) in self.opacities.iter().enumerate() {
            pdf.ext_graphics(opacity_ref(place)).non_stroking_alpha(*fill).stroking_alpha(*stroke);
        }
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
        packed.write_all(&self.content.finish())?;
        pdf.stream(content, &packed.finish()?).filter(Filter::FlateDecode);
        if let Some(title) = title {
            pdf.document_info(info).title(TextStr(title));
        }
        Ok(pdf.finish())
    }
}

fn opacity_name(place: usize) -> String {
    format!("o{place}")
}

fn opacity_ref(place: usize) -> Ref {
    // Behind the five of every file; a page has some few.
    Ref::new(6 + place as i32)
}

/// The colour of a paint. Gradients, which only letters of several colours have, become the mean of their stops.
fn color(paint: &Paint) -> Color {
    let stops = match paint {
        Paint::Color(color) => return *color,
        Paint::LinearGradient(gradient) => gradient.stops(),
        Paint::RadialGradient(gradient) => gradient.stops(),
        Paint::Pattern(_) => &[],
    };
    let mean = |part: fn(&Color) -> u8| {
        let sum: usize = stops.iter().map(|stop| usize::from(part(&stop.color()))).sum();
        (sum / stops.len().max(1)) as u8
    };
    Color::new_rgb(mean(|color| color.red), mean(|color| color.green), mean(|color| color.blue))
}

/// Red, green and blue as shares of one.
fn shares(color: &Color) -> [f32; 3] {
    [color.red, color.green, color.blue].map(|part| rounded(f32::from(part) / 255.0))
}

/// Three decimals: a thousandth of a point no printer shows.
fn rounded(value: f32) -> f32 {
    (value * 1000.0).round() / 1000.0
}
