//! From the drawing to the files. Texts leave it as outlines.

mod html;
mod pdf;
mod png;

use std::sync::Arc;

use resvg::usvg::{Options, Tree, WriteOptions};

use crate::canvas::{Spot, escape, length};
use crate::draw::{self, POINTS};
use crate::font::{self, Fallback};
use crate::{Chart, Figure, FigureError};

pub use self::html::render_html;
pub use self::pdf::render_pdf;
pub use self::png::render_png;

/// A format of files, known by the endings of their names.
#[derive(Clone, Copy, Debug)]
pub struct FigureFormat {
    endings: &'static [&'static str],
    render: fn(&Figure) -> Result<Vec<u8>, FigureError>,
}

/// All of them. A new one is a line here, and the file that it is in.
static FORMATS: [FigureFormat; 4] = [
    FigureFormat { endings: &[".png"], render: render_png },
    FigureFormat { endings: &[".svg"], render: |figure| render_svg(figure).map(String::into_bytes) },
    FigureFormat { endings: &[".pdf"], render: render_pdf },
    FigureFormat { endings: &[".html", ".htm"], render: |figure| render_html(figure).map(String::into_bytes) },
];

impl FigureFormat {
    /// The format of a file of that name.
    pub fn of(path: &str) -> Option<FigureFormat> {
        let path = path.to_ascii_lowercase();
        FORMATS.iter().copied().find(|format| format.endings.iter().any(|ending| path.ends_with(ending)))
    }

    /// The usual ending of each format.
    pub fn endings() -> impl Iterator<Item = &'static str> {
        FORMATS.iter().filter_map(|format| format.endings.first().copied())
    }

    /// The figure in this format.
    ///
    /// # Errors
    /// If the size cannot be drawn or a column's length is not that of its keys.
    pub fn render(self, figure: &Figure) -> Result<Vec<u8>, FigureError> {
        (self.render)(figure)
    }
}

const LEAST_INCHES: f64 = 0.5;
const MOST_INCHES: f64 = 100.0;
const MOST_PIXELS: f64 = 20_000.0;

/// The figure as SVG. Its texts are outlines: it looks the same where the font is not installed.
///
/// # Errors
/// If the size cannot be drawn or a column's length is not that of its keys.
pub fn render_svg(figure: &Figure) -> Result<String, FigureError> {
    let (width, height) = checked_size(figure)?;
    let body = elements(&tree(figure)?, None);
    let view = view_box(width, height);
    let title = title(figure).map_or(String::new(), |title| format!("\n<title>{}</title>", escape(title)));
    Ok(format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{}in" height="{}in" viewBox="{view}" role="img">{title}{body}"#,
        length(width),
        length(height),
    ))
}

/// The elements of a drawing, and the end of the document that they are in.
fn elements(tree: &Tree, id_prefix: Option<&str>) -> String {
    let options = WriteOptions {
        coordinates_precision: 3,
        transforms_precision: 5,
        id_prefix: id_prefix.map(str::to_owned),
        ..WriteOptions::default()
    };
    // Width and height come back in points; who shows it says how large it is.
    let outlined = tree.to_string(&options);
    outlined.split_once('>').map_or_else(String::new, |(_, body)| body.to_owned())
}

/// The view box of a picture of so many inches, in points.
fn view_box(width: f64, height: f64) -> String {
    format!("0 0 {} {}", length(width * POINTS), length(height * POINTS))
}

/// What the figure is called.
fn title(figure: &Figure) -> Option<&String> {
    figure.title.as_ref().or_else(|| figure.panels.first().and_then(|chart| chart.title.as_ref()))
}

fn failed(why: impl std::fmt::Display) -> FigureError {
    FigureError::Raster(why.to_string())
}

fn tree(figure: &Figure) -> Result<Tree, FigureError> {
    Ok(drawn(figure, false)?.0)
}

/// The drawing with its texts as outlines; and what its marks tell, if they are to be pointed at.
fn drawn(figure: &Figure, is_pointed_at: bool) -> Result<(Tree, Vec<Spot>), FigureError> {
    check_lengths(figure)?;
    let titles = figure.title.as_deref().into_iter();
    let fallback = Arc::new(Fallback::new(&figure.fonts, titles.chain(figure.panels.iter().flat_map(Chart::texts))));
    let (drawing, spots) = font::with(&fallback, || draw::svg(figure, is_pointed_at)).map_err(failed)?;
    let fontdb = Arc::clone(&fallback.database);
    let options = Options { fontdb, font_family: font::FAMILY.to_owned(), ..Options::default() };
    Ok((Tree::from_str(&drawing, &options).map_err(failed)?, spots))
}

fn checked_size(figure: &Figure) -> Result<(f64, f64), FigureError> {
    let (width, height) = figure.size.in_inches(figure.dpi);
    let drawable = |inches: f64| {
        let pixels = inches * f64::from(figure.dpi);
        (LEAST_INCHES..=MOST_INCHES).contains(&inches) && (1.0..=MOST_PIXELS).contains(&pixels)
    };
    if drawable(width) && drawable(height) {
        Ok((width, height))
    } else {
        Err(FigureError::Size { width, height, dpi: figure.dpi })
    }
}

fn check_lengths(figure: &Figure) -> Result<(), FigureError> {
    for chart in &figure.panels {
        let expected = chart.keys.len();
        let columns = chart.series.iter().chain(&chart.y2).map(|series| (series.name.as_str(), series.values.len()));
        let texts = [("group", &chart.group), ("facet", &chart.facet)];
        let texts = texts.into_iter().filter_map(|(name, texts)| Some((name, texts.as_ref()?.len())));
        let spread = chart.spread.iter().flat_map(|spread| [("low", spread.low.len()), ("high", spread.high.len())]);
        if let Some((column, rows)) = columns.chain(texts).chain(spread).find(|(_, rows)| *rows != expected) {
            return Err(FigureError::Length { column: column.to_owned(), rows, expected });
        }
    }
    Ok(())
}
