//! Fonts of this machine. Of each file only the table of its letters is read.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use skrifa::Tag;
use skrifa::raw::tables::cmap::Cmap;
use skrifa::raw::{FontData, FontRead};

/// A table of letters is smaller than this; one file has no more faces than that.
const MOST_BYTES: u32 = 16 << 20;
const MOST_FACES: u32 = 64;
/// Folders within folders of fonts.
const MOST_DEPTH: usize = 6;
/// The texts of one figure are of no more scripts than this.
const MOST_FILES: usize = 12;

/// Words of file names whose fonts are taken only where no other has a letter: a label looks best upright, plain and
/// without serifs.
const SECOND_CHOICE: [&str; 12] =
    ["serif", "mono", "bold", "italic", "oblique", "light", "thin", "black", "medium", "condensed", "kufi", "nastaliq"];

/// Whether a font of these tables has outlines: what has only bitmaps cannot be drawn.
pub(super) fn has_outlines(has: impl Fn(Tag) -> bool) -> bool {
    [b"glyf", b"CFF ", b"CFF2"].into_iter().any(|tag| has(Tag::new(tag)))
}

/// The files that together have as many of the letters as any have, those with the most of them first.
pub(super) fn files_for(letters: &BTreeSet<char>) -> Vec<&'static Path> {
    let has = |path: &'static PathBuf| -> Option<(&'static Path, BTreeSet<char>)> {
        // What is no font, or cannot be read, has no letters.
        let known = letters_of(path, letters).unwrap_or_default();
        (!known.is_empty()).then_some((path.as_path(), known))
    };
    let mut all: Vec<_> = files().iter().filter_map(has).collect();
    let mut chosen = Vec::new();
    while chosen.len() < MOST_FILES {
        // Of equals, the first is the better one.
        let Some(best) = (0..all.len()).rev().max_by_key(|at| all[*at].1.len()) else { break };
        let (path, known) = all.swap_remove(best);
        chosen.push(path);
        all.iter_mut().for_each(|(_, others)| others.retain(|letter| !known.contains(letter)));
        all.retain(|(_, others)| !others.is_empty());
        all.sort_by_key(|(path, _)| rank(path));
    }
    chosen
}

/// All files of fonts, the better ones first.
fn files() -> &'static [PathBuf] {
    static FILES: OnceLock<Vec<PathBuf>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut files = Vec::new();
        folders().iter().for_each(|folder| collect(folder, 0, &mut files));
        files.sort_by_cached_key(|path| rank(path));
        files.dedup();
        files
    })
}

fn rank(path: &Path) -> (usize, PathBuf) {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    // `Sans Serif` is no serif.
    let name = name.replace("sansserif", "").replace("sans-serif", "");
    (SECOND_CHOICE.iter().filter(|word| name.contains(**word)).count(), path.to_owned())
}

/// Where Linux, macOS and Windows have fonts.
fn folders() -> Vec<PathBuf> {
    let home = std::env::home_dir().unwrap_or_default();
    let of_home = [".fonts", ".local/share/fonts", "Library/Fonts", "AppData/Local/Microsoft/Windows/Fonts"];
    let mut folders: Vec<PathBuf> = of_home.iter().map(|folder| home.join(folder)).collect();
    let of_all = [
        "/usr/share/fonts",
        "/usr/local/share/fonts",
        "/Library/Fonts",
        "/System/Library/Fonts",
        "/Network/Library/Fonts",
        r"C:\Windows\Fonts",
    ];
    folders.extend(of_all.map(PathBuf::from));
    folders
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    // A folder that is not there, or that others keep to themselves, has no fonts for us.
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        if path.is_dir() && depth < MOST_DEPTH {
            collect(&path, depth + 1, files);
        } else if ending.is_some_and(|ending| ["ttf", "otf", "ttc", "otc"].contains(&ending.as_str())) {
            files.push(path);
        }
    }
}

/// Which of the letters a file has, in any of its faces with outlines.
fn letters_of(path: &Path, letters: &BTreeSet<char>) -> io::Result<BTreeSet<char>> {
    let mut file = File::open(path)?;
    let mut known = BTreeSet::new();
    for start in face_starts(&mut file)? {
        let tables = tables(&mut file, start)?;
        let cmap = tables.iter().find(|table| table.tag == Tag::new(b"cmap") && table.length <= MOST_BYTES);
        let Some(cmap) = cmap.filter(|_| has_outlines(|tag| tables.iter().any(|table| table.tag == tag))) else {
            continue;
        };
        let data = read_at(&mut file, cmap.start, cmap.length as usize)?;
        if let Ok(map) = Cmap::read(FontData::new(&data)) {
            known.extend(
                letters.iter().filter(|letter| map.map_codepoint(**letter).is_some_and(|glyph| glyph.to_u32() > 0)),
            );
        }
    }
    Ok(known)
}

/// Where the faces of a file begin: a collection has several.
fn face_starts(file: &mut File) -> io::Result<Vec<u32>> {
    let head = read_at(file, 0, 12)?;
    if !head.starts_with(b"ttcf") {
        return Ok(vec![0]);
    }
    let count = number(&head[8..12]).min(MOST_FACES);
    Ok(read_at(file, 12, count as usize * 4)?.chunks_exact(4).map(number).collect())
}

/// A table of a face.
struct Table {
    tag: Tag,
    start: u32,
    length: u32,
}

fn tables(file: &mut File, start: u32) -> io::Result<Vec<Table>> {
    let head = read_at(file, start, 6)?;
    let count = usize::from(u16::from_be_bytes([head[4], head[5]]));
    let records = read_at(file, start.saturating_add(12), count * 16)?;
    let table = |record: &[u8]| {
        let tag = Tag::new(&[record[0], record[1], record[2], record[3]]);
        Table { tag, start: number(&record[8..12]), length: number(&record[12..16]) }
    };
    Ok(records.chunks_exact(16).map(table).collect())
}

fn read_at(file: &mut File, start: u32, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    file.seek(SeekFrom::Start(u64::from(start)))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}
