//! What the filter `image` is told.

use minijinja::value::Value;
use minijinja::{Error, ErrorKind};

/// The media type of a picture, by the ending of its path.
///
/// # Errors
/// If it is none that a page can show.
pub fn picture_kind(path: &str) -> Result<&'static str, Error> {
    match path.rsplit('.').next().map(str::to_ascii_lowercase).as_deref() {
        Some("png") => Ok("image/png"),
        Some("svg") => Ok("image/svg+xml"),
        Some("jpg" | "jpeg") => Ok("image/jpeg"),
        Some("gif") => Ok("image/gif"),
        Some("webp") => Ok("image/webp"),
        _ => Err(wrong(format!("`{path}` is no picture: png, svg, jpg, gif and webp are"))),
    }
}

/// A width as CSS has it; a plain number is pixels.
///
/// # Errors
/// If it is none.
pub fn checked_width(width: &Value) -> Result<String, Error> {
    let text = width.to_string();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit()) && digits.parse::<f64>().is_ok_and(f64::is_finite);
    match &text[digits.len()..] {
        "" if is_number => Ok(format!("{digits}px")),
        "px" | "%" | "em" | "rem" | "vw" | "cm" | "mm" | "in" | "pt" if is_number => Ok(text),
        _ => Err(wrong(format!("`{text}` is no width: write for example 600, \"100%\" or \"12cm\""))),
    }
}

fn wrong(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_width_is_that_of_css() {
        let width = |value: Value| checked_width(&value).map_err(|error| error.detail().unwrap_or_default().to_owned());
        assert_eq!(width(Value::from(600)), Ok("600px".to_owned()));
        for good in ["50%", "12.5cm", "40em"] {
            assert_eq!(width(Value::from(good)), Ok(good.to_owned()));
        }
        for bad in ["", "wide", "-5px", "5px;x", "1e999", "5 px", "5furlongs", "inf"] {
            assert!(width(Value::from(bad)).is_err_and(|told| told.contains("is no width")), "{bad}");
        }
    }
}
