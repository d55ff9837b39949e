//! The fonts: measured here, shaped and outlined by usvg. The embedded one comes first; letters that it lacks are taken from
//! others.

mod apart;
mod fallback;
mod system;

use std::sync::{Arc, OnceLock};

use resvg::usvg::fontdb;
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};

pub(crate) use apart::{around, shorten_all, told_apart};
pub use fallback::Fonts;
pub(crate) use fallback::{Fallback, with};

/// The family name inside the font files.
pub(crate) const FAMILY: &str = "Inter";

/// The height of a capital letter over its font size.
pub(crate) const CAP_HEIGHT: f64 = 0.727;

static REGULAR: &[u8] = include_bytes!("../../assets/Inter-Regular.otf");
static BOLD: &[u8] = include_bytes!("../../assets/Inter-Bold.otf");

struct Face {
    letters: Charmap<'static>,
    widths: GlyphMetrics<'static>,
}

impl Face {
    fn new(data: &'static [u8]) -> Option<Face> {
        let font = FontRef::new(data).ok()?;
        Some(Face { letters: font.charmap(), widths: font.glyph_metrics(Size::new(1.0), LocationRef::default()) })
    }
}

/// The database of the embedded font; both files are parsed once in the life of the process.
fn database() -> Arc<fontdb::Database> {
    static DATABASE: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    Arc::clone(DATABASE.get_or_init(|| {
        let mut database = fontdb::Database::new();
        database.load_font_source(fontdb::Source::Binary(Arc::new(REGULAR)));
        database.load_font_source(fontdb::Source::Binary(Arc::new(BOLD)));
        Arc::new(database)
    }))
}

static FACES: OnceLock<[Option<Face>; 2]> = OnceLock::new();

fn face(bold: bool) -> Option<&'static Face> {
    FACES.get_or_init(|| [Face::new(REGULAR), Face::new(BOLD)])[usize::from(bold)].as_ref()
}

/// Whether the font has a shape for the letter, or it needs none.
pub(crate) fn has(letter: char) -> bool {
    // Joiners, marks of direction and variation selectors change their neighbours, and have no shape of their own.
    let is_unseen = matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(letter, '\u{fe00}'..='\u{fe0f}' | '\u{feff}');
    letter.is_control()
        || letter.is_whitespace()
        || is_unseen
        || face(false).is_none_or(|face| face.letters.map(letter).is_some())
}

/// The width of one line of text in the unit of `size`, without kerning (which only makes it narrower).
pub(crate) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let face = face(bold);
    let letter = |letter: char| -> f64 {
        let own = face.and_then(|face| face.widths.advance_width(face.letters.map(letter)?));
        own.map_or_else(|| if has(letter) { 0.6 } else { fallback::width(letter) }, f64::from)
    };
    text.chars().map(letter).sum::<f64>() * size
}

/// The widest of the texts.
pub(crate) fn widest<'a>(texts: impl IntoIterator<Item = &'a str>, size: f64) -> f64 {
    texts.into_iter().map(|text| width(text, size, false)).fold(0.0, f64::max)
}

/// The text, or as much of its beginning as fits into `room`, with an ellipsis.
pub(crate) fn shorten(text: &str, size: f64, bold: bool, room: f64) -> String {
    if width(text, size, bold) <= room {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    // A text far too long is cut roughly first, so that no size of it costs more than its beginning.
    kept.truncate((room / (size * 0.15)).max(1.0) as usize);
    while kept.pop().is_some() {
        let short: String = kept.iter().collect::<String>().trim_end().to_owned() + "…";
        if width(&short, size, bold) <= room {
            return short;
        }
    }
    "…".to_owned()
}

/// The text in at most `most` lines that fit into `room`: broken at spaces, the last line shortened if it must be.
pub(crate) fn wrap(text: &str, size: f64, bold: bool, room: f64, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut words = text.split_whitespace().peekable();
    while words.peek().is_some() {
        if lines.len() + 1 >= most {
            let rest: Vec<&str> = words.by_ref().collect();
            lines.push(shorten(&rest.join(" "), size, bold, room));
            break;
        }
        let mut line = words.next().unwrap_or_default().to_owned();
        while let Some(word) = words.peek() {
            let longer = format!("{line} {word}");
            if width(&longer, size, bold) > room {
                break;
            }
            line = longer;
            words.next();
        }
        lines.push(shorten(&line, size, bold, room));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_files_are_the_family_they_should_be() {
        let database = database();
        let faces: Vec<_> = database.faces().map(|face| (face.families[0].0.clone(), face.weight.0)).collect();
        assert_eq!(faces, [(FAMILY.to_owned(), 400), (FAMILY.to_owned(), 700)]);
        assert!(Face::new(REGULAR).is_some() && Face::new(BOLD).is_some());
    }

    #[test]
    fn bold_and_long_texts_are_wider() {
        assert!(width("Revenue", 10.0, true) > width("Revenue", 10.0, false));
        assert!((width("ii", 10.0, false) - 2.0 * width("i", 10.0, false)).abs() < 1e-6);
        assert_eq!(width("", 10.0, false), 0.0);
    }

    #[test]
    fn what_does_not_fit_is_wrapped_and_shortened() {
        let text = "Revenue and sessions of all shops in all countries";
        let lines = wrap(text, 10.0, false, 110.0, 2);
        assert_eq!(lines, ["Revenue and sessions", "of all shops in all cou…"]);
        assert!(lines.iter().all(|line| width(line, 10.0, false) <= 110.0));
        assert_eq!(wrap(text, 10.0, false, 1000.0, 2), [text]);
        assert_eq!(shorten("Donaudampfschifffahrt", 10.0, false, 1.0), "…");
        assert!(wrap("  ", 10.0, false, 50.0, 2).is_empty());
    }
}
