//! A JSON file cut into its objects, each with its place.

use serde_json::value::RawValue;
use tidemill_core::table::{EngineError, Scan};

use super::super::source_file::{SourceFile, line_at};
use super::cell::{JsonFault, members, words};

/// A file in memory.
pub(super) struct Document<'a> {
    origin: &'a SourceFile,
    pub text: String,
    whole: bool,
    /// Whether there is an object a line instead of an array of them.
    lines: bool,
}

/// The text of one object.
pub(super) struct Object<'a> {
    /// Where it starts in the document.
    pub at: usize,
    pub raw: &'a str,
}

/// The objects of a document.
pub(super) struct Objects<'a> {
    pub list: Vec<Object<'a>>,
    /// Whether the text ended before the list did.
    cut: bool,
}

impl<'a> Document<'a> {
    /// All of the file.
    pub fn whole(origin: &'a SourceFile, scan: &Scan, lines: bool) -> Result<Self, EngineError> {
        Self::open(origin, scan, lines, None)
    }

    /// So much of the file that it has `rows` objects, if there are so many.
    pub fn head(
        origin: &'a SourceFile,
        scan: &Scan,
        lines: bool,
        rows: usize,
        bytes: usize,
    ) -> Result<Self, EngineError> {
        let mut limit = bytes;
        loop {
            let document = Self::open(origin, scan, lines, Some(limit))?;
            if document.whole {
                return Ok(document);
            }
            let objects = document.objects(rows)?;
            if objects.list.len() >= rows || !objects.cut {
                return Ok(document);
            }
            limit = limit.saturating_mul(8);
        }
    }

    fn open(origin: &'a SourceFile, scan: &Scan, lines: bool, limit: Option<usize>) -> Result<Self, EngineError> {
        let source = origin.text(scan.options.encoding.as_deref(), limit)?;
        Ok(Self { origin, text: source.text, whole: source.whole, lines })
    }

    /// The first `limit` objects: one a line, or the elements of an array.
    pub fn objects(&self, limit: usize) -> Result<Objects<'_>, EngineError> {
        let found = if self.lines { self.lines(limit) } else { self.elements(limit) };
        found.map_err(|fault| self.explain(fault))
    }

    /// A fault as an error that names the line.
    pub fn explain(&self, fault: JsonFault) -> EngineError {
        let line = Some(line_at(&self.text, fault.at));
        match fault.help {
            Some(help) => self.origin.error_with_help(line, fault.message, help),
            None => self.origin.error(line, fault.message),
        }
    }

    fn lines(&self, limit: usize) -> Result<Objects<'_>, JsonFault> {
        let mut list = Vec::new();
        let mut at = 0;
        for line in self.text.split_inclusive('\n') {
            let start = at + line.len() - line.trim_start().len();
            at += line.len();
            let raw = line.trim();
            if list.len() == limit {
                return Ok(Objects { list, cut: false });
            }
            if raw.is_empty() || (!self.whole && !line.ends_with('\n')) {
                continue;
            }
            if !raw.starts_with('{') {
                return Err(JsonFault {
                    at: start,
                    message: format!("expected an object on the line, found {}", kind(raw)),
                    help: None,
                });
            }
            list.push(Object { at: start, raw });
        }
        Ok(Objects { list, cut: !self.whole })
    }

    fn elements(&self, limit: usize) -> Result<Objects<'_>, JsonFault> {
        let start = self.skip_space(0);
        let rest = &self.text[start..];
        match rest.as_bytes().first() {
            Some(b'[') => self.array(start, limit),
            Some(b'{') if !self.whole => Ok(Objects { list: Vec::new(), cut: true }),
            Some(b'{') => {
                let members = members(rest).map_err(|error| self.fault(start, &error))?;
                let mut arrays = members.iter().filter(|(_, raw)| raw.starts_with('['));
                match (arrays.next(), arrays.next()) {
                    // The value is a part of the text, so the distance of their first bytes is its place.
                    (Some((_, raw)), None) => self.array(raw.as_ptr() as usize - self.text.as_ptr() as usize, limit),
                    _ => Err(JsonFault {
                        at: start,
                        message: "expected an array of objects, found one object".into(),
                        help: None,
                    }),
                }
            }
            None => Err(JsonFault { at: start, message: "is empty".into(), help: None }),
            Some(_) => Err(JsonFault {
                at: start,
                message: format!("expected an array of objects, found {}", kind(rest)),
                help: None,
            }),
        }
    }

    /// The elements of the array that starts there.
    fn array(&self, start: usize, limit: usize) -> Result<Objects<'_>, JsonFault> {
        let mut list = Vec::new();
        let bytes = self.text.as_bytes();
        let mut at = self.skip_space(start + 1);
        let unfinished = |list, at| {
            let message = "the array is cut off: `]` is missing".to_owned();
            if self.whole { Err(JsonFault { at, message, help: None }) } else { Ok(Objects { list, cut: true }) }
        };
        if bytes.get(at) == Some(&b']') {
            return self.nothing_behind(at + 1, Objects { list, cut: false });
        }
        while list.len() < limit {
            match bytes.get(at) {
                None => return unfinished(list, at),
                Some(b'{') => {}
                Some(_) => {
                    let message = format!("element {} is {}, not an object", list.len() + 1, kind(&self.text[at..]));
                    return Err(JsonFault { at, message, help: None });
                }
            }
            let mut stream = serde_json::Deserializer::from_str(&self.text[at..]).into_iter::<&RawValue>();
            let raw = match stream.next() {
                Some(Ok(raw)) => raw.get(),
                Some(Err(error)) if error.is_eof() && !self.whole => return Ok(Objects { list, cut: true }),
                Some(Err(error)) => return Err(self.fault(at, &error)),
                None => return unfinished(list, at),
            };
            list.push(Object { at, raw });
            at = self.skip_space(at + raw.len());
            match bytes.get(at) {
                Some(b',') => at = self.skip_space(at + 1),
                Some(b']') => return self.nothing_behind(at + 1, Objects { list, cut: false }),
                None => return unfinished(list, at),
                Some(_) => {
                    return Err(JsonFault {
                        at,
                        message: "expected `,` or `]` behind an object of the array".into(),
                        help: None,
                    });
                }
            }
        }
        Ok(Objects { list, cut: false })
    }

    fn nothing_behind<'o>(&self, at: usize, objects: Objects<'o>) -> Result<Objects<'o>, JsonFault> {
        let at = self.skip_space(at);
        // An array inside an object is followed by the rest of the object, which has been read already.
        match self.text.as_bytes().get(at) {
            Some(_) if !self.text.trim_start().starts_with('{') => {
                Err(JsonFault { at, message: "something follows the array".into(), help: None })
            }
            _ => Ok(objects),
        }
    }

    fn skip_space(&self, at: usize) -> usize {
        let rest = &self.text.as_bytes()[at..];
        at + rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count()
    }

    /// An error of the parser, which counts lines from `at`.
    fn fault(&self, at: usize, error: &serde_json::Error) -> JsonFault {
        let line: usize =
            self.text[at..].split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        JsonFault { at: at + line, message: words(error), help: None }
    }
}

/// What a JSON text begins with, in words.
fn kind(text: &str) -> &'static str {
    match text.as_bytes().first() {
        Some(b'[') => "an array",
        Some(b'{') => "an object",
        Some(b'"') => "a text",
        Some(b'n') => "null",
        Some(b't' | b'f') => "true or false",
        Some(b'-' | b'0'..=b'9') => "a number",
        _ => "something that is no JSON",
    }
}
