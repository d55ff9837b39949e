//! The zip archive of a workbook: what it may unpack to, and the digits of its long numbers as they are written there.

use std::collections::HashMap;
use std::io::{self, BufReader, Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use tidemill_core::table::EngineError;
use zip::ZipArchive;

use crate::io::read::source_file::SourceFile;

/// What an archive may unpack to, whatever its size.
const MOST_BYTES: u64 = 8 << 30;
/// From here on the archive must not be many times smaller than what it unpacks to.
const LARGE: u64 = 512 << 20;
/// How many times smaller it may be then. Workbooks in use are up to a hundred times smaller.
const MOST_RATIO: u64 = 300;
/// Packed parts of up to this size may say what they like of their unpacked size: deflate makes nothing more than 1,032 times
/// smaller.
const TRUSTED: u64 = 1 << 20;
/// The shortest text of a workbook: `<si/>`.
const SHORTEST_TEXT: u64 = 5;
/// How far into the table of texts its first tag is looked for.
const HEAD: u64 = 1 << 16;

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// Refuses an archive that would fill the memory. What is no archive at all is for the reader of workbooks to say.
pub(super) fn check(origin: &SourceFile, bytes: &[u8]) -> Result<(), EngineError> {
    let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) else { return Ok(()) };
    let mut total = 0;
    for at in 0..archive.len() {
        let Ok(mut part) = archive.by_index(at) else { continue };
        let said = part.size();
        total += said;
        let is_large = total > LARGE && total / MOST_RATIO > bytes.len() as u64;
        if total > MOST_BYTES || is_large {
            return Err(bomb(origin, bytes.len(), total));
        }
        let name = part.name().map(|name| name.to_ascii_lowercase()).unwrap_or_default();
        if part.compressed_size() > TRUSTED {
            let unpacked = io::copy(&mut part.by_ref().take(said.saturating_add(1)), &mut io::sink());
            if unpacked.is_ok_and(|unpacked| unpacked > said) {
                return Err(origin.error(None, format!("is damaged: its part {name} is larger than it says")));
            }
        }
        if name.ends_with("sharedstrings.xml") {
            let mut head = Vec::new();
            drop(part);
            // What cannot be unpacked is told when it is read.
            let _ = archive.by_index(at).map(|part| part.take(HEAD).read_to_end(&mut head));
            if let Some(texts) = said_texts(&head).filter(|texts| *texts > said / SHORTEST_TEXT + 1) {
                let message = format!("is damaged: it says that it holds {texts} texts, more than fit");
                return Err(origin.error(None, message));
            }
        }
    }
    Ok(())
}

fn bomb(origin: &SourceFile, packed: usize, unpacked: u64) -> EngineError {
    let message = format!("is refused: its {packed} bytes would unpack to {unpacked} and more");
    origin.error_with_help(None, message, "if it is what it should be, save it as CSV and load that")
}

/// How many texts the table of texts says that it has.
fn said_texts(head: &[u8]) -> Option<u64> {
    let head = String::from_utf8_lossy(head);
    let (_, behind) = head.split_once("uniqueCount")?;
    let digits = behind.trim_start_matches([' ', '=', '"', '\'', '\t', '\n', '\r']);
    let end = digits.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(digits.len());
    // More digits than 64 bits hold are too many texts as well.
    (end > 0).then(|| digits[..end].parse().unwrap_or(u64::MAX))
}

/// Whether the archive has that part.
pub(super) fn has_part(bytes: &[u8], path: &str) -> bool {
    ZipArchive::new(Cursor::new(bytes)).is_ok_and(|archive| archive.index_for_name(path).is_some())
}

