//! PNG: opaque, by a palette where the colours are few.

use std::collections::HashMap;

use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, TDEFLStatus, compress_to_output, create_comp_flags_from_zip_params,
};
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
    encoded(columns, rows, dpi, Bands::new(&tree, columns, rows, (dpi / POINTS) as f32)?)
}

/// The file of a picture, of which red, green and blue come band by band.
fn encoded(
    columns: u32,
    rows: u32,
    dpi: f64,
    mut bands: impl Iterator<Item = Vec<u8>>,
) -> Result<Vec<u8>, FigureError> {
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, columns, rows);
    encoder.set_depth(png::BitDepth::Eight);
    let per_metre = (dpi * INCHES_IN_A_METRE).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit: png::Unit::Meter }));
    let mut palette = Indexed::default();
    let fits = bands.by_ref().all(|colors| palette.push(&colors));
    let data = if fits {
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_palette(palette.colors());
        let mut data = ImageData::new(columns as usize, Filter::None);
        data.push(&palette.pixels)?;
        data.finish()?
    } else {
        encoder.set_color(png::ColorType::Rgb);
        let mut data = ImageData::new(columns as usize * 3, Filter::Up);
        for colors in std::iter::once(palette.into_colors()).chain(bands) {
            data.push(&colors)?;
        }
        data.finish()?
    };
    let mut writer = encoder.write_header().map_err(failed)?;
    // A chunk may be 2 GiB long, which is more than the largest picture there is, unpacked.
    writer.write_chunk(png::chunk::IDAT, &data).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(png)
}

/// How the bytes of a row are told: PNG's numbers of filters.
#[derive(Clone, Copy)]
enum Filter {
    /// As they are. Numbers of colours, of which neighbours have nothing to do with each other.
    None = 0,
    /// Less those of the row above: most of a chart is the row above again. No other filter makes the files of charts
    /// smaller, nor does one chosen for each row.
    Up = 2,
}

/// The picture's rows, filtered and packed as they come.
///
/// The `png` crate packs by what is compiled for speed alone or by what is not optimised in a build for development, where
/// one picture would take seconds.
struct ImageData {
    filter: Filter,
    /// The row before.
    above: Vec<u8>,
    compressor: Box<CompressorOxide>,
    packed: Vec<u8>,
}

/// As thorough as zlib by default. The levels above take twice as long for a hundredth of the bytes.
const LEVEL: i32 = 6;
/// Any number above zero: the stream has zlib's head and checksum.
const WITH_ZLIB_HEAD: i32 = 15;

impl ImageData {
    /// Of rows of so many bytes.
    fn new(row: usize, filter: Filter) -> Self {
        let flags = create_comp_flags_from_zip_params(LEVEL, WITH_ZLIB_HEAD, 0);
        let compressor = Box::new(CompressorOxide::new(flags));
        ImageData { filter, above: vec![0; row], compressor, packed: Vec::new() }
    }

    /// Adds whole rows.
    fn push(&mut self, rows: &[u8]) -> Result<(), FigureError> {
        let width = self.above.len();
        let mut filtered = Vec::with_capacity(rows.len() + rows.len() / width);
        for row in rows.chunks_exact(width) {
            filtered.push(self.filter as u8);
            match self.filter {
                Filter::None => filtered.extend_from_slice(row),
                Filter::Up => {
                    filtered.extend(row.iter().zip(&self.above).map(|(byte, above)| byte.wrapping_sub(*above)))
                }
            }
            self.above.copy_from_slice(row);
        }
        self.pack(&filtered, TDEFLFlush::None, TDEFLStatus::Okay)
    }

    fn finish(mut self) -> Result<Vec<u8>, FigureError> {
        self.pack(&[], TDEFLFlush::Finish, TDEFLStatus::Done)?;
        Ok(self.packed)
    }

    fn pack(&mut self, bytes: &[u8], flush: TDEFLFlush, expected: TDEFLStatus) -> Result<(), FigureError> {
        let packed = &mut self.packed;
        let (status, taken) = compress_to_output(&mut self.compressor, bytes, flush, |part| {
            packed.extend_from_slice(part);
            true
        });
        if status == expected && taken == bytes.len() { Ok(()) } else { Err(failed("the picture cannot be packed")) }
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_its_colours_are_a_picture_is_read_as_it_was(
            width in 1_u32..40, seed in proptest::collection::vec(0_u8..250, 1..1500), few in any::<bool>(),
        ) {
            let shade = |byte: &u8| if few { byte % 6 } else { *byte };
            let row = width as usize * 3;
            let pixels: Vec<u8> = seed.iter().map(shade).chain(std::iter::repeat(7)).take(seed.len().next_multiple_of(row)).collect();
            let rows = (pixels.len() / row) as u32;
            let png = encoded(width, rows, 300.0, pixels.chunks(row * 5).map(<[u8]>::to_vec)).unwrap();
            let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
            decoder.set_transformations(png::Transformations::EXPAND);
            let mut reader = decoder.read_info().unwrap();
            let is_indexed = reader.info().color_type == png::ColorType::Indexed;
            let mut read = vec![0; reader.output_buffer_size().unwrap()];
            reader.next_frame(&mut read).unwrap();
            prop_assert_eq!(read, &pixels[..]);
            let colors: std::collections::HashSet<&[u8]> = pixels.chunks(3).collect();
            prop_assert_eq!(is_indexed, colors.len() <= 256);
        }
    }
}
