//! A mail of the outbox as a person would look at it: who, what, its texts, its attachments.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Parts within parts within parts: no deeper.
const DEEPEST: usize = 8;
/// Takes what others write: padded or not, with bits that are left over.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A mail.
#[derive(Debug, Default)]
pub struct Mail {
    /// Its headers in order, decoded.
    pub headers: Vec<(String, String)>,
    /// Its text.
    pub text: Option<String>,
    /// Its text as HTML.
    pub html: Option<String>,
    /// What else it holds: attachments, and the pictures of its HTML.
    pub parts: Vec<MimePart>,
}

/// A file within a mail.
#[derive(Debug)]
pub struct MimePart {
    /// Its name.
    pub name: String,
    /// Its type.
    pub content_type: String,
    /// By which its HTML knows it.
    pub id: Option<String>,
    /// Whether it is among the mail's files: it may be a picture of the HTML too.
    pub is_attached: bool,
    /// It.
    pub bytes: Vec<u8>,
}

impl Mail {
    /// Reads a mail; what cannot be understood is left out or stays as it is.
    pub fn read(bytes: &[u8]) -> Self {
        let mut mail = Self::default();
        let entity = Entity::read(bytes);
        mail.headers = entity.headers.iter().map(|(name, value)| (name.clone(), decoded_words(value))).collect();
        mail.take(&entity, 0);
        mail
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Its HTML with its pictures within it.
    pub fn whole_html(&self) -> Option<String> {
        let mut html = self.html.clone()?;
        for part in &self.parts {
            if let Some(id) = &part.id {
                let data = format!("data:{};base64,{}", part.content_type, BASE64.encode(&part.bytes));
                html = html.replace(&format!("cid:{id}"), &data);
            }
        }
        Some(html)
    }

    fn take(&mut self, entity: &Entity<'_>, depth: usize) {
        let (kind, parameters) = entity.content_type();
        if let (Some(boundary), true, true) =
            (parameter(&parameters, "boundary"), kind.starts_with("multipart/"), depth < DEEPEST)
        {
            for part in parts(entity.body, boundary.as_bytes()) {
                self.take(&Entity::read(part), depth + 1);
            }
            return;
        }
        let disposition = entity.header("content-disposition").unwrap_or_default();
        let (how, named) = with_parameters(disposition);
        let name = parameter(&named, "filename").or_else(|| parameter(&parameters, "name"));
        let bytes = entity.decoded();
        let is_file = how.eq_ignore_ascii_case("attachment") || name.is_some();
        let text = || text_of(&bytes, parameter(&parameters, "charset").as_deref());
        match kind.as_str() {
            "text/plain" if !is_file && self.text.is_none() => self.text = Some(text()),
            "text/html" if !is_file && self.html.is_none() => self.html = Some(text()),
            _ => {
                let id = entity.header("content-id").map(|id| id.trim_matches(['<', '>', ' ']).to_owned());
                let name = name.map_or_else(|| "part".to_owned(), |name| decoded_words(&name));
                let is_attached = id.is_none() || how.eq_ignore_ascii_case("attachment");
                self.parts.push(MimePart { name, content_type: kind, id, is_attached, bytes });
            }
        }
    }
}

/// Headers and what follows them.
struct Entity<'a> {
    headers: Vec<(String, String)>,
    body: &'a [u8],
}

impl<'a> Entity<'a> {
    fn read(bytes: &'a [u8]) -> Self {
        let (mut headers, mut rest) = (Vec::<(String, String)>::new(), bytes);
        while let Some((line, after)) = line(rest) {
            rest = after;
            let text = String::from_utf8_lossy(line);
            if text.is_empty() {
                break;
            }
            match (text.starts_with([' ', '\t']), headers.last_mut(), text.split_once(':')) {
                (true, Some((_, value)), _) => {
                    value.push(' ');
                    value.push_str(text.trim());
                }
                (false, _, Some((name, value))) => headers.push((name.trim().to_owned(), value.trim().to_owned())),
                _ => {}
            }
        }
        Self { headers, body: rest }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn content_type(&self) -> (String, Vec<(String, String)>) {
        let (kind, parameters) = with_parameters(self.header("content-type").unwrap_or("text/plain"));
        (kind.to_ascii_lowercase(), parameters)
    }

    fn decoded(&self) -> Vec<u8> {
        match self.header("content-transfer-encoding").unwrap_or_default().to_ascii_lowercase().as_str() {
            "base64" => {
                let letters: Vec<u8> = self.body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
                BASE64.decode(letters).unwrap_or_default()
            }
            "quoted-printable" => from_quoted(self.body, false),
            _ => self.body.to_vec(),
        }
    }
}

/// The first line without its end, and what follows it.
fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    if bytes.is_empty() {
        return None;
    }
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let (line, rest) = end.map_or((bytes, &bytes[bytes.len()..]), |end| (&bytes[..end], &bytes[end + 1..]));
    Some((line.strip_suffix(b"\r").unwrap_or(line), rest))
}

/// What stands between the lines of a boundary.
fn parts<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let mark = [b"--", boundary].concat();
    let (mut found, mut begin, mut rest) = (Vec::new(), None, body);
    while let Some((line, after)) = line(rest) {
        if let Some(end) = line.strip_prefix(mark.as_slice()) {
            let at = body.len() - rest.len();
            found.extend(begin.map(|begin: usize| &body[begin..at]));
            if end.starts_with(b"--") {
                return found;
            }
            begin = Some(body.len() - after.len());
        }
        rest = after;
    }
    found.extend(begin.map(|begin| &body[begin..]));
    found
}