/// Shows all that a part of the archive holds, tag by tag; none if it is not there, or no XML.
pub(super) fn see_part(bytes: &[u8], path: &str, see: impl FnMut(&Event<'_>)) -> Option<()> {
    events(&mut ZipArchive::new(Cursor::new(bytes)).ok()?, path, see)
}

/// The numbers of a sheet that are written with more digits than a float holds, by row and column from 0. `sheet` is its place
/// in the list of sheets. None if the archive is built in another way than usual.
pub(super) fn long_numbers(bytes: &[u8], sheet: usize) -> Option<HashMap<(u32, u32), Box<str>>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let path = sheet_path(&mut archive, sheet)?;
    let mut found = HashMap::new();
    let (mut row, mut column) = (0, 0);
    let mut is_number = false;
    let mut in_value = false;
    events(&mut archive, &path, |event| match event {
        Event::Start(tag) => match tag.local_name().as_ref() {
            "row" => {
                row = attribute(tag, "r").and_then(|number| number.parse::<u32>().ok()?.checked_sub(1)).unwrap_or(row)
            }
            "c" => {
                if let Some(place) = attribute(tag, "r").and_then(|name| place(&name)) {
                    (row, column) = place;
                }
                is_number = attribute(tag, "t").is_none_or(|kind| kind == "n");
            }
            "v" => in_value = is_number,
            _ => {}
        },
        Event::Text(text) if in_value => {
            let text = text.xml10_content();
            let text = text.trim();
            let digits = text.bytes().filter(u8::is_ascii_digit).count();
            if digits > 15 && !text.contains(['e', 'E']) {
                found.insert((row, column), text.into());
            }
        }
        Event::End(tag) => match tag.local_name().as_ref() {
            "row" => (row, column) = (row.saturating_add(1), 0),
            "c" => column = column.saturating_add(1),
            "v" => in_value = false,
            _ => {}
        },
        _ => {}
    })?;
    Some(found)
}

/// Where the sheet lies in the archive.
fn sheet_path(archive: &mut Archive<'_>, sheet: usize) -> Option<String> {
    let workbook = "xl/workbook.xml";
    let mut ids = Vec::new();
    events(archive, workbook, |event| {
        if let Event::Start(tag) = event
            && tag.local_name().as_ref() == "sheet"
        {
            ids.push(attribute(tag, "id").unwrap_or_default());
        }
    })?;
    let id = ids.get(sheet)?;
    let mut target = None;
    events(archive, "xl/_rels/workbook.xml.rels", |event| {
        if let Event::Start(tag) = event
            && attribute(tag, "Id").as_ref() == Some(id)
        {
            target = attribute(tag, "Target");
        }
    })?;
    let target = target?;
    Some(target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned))
}

fn events(archive: &mut Archive<'_>, path: &str, mut see: impl FnMut(&Event<'_>)) -> Option<()> {
    let mut xml = Reader::from_reader(BufReader::new(archive.by_name(path).ok()?));
    let config = xml.config_mut();
    config.expand_empty_elements = true;
    config.check_end_names = false;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer).ok()? {
            Event::Eof => return Some(()),
            event => see(&event),
        }
    }
}

/// An attribute by its name, whatever its namespace.
pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = tag.attributes();
    let mut attributes = attributes.with_checks(false).flatten();
    let found = attributes.find(|attribute| attribute.key.local_name().as_ref() == name)?;
    Some(found.value.into_owned())
}

/// Row and column of `B7`, from 0.
fn place(name: &str) -> Option<(u32, u32)> {
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic).count();
    let column = name[..letters].bytes().try_fold(0_u32, |column, letter| {
        column.checked_mul(26)?.checked_add(u32::from(letter.to_ascii_uppercase() - b'A') + 1)
    })?;
    Some((name[letters..].parse::<u32>().ok()?.checked_sub(1)?, column.checked_sub(1)?))
}

/// `B7` of row and column from 0.
pub(super) fn name(row: u32, column: u32) -> String {
    let mut letters = Vec::new();
    let mut left = column + 1;
    while left > 0 {
        left -= 1;
        letters.push(char::from(b'A' + (left % 26) as u8));
        left /= 26;
    }
    let letters: String = letters.iter().rev().collect();
    format!("{letters}{}", row + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_have_names() {
        for (text, at) in [("A1", (0, 0)), ("Z9", (8, 25)), ("AA10", (9, 26)), ("XFD1048576", (1_048_575, 16_383))] {
            assert_eq!(place(text), Some(at), "{text}");
            assert_eq!(name(at.0, at.1), text);
        }
        for text in ["", "A", "1", "A0", "A-1"] {
            assert_eq!(place(text), None, "{text}");
        }
    }

    #[test]
    fn the_number_of_texts_is_read_from_the_first_tag() {
        assert_eq!(said_texts(b"<sst count=\"4\" uniqueCount=\"3\"><si/>"), Some(3));
        assert_eq!(said_texts(b"<sst uniqueCount = '99999999999999999999'>"), Some(u64::MAX));
        assert_eq!(said_texts(b"<sst><si/>"), None);
    }
}
