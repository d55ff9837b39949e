//! PNG: opaque, by a palette where the colours are few.

use std::collections::HashMap;
use std::io::Write as _;

use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::Tree;

use super::{checked_size, failed, tree};
use crate::draw::POINTS;
use crate::{Figure, FigureError};

const INCHES_IN_A_METRE: f64 = 39.370_078_740_157_48;

/// The figure as PNG: opaque, with its dots per inch in the pHYs chunk; of at most 256 colours it has a palette, else eight
/// bits a channel.
///
/// # Errors
/// If the size cannot be drawn or a column's length is not that of its keys.
pub fn render_png(figure: &Figure) -> Result<Vec<u8>, FigureError> {
    let (width, height) = checked_size(figure)?;
    let tree = tree(figure)?;
    let dpi = f64::from(figure.dpi);
    let (columns, rows) = ((width * dpi).round() as u32, (height * dpi).round() as u32);
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, columns, rows);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let per_metre = (dpi * INCHES_IN_A_METRE).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit: png::Unit::Meter }));

    let mut bands = Bands::new(&tree, columns, rows, (dpi / POINTS) as f32)?;
    let mut palette = Indexed::default();
    let fits = bands.by_ref().all(|colors| palette.push(&colors));
    if fits {
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_palette(palette.colors());
        // Neighbouring numbers of colours have nothing to do with each other, and what the fast way of packing is good at,
        // rows of zeros, filters alone would make. A byte a pixel takes no longer in the thorough one.
        encoder.set_filter(png::Filter::NoFilter);
        encoder.set_compression(png::Compression::Balanced);
        let mut writer = encoder.write_header().map_err(failed)?;
        writer.write_image_data(&palette.pixels).map_err(failed)?;
        writer.finish().map_err(failed)?;
        return Ok(png);
    }
    encoder.set_color(png::ColorType::Rgb);
    // Most of a chart is the row above again, the rest what stands to the left; Paeth takes whichever is nearer. Files
    // are 18 to 60 % smaller than with the row above alone, in the same time; to choose a filter for every row takes
    // twice as long and saves a few per cent more.
    encoder.set_filter(png::Filter::Paeth);
    let mut writer = encoder.write_header().map_err(failed)?;
    let mut stream = writer.stream_writer().map_err(failed)?;
    for colors in std::iter::once(palette.into_colors()).chain(bands) {
        stream.write_all(&colors).map_err(failed)?;
    }
    stream.finish().map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(png)
}

/// The picture, band by band: a page of colours at 300 dots per inch is tens of megabytes.
struct Bands<'a> {
    tree: &'a Tree,
    pixmap: Pixmap,
    scale: f32,
    rows: u32,
    top: u32,
}

impl<'a> Bands<'a> {
    fn new(tree: &'a Tree, columns: u32, rows: u32, scale: f32) -> Result<Self, FigureError> {
        let pixmap = Pixmap::new(columns, BAND.min(rows)).ok_or_else(|| failed("the picture has no pixels"))?;
        Ok(Bands { tree, pixmap, scale, rows, top: 0 })
    }
}

impl Iterator for Bands<'_> {
    type Item = Vec<u8>;

    /// Red, green and blue of the next rows.
    fn next(&mut self) -> Option<Vec<u8>> {
        let left = self.rows.checked_sub(self.top).filter(|left| *left > 0)?;
        self.pixmap.fill(Color::WHITE);
        let transform = Transform::from_scale(self.scale, self.scale).post_translate(0.0, -(self.top as f32));
        resvg::render(self.tree, transform, &mut self.pixmap.as_mut());
        let used = left.min(BAND) as usize * self.pixmap.width() as usize * 4;
        self.top += BAND;
        // The background is opaque, so no colour is changed by being premultiplied.
        Some(self.pixmap.data()[..used].chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect())
    }
}

/// Pixels as numbers of colours.
#[derive(Default)]
struct Indexed {
    numbers: HashMap<[u8; 3], u8>,
    colors: Vec<[u8; 3]>,
    pixels: Vec<u8>,
    /// Those that came when there were too many colours.
    rest: Vec<u8>,
}

impl Indexed {
    /// Adds pixels of red, green and blue; false as soon as there are too many colours.
    fn push(&mut self, colors: &[u8]) -> bool {
        let mut last = None;
        for (place, pixel) in colors.chunks_exact(3).enumerate() {
            let color = [pixel[0], pixel[1], pixel[2]];
            // Most pixels are as the one before.
            let known = last.filter(|(same, _)| *same == color).map(|(_, number)| number);
            let number = known.or_else(|| self.numbers.get(&color).copied()).or_else(|| self.add(color));
            let Some(number) = number else {
                self.rest = colors[place * 3..].to_vec();
                return false;
            };
            last = Some((color, number));
            self.pixels.push(number);
        }
        true
    }

    fn add(&mut self, color: [u8; 3]) -> Option<u8> {
        let number = u8::try_from(self.colors.len()).ok()?;
        self.numbers.insert(color, number);
        self.colors.push(color);
        Some(number)
    }

    fn colors(&self) -> Vec<u8> {
        self.colors.concat()
    }

    /// All pixels as red, green and blue.
    fn into_colors(self) -> Vec<u8> {
        let mut all: Vec<u8> = self.pixels.iter().flat_map(|number| self.colors[usize::from(*number)]).collect();
        all.extend(self.rest);
        all
    }
}

/// The rows of pixels that are in memory at one time.
const BAND: u32 = 256;
