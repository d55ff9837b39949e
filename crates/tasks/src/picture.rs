//! Pictures that templates show.

use std::path::Path;

use minijinja::{Error, ErrorKind, Value};
use tidemill_core::attempt::{OutputPlaces, real};
use tidemill_core::plan::resolve;
use tidemill_core::regular_file::{self, MOST_PART};
use tidemill_core::table::Location;

/// An SVG says within so many bytes that it is one.
const HEAD: usize = 4096;

/// A picture as a data URI, so that one file holds all. A report is sent to others: nothing but pictures of the project comes
/// into it, wherever a link leads.
pub fn image(project: &Path, places: &OutputPlaces, path: &str) -> Result<Value, Error> {
    use base64::Engine as _;

    let wrong = |message: String| Error::new(ErrorKind::InvalidOperation, message);
    let kind = match path.rsplit('.').next().map(str::to_ascii_lowercase).as_deref() {
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("gif") => "image/gif",
        Some("webp") => "image/webp",
        _ => return Err(wrong(format!("`{path}` is no picture: png, svg, jpg, gif and webp are"))),
    };
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
    Ok(Value::from_safe_string(format!("data:{kind};base64,{text}")))
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