/// `text/plain; charset=utf-8` in its parts.
fn with_parameters(value: &str) -> (String, Vec<(String, String)>) {
    let mut is_quoted = false;
    let mut parts = value.split(|letter| {
        is_quoted ^= letter == '"';
        letter == ';' && !is_quoted
    });
    let first = parts.next().unwrap_or_default().trim().to_owned();
    let parameter = |part: &str| {
        let (name, value) = part.split_once('=')?;
        Some((name.trim().to_ascii_lowercase(), value.trim().trim_matches('"').to_owned()))
    };
    (first, parts.filter_map(parameter).collect())
}

/// A parameter, also in the form of RFC 2231.
fn parameter(parameters: &[(String, String)], name: &str) -> Option<String> {
    let find = |wanted: &str| parameters.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.as_str());
    if let Some(plain) = find(name) {
        return Some(plain.to_owned());
    }
    let mut whole = String::new();
    for number in 0.. {
        let piece = find(&format!("{name}*{number}")).or_else(|| find(&format!("{name}*{number}*")));
        match piece {
            Some(piece) => whole.push_str(piece),
            None => break,
        }
    }
    let encoded = find(&format!("{name}*")).map(str::to_owned).or((!whole.is_empty()).then_some(whole))?;
    let text = encoded.rsplit('\'').next().unwrap_or_default();
    Some(percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned())
}

/// `=?utf-8?b?…?=` in a header as text.
fn decoded_words(value: &str) -> String {
    let (mut text, mut rest) = (String::new(), value);
    while let Some((before, after)) = rest.split_once("=?") {
        let mut fields = after.splitn(3, '?');
        let (charset, how, data) = (fields.next(), fields.next(), fields.next().and_then(|data| data.split_once("?=")));
        let Some(((charset, how), (data, after))) = charset.zip(how).zip(data) else { break };
        let bytes = match how {
            "b" | "B" => BASE64.decode(data).unwrap_or_default(),
            _ => from_quoted(data.as_bytes(), true),
        };
        // Blanks between two of them are no part of the text.
        if !before.trim().is_empty() || text.is_empty() {
            text.push_str(before);
        }
        text.push_str(&text_of(&bytes, Some(charset)));
        rest = after;
    }
    text + rest
}

/// Quoted-printable; in a header `_` is a blank.
fn from_quoted(body: &[u8], is_header: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'=', [b'\r', b'\n', after @ ..] | [b'\n', after @ ..]) => rest = after,
            (b'=', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    out.push(high * 16 + low);
                    rest = after;
                }
                _ => out.push(b'='),
            },
            (b'_', _) if is_header => out.push(b' '),
            _ => out.push(*first),
        }
    }
    out
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// UTF-8, or one byte a letter.
fn text_of(bytes: &[u8], charset: Option<&str>) -> String {
    match charset.map(str::to_ascii_lowercase).as_deref() {
        Some("iso-8859-1" | "latin1") => bytes.iter().map(|byte| char::from(*byte)).collect(),
        _ => Cow::into_owned(String::from_utf8_lossy(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = "From: =?utf-8?b?SsO8cmdlbg==?= <a@b.c>\r\nSubject: =?utf-8?q?Caf=C3=A9_?=\r\n =?utf-8?q?=E2=82=AC?= today\r\n\
        Content-Type: multipart/mixed; boundary=\"x y\"\r\n\r\nignored\r\n--x y\r\n\
        Content-Type: multipart/related; boundary=in\r\n\r\n--in\r\nContent-Type: text/html; charset=utf-8\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\n<img src=3D\"cid:p\">=\r\n=E2=82=AC\r\n--in\r\nContent-Type: image/png\r\n\
        Content-ID: <p>\r\nContent-Disposition: inline\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\n--in\r\n\
        Content-Type: image/png\r\nContent-ID: <q>\r\nContent-Disposition: attachment; filename=q.png\r\n\r\nDEF\r\n--in--\r\n--x y\r\n\
        Content-Type: text/csv\r\nContent-Disposition: attachment; filename*=utf-8''%C3%A4.csv\r\n\r\na,b\r\n--x y--\r\n";

    #[test]
    fn a_mail_is_read_as_it_was_meant() {
        let mail = Mail::read(MAIL.as_bytes());
        assert_eq!(mail.header("from"), Some("Jürgen <a@b.c>"));
        assert_eq!(mail.header("subject"), Some("Café € today"));
        assert_eq!(mail.whole_html().as_deref().map(str::trim_end), Some("<img src=\"data:image/png;base64,QUJD\">€"));
        let parts: Vec<(&str, bool)> = mail.parts.iter().map(|part| (part.name.as_str(), part.is_attached)).collect();
        assert_eq!(parts, [("part", false), ("q.png", true), ("ä.csv", true)]);
    }

    #[test]
    fn whatever_the_bytes_are_nothing_breaks() {
        for length in 0..MAIL.len() {
            Mail::read(&MAIL.as_bytes()[..length]);
        }
        for text in ["", "\n", "Content-Type: multipart/mixed; boundary=\n\n--\n--", "=?", "Subject: =?a?b?!?=\n\n"] {
            Mail::read(text.as_bytes());
        }
    }
}
