//! Fonts for letters that the embedded one lacks.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use resvg::usvg::fontdb;
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

use super::{database, has, system};

/// The files of fonts that a figure brings along. Letters that neither they nor the embedded font have come from fonts of
/// this machine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fonts {
    files: Vec<Arc<Vec<u8>>>,
}

impl Fonts {
    /// Adds the content of a file.
    ///
    /// # Errors
    /// If it is no font, or one without outlines.
    pub fn add(&mut self, content: Vec<u8>) -> Result<(), String> {
        if !faces(&content).any(|face| system::has_outlines(|tag| face.table_data(tag).is_some())) {
            return Err("it is no font with outlines: .ttf, .otf and .ttc files are".to_owned());
        }
        self.files.push(Arc::new(content));
        Ok(())
    }

    /// The letters of a text that no font has, each once.
    pub fn lacking(&self, text: &str) -> BTreeSet<char> {
        Fallback::new(self, [text]).lacking
    }
}

fn faces(content: &[u8]) -> impl Iterator<Item = FontRef<'_>> {
    FontRef::fonts(content).flatten()
}

/// The fonts that some texts are drawn with.
#[derive(Debug)]
pub(crate) struct Fallback {
    /// What usvg takes its fonts from: the embedded one is the first.
    pub database: Arc<fontdb::Database>,
    /// The widths of letters that the embedded font lacks, as shares of the font's size.
    widths: HashMap<char, f32>,
    /// Letters that no font has.
    pub lacking: BTreeSet<char>,
}

impl Fallback {
    /// The fonts that have the letters of these texts.
    pub fn new<'a>(fonts: &Fonts, texts: impl IntoIterator<Item = &'a str>) -> Fallback {
        let letters = texts.into_iter().flat_map(str::chars).filter(|letter| !has(*letter));
        let mut fallback = Fallback { database: database(), widths: HashMap::new(), lacking: letters.collect() };
        for file in &fonts.files {
            fallback.take(file);
        }
        if !fallback.lacking.is_empty() {
            for path in system::files_for(&fallback.lacking) {
                // A file that has gone meanwhile leaves its letters lacking.
                if let Ok(content) = std::fs::read(path) {
                    fallback.take(&Arc::new(content));
                }
            }
        }
        fallback
    }

    /// Takes the letters that are lacking from a file.
    fn take(&mut self, content: &Arc<Vec<u8>>) {
        let mut found = HashMap::new();
        for face in faces(content).filter(|face| system::has_outlines(|tag| face.table_data(tag).is_some())) {
            let (map, widths) = (face.charmap(), face.glyph_metrics(Size::new(1.0), LocationRef::default()));
            let width = |letter: char| map.map(letter).and_then(|glyph| widths.advance_width(glyph));
            found.extend(self.lacking.iter().filter_map(|letter| Some((*letter, width(*letter)?))));
        }
        let source = fontdb::Source::Binary(Arc::<Vec<u8>>::clone(content));
        // What cannot be drawn after all stays lacking: the database wants more of a font than we do.
        if !found.is_empty() && !Arc::make_mut(&mut self.database).load_font_source(source).is_empty() {
            self.lacking.retain(|letter| !found.contains_key(letter));
            self.widths.extend(found);
        }
    }
}

thread_local! {
    /// Those of the figure that this thread draws: every measure of a text depends on them.
    static CURRENT: RefCell<Option<Arc<Fallback>>> = const { RefCell::new(None) };
}

/// Does something in which texts are measured with these fonts.
pub(crate) fn with<T>(fallback: &Arc<Fallback>, draw: impl FnOnce() -> T) -> T {
    let outer = CURRENT.replace(Some(Arc::clone(fallback)));
    let drawn = draw();
    CURRENT.set(outer);
    drawn
}

/// The width of a letter that the embedded font lacks, as a share of the font's size.
pub(super) fn width(letter: char) -> f64 {
    // What no font has is a box, nearly as wide as high.
    const BOX: f64 = 0.995;
    CURRENT.with_borrow(|fallback| {
        fallback.as_ref().and_then(|fallback| fallback.widths.get(&letter)).map_or(BOX, |width| f64::from(*width))
    })
}
