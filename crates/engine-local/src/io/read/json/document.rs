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
    /// Where the records are, if that is said.
    records: Option<&'a str>,
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
    pub fn whole(origin: &'a SourceFile, scan: &'a Scan, lines: bool) -> Result<Self, EngineError> {
        Self::open(origin, scan, lines, None)
    }

    /// So much of the file that it has `rows` objects, if there are so many.
    pub fn head(
        origin: &'a SourceFile,
        scan: &'a Scan,
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

    fn open(origin: &'a SourceFile, scan: &'a Scan, lines: bool, limit: Option<usize>) -> Result<Self, EngineError> {
        let source = origin.text(scan.options.encoding.as_deref(), limit)?;
        Ok(Self { origin, text: source.text, whole: source.whole, lines, records: scan.options.records.as_deref() })
    }

    /// The first `limit` objects: one a line, or the elements of an array.
    pub fn objects(&self, limit: usize) -> Result<Objects<'_>, EngineError> {
        let is_array = || self.text[self.skip_space(0)..].starts_with('[');
        let found = if self.lines && !is_array() { self.lines(limit) } else { self.elements(limit) };
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
            Some(b'{') => self.object(start, limit),
            None => Err(JsonFault { at: start, message: "is empty".into(), help: None }),
            Some(_) => Err(JsonFault {
                at: start,
                message: format!("expected an array of objects, found {}", kind(rest)),
                help: None,
            }),
        }
    }

    /// The objects of a text that starts with one there: it is the first of several, or holds them in an array, or is the only
    /// one.
    fn object(&self, start: usize, limit: usize) -> Result<Objects<'_>, JsonFault> {
        let Some(raw) = self.value(start)? else { return Ok(Objects { list: Vec::new(), cut: true }) };
        let behind = self.skip_space(start + raw.len());
        match self.text.as_bytes().get(behind) {
            Some(b'{') => return self.sequence(start, limit),
            Some(_) => {
                let message = "something follows the object".to_owned();
                return Err(JsonFault { at: behind, message, help: None });
            }
            None if !self.whole => return Ok(Objects { list: Vec::new(), cut: true }),
            None => {}
        }
        let mut arrays = Vec::new();
        arrays_in(raw, "", MOST_NESTED, &mut arrays).map_err(|error| self.fault(start, &error))?;
        // Each is a part of the text, so the distance of their first bytes is its place.
        let place = |array: &str| array.as_ptr() as usize - self.text.as_ptr() as usize;
        if let Some(wanted) = self.records {
            return match arrays.iter().find(|(path, _)| path == wanted) {
                Some((_, array)) => self.array(place(array), limit),
                None => {
                    let message = format!("has no array `{wanted}`");
                    let help = (!arrays.is_empty()).then(|| format!("there is {}", listed(arrays.iter())));
                    Err(JsonFault { at: start, message, help })
                }
            };
        }
        let of_objects = |(_, array): &&(String, &str)| array[1..].trim_start().starts_with('{');
        let several: Vec<&(String, &str)> = arrays.iter().filter(of_objects).collect();
        match (several.as_slice(), arrays.as_slice()) {
            ([(_, array)], _) => self.array(place(array), limit),
            ([], [(_, array)]) if array[1..].trim_start().starts_with(']') => self.array(place(array), limit),
            ([], _) => Ok(Objects { list: vec![Object { at: start, raw }], cut: false }),
            (several, _) => Err(JsonFault {
                at: start,
                message: "several arrays of objects are in the object".to_owned(),
                help: Some(format!(
                    "say which holds the records, as `options: {{records: {}}}`: there is {}",
                    several[0].0,
                    listed(several.iter().copied())
                )),
            }),
        }
    }

    /// Objects one after another, from there.
    fn sequence(&self, start: usize, limit: usize) -> Result<Objects<'_>, JsonFault> {
        let mut list = Vec::new();
        let mut at = start;
        while list.len() < limit {
            match self.text.as_bytes().get(at) {
                None => return Ok(Objects { list, cut: !self.whole }),
                Some(b'{') => {}
                Some(_) => {
                    let message = format!("expected an object, found {}", kind(&self.text[at..]));
                    return Err(JsonFault { at, message, help: None });
                }
            }
            let Some(raw) = self.value(at)? else { return Ok(Objects { list, cut: true }) };
            list.push(Object { at, raw });
            at = self.skip_space(at + raw.len());
        }
        Ok(Objects { list, cut: false })
    }

    /// The value that starts there; none if the text was cut off within it.
    fn value(&self, at: usize) -> Result<Option<&str>, JsonFault> {
        let mut stream = serde_json::Deserializer::from_str(&self.text[at..]).into_iter::<&RawValue>();
        match stream.next() {
            Some(Ok(raw)) => Ok(Some(raw.get())),
            Some(Err(error)) if error.is_eof() && !self.whole => Ok(None),
            Some(Err(error)) => Err(self.fault(at, &error)),
            None => Ok(None),
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
            let Some(raw) = self.value(at)? else { return Ok(Objects { list, cut: true }) };
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

/// Objects inside objects are looked into so deep for arrays.
const MOST_NESTED: usize = 4;

/// The arrays that are members of an object, or of objects in it, by their paths.
fn arrays_in<'t>(
    raw: &'t str,
    above: &str,
    depth: usize,
    found: &mut Vec<(String, &'t str)>,
) -> Result<(), serde_json::Error> {
    for (key, value) in members(raw)? {
        let path = if above.is_empty() { key.into_owned() } else { format!("{above}.{key}") };
        match value.as_bytes().first() {
            Some(b'[') => found.push((path, value)),
            Some(b'{') if depth > 1 => arrays_in(value, &path, depth - 1, found)?,
            _ => {}
        }
    }
    Ok(())
}

/// The paths, as a message lists them.
fn listed<'p>(arrays: impl Iterator<Item = &'p (String, &'p str)>) -> String {
    arrays.take(10).map(|(path, _)| format!("`{path}`")).collect::<Vec<_>>().join(", ")
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
