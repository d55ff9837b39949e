//! Pictures that templates show.

use std::path::Path;

use minijinja::value::Kwargs;
use minijinja::{Error, ErrorKind, HtmlEscape, Value};
use tidemill_core::attempt::{OutputPlaces, real};
use tidemill_core::plan::resolve;
use tidemill_core::regular_file::{self, MOST_PART};
use tidemill_core::table::Location;
use tidemill_core::template::{checked_width, picture_kind};

/// An SVG says within so many bytes that it is one.
const HEAD: usize = 4096;

/// A picture as a data URI, so that one file holds all; with `width` or `alt`, the whole element that shows it. A report is sent to others: nothing but pictures of the project comes
/// into it, wherever a link leads.
pub fn image(project: &Path, places: &OutputPlaces, path: &str, keys: &Kwargs) -> Result<Value, Error> {
    let width = keys.get::<Option<Value>>("width")?.map(|width| checked_width(&width)).transpose()?;
    let alt = keys.get::<Option<String>>("alt")?;
    keys.assert_all_used()?;
    let address = address(project, places, path)?;
    if width.is_none() && alt.is_none() {
        return Ok(Value::from_safe_string(address));
    }
    let alt = alt.unwrap_or_else(|| named(path));
    let width = width.map(|width| format!("width:{width};")).unwrap_or_default();
    Ok(Value::from_safe_string(format!(
        "<img src=\"{address}\" alt=\"{}\" style=\"{width}max-width:100%;height:auto\">",
        HtmlEscape(&alt)
    )))
}

/// What a picture shows, as far as its file's name says it.
pub fn named(path: &str) -> String {
    let stem = Path::new(path).file_stem().unwrap_or_default();
    stem.to_string_lossy().replace(['_', '-'], " ")
}

fn wrong(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

/// The picture's data URI.
fn address(project: &Path, places: &OutputPlaces, path: &str) -> Result<String, Error> {
    use base64::Engine as _;

    let kind = picture_kind(path)?;
    let file = real(&resolve(project, &Location::new(path)));
    if !places.hold(&file) {
        let place = file.display();
        return Err(wrong(format!(
            "the picture {path} lies outside the project, at {place}: put a copy into the project"
        )));
    }
    let bytes = regular_file::read(&file, MOST_PART)
        .map_err(|error| wrong(format!("cannot read the picture {path}: {error}")))?;
    if !is_picture(kind, &bytes) {
        return Err(wrong(format!("{path} does not hold a picture of its kind ({kind})")));
    }
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    Ok(format!("data:{kind};base64,{text}"))
}

/// Whether bytes begin as a picture of that kind does.
fn is_picture(kind: &str, bytes: &[u8]) -> bool {
    match kind {
        "image/png" => bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
        "image/jpeg" => bytes.starts_with(b"\xff\xd8\xff"),
        "image/gif" => bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a"),
        "image/webp" => bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"),
        _ => bytes[..bytes.len().min(HEAD)].windows(4).any(|part| part == b"<svg"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_known_by_its_first_bytes() {
        for (kind, bytes) in [
            ("image/png", &b"\x89PNG\r\n\x1a\n...."[..]),
            ("image/jpeg", b"\xff\xd8\xff\xe0"),
            ("image/gif", b"GIF89a.."),
            ("image/webp", b"RIFF....WEBPVP8 "),
            ("image/svg+xml", b"<?xml version=\"1.0\"?>\n<!-- x -->\n<svg xmlns"),
        ] {
            assert!(
                is_picture(kind, bytes) && !is_picture(kind, b"root:x:0:0:root") && !is_picture(kind, b""),
                "{kind}"
            );
        }
    }
}
