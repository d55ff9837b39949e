//! CSV by its grammar: where fields and records end.

use std::borrow::Cow;

/// Which bytes end a field.
#[derive(Clone, Copy)]
pub(super) struct Grammar {
    delimiter: u8,
    /// Lines that begin with it are no records.
    comment: Option<u8>,
    ends: [bool; 256],
}

impl Grammar {
    /// The grammar with that byte between fields, and this one before comments.
    pub fn new(delimiter: u8, comment: Option<u8>) -> Self {
        let mut ends = [false; 256];
        for byte in [delimiter, b'\n', b'\r'] {
            ends[usize::from(byte)] = true;
        }
        Self { delimiter, comment, ends }
    }
}

/// A field as it stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field<'a> {
    /// Without quotes.
    Plain(&'a str),
    /// What stands between the quotes, whether there are doubled quotes in it.
    Quoted(&'a str, bool),
}

impl<'a> Field<'a> {
    /// Its value.
    pub fn value(self) -> Cow<'a, str> {
        match self {
            Self::Plain(text) | Self::Quoted(text, false) => Cow::Borrowed(text),
            Self::Quoted(text, true) => Cow::Owned(text.replace("\"\"", "\"")),
        }
    }

    /// An empty field without quotes: NULL.
    pub fn is_null(self) -> bool {
        self == Self::Plain("")
    }
}

/// What is wrong with a record, and at which byte of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// The quote that begins there never ends.
    Unterminated(usize),
    /// Something stands there between a closing quote and the end of the field.
    AfterQuote(usize),
}

/// A place in the text between two fields.
#[derive(Clone)]
pub(super) struct Cursor<'a, 'g> {
    /// All of the text, so that places in it are places in the file.
    pub text: &'a str,
    /// The next byte.
    pub at: usize,
    grammar: &'g Grammar,
}

impl<'a, 'g> Cursor<'a, 'g> {
    /// A cursor at the start of a record.
    pub fn new(text: &'a str, at: usize, grammar: &'g Grammar) -> Self {
        Self { text, at, grammar }
    }

    /// The next field, and whether it is the last of its record.
    pub fn field(&mut self) -> Result<(Field<'a>, bool), Broken> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        if bytes.get(start) == Some(&b'"') {
            return self.quoted(start);
        }
        let rest = &bytes[start..];
        let length = rest.iter().position(|byte| self.grammar.ends[usize::from(*byte)]).unwrap_or(rest.len());
        let last = self.end_field(start + length);
        Ok((Field::Plain(&self.text[start..start + length]), last))
    }

    /// Goes to the next record.
    pub fn skip_record(&mut self) -> Result<(), Broken> {
        if self.skip_comment() {
            return Ok(());
        }
        while !self.field()?.1 {}
        Ok(())
    }

    /// Goes over lines with nothing, or only a comment, on them.
    pub fn skip_blank_lines(&mut self) {
        let bytes = self.text.as_bytes();
        while self.skip_comment() || matches!(bytes.get(self.at), Some(b'\n' | b'\r')) {
            if matches!(bytes.get(self.at), Some(b'\n' | b'\r')) {
                self.at += 1;
            }
        }
    }

    /// Goes to the next line if this one, at whose begin the cursor is, is a comment; whether it was.
    pub fn skip_comment(&mut self) -> bool {
        let begins = self.text.as_bytes().get(self.at);
        let is_comment = begins.is_some() && begins == self.grammar.comment.as_ref();
        if is_comment {
            self.skip_line();
        }
        is_comment
    }

    /// Goes to the next line, whatever stands on this one.
    pub fn skip_line(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        let length = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        self.at += length;
        self.end_line();
    }

    /// Whether there is nothing more.
    pub fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    fn quoted(&mut self, start: usize) -> Result<(Field<'a>, bool), Broken> {
        let bytes = self.text.as_bytes();
        let mut doubled = false;
        let mut at = start + 1;
        let end = loop {
            match bytes[at..].iter().position(|byte| *byte == b'"') {
                None => return Err(Broken::Unterminated(start)),
                Some(length) if bytes.get(at + length + 1) == Some(&b'"') => {
                    doubled = true;
                    at += length + 2;
                }
                Some(length) => break at + length,
            }
        };
        match bytes.get(end + 1) {
            Some(byte) if !self.grammar.ends[usize::from(*byte)] => Err(Broken::AfterQuote(end)),
            _ => {
                let last = self.end_field(end + 1);
                Ok((Field::Quoted(&self.text[start + 1..end], doubled), last))
            }
        }
    }

    /// Steps over what ends the field at `end`; whether the record ends as well.
    fn end_field(&mut self, end: usize) -> bool {
        self.at = end;
        if self.text.as_bytes().get(end) == Some(&self.grammar.delimiter) {
            self.at += 1;
            return false;
        }
        self.end_line();
        true
    }

    fn end_line(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += match rest {
            [b'\r', b'\n', ..] => 2,
            [_, ..] => 1,
            [] => 0,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str) -> Result<Vec<Vec<String>>, Broken> {
        let grammar = Grammar::new(b',', None);
        let mut cursor = Cursor::new(text, 0, &grammar);
        let mut records = Vec::new();
        while !cursor.is_at_end() {
            let mut record = Vec::new();
            loop {
                let (field, last) = cursor.field()?;
                record.push(if field.is_null() { "NULL".into() } else { field.value().into_owned() });
                if last {
                    break;
                }
            }
            records.push(record);
        }
        Ok(records)
    }

    #[test]
    fn records_end_with_any_line_end_and_fields_may_hold_all_of_them() {
        for end in ["\n", "\r\n", "\r"] {
            let text = format!("a,b{end}\"x{end}\"\"y\"\"\",{end},\"\"{end}1,2");
            let x = format!("x{end}\"y\"");
            assert_eq!(
                records(&text).unwrap(),
                [vec!["a", "b"], vec![x.as_str(), "NULL"], vec!["NULL", ""], vec!["1", "2"]]
            );
        }
    }

    #[test]
    fn broken_quotes_are_found_where_they_are() {
        assert_eq!(records("a\n1,\"b\nc"), Err(Broken::Unterminated(4)));
        assert_eq!(records("\"a\"b,c"), Err(Broken::AfterQuote(2)));
        assert_eq!(records("5\" pipe,x").unwrap(), [vec!["5\" pipe", "x"]]);
    }
}
