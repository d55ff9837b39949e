//! SQL as it stands in the file.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, SeqAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::diagnostic::{Diagnostic, SourceMap, Span};
use crate::table::Value;

use super::Scope;
use super::at::next_span;
use super::interpolate::Text;
use super::sql_fill::fill_sql;

/// The name by which [`SqlText`] asks the reader of nodes for its holes.
pub(crate) const SQL_TEXT: &str = "$tidemill::SqlText";

/// An SQL expression or query as it stands in the file, its `${{ }}` resolved to typed literals.
///
/// Serializes in canonical form: white space and comments outside of quotes change nothing, the values of the holes do.
#[derive(Clone, Debug, Default)]
pub struct SqlText {
    /// The text as the user wrote it.
    pub raw: String,
    /// The same text, of the same length in bytes, with each `${{ … }}` replaced by a placeholder `$1`, `$2` … and blanks, so
    /// that every position in it is a position in `raw`.
    pub text: String,
    /// What the placeholders stand for.
    pub holes: Vec<SqlHole>,
    /// The scalar in the file; positions within it by `SourceMap::within_scalar(span, &raw, range)`.
    pub span: Span,
}

/// What a placeholder in SQL stands for.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum SqlHole {
    /// One literal.
    One(Value),
    /// A list, for `in`.
    Many(Vec<Value>),
    /// `now()`. In fingerprints it is named, for a text constant of the same letters is another value.
    Now {
        /// As `run.logical_time` writes it.
        logical_time: String,
    },
}

impl SqlText {
    /// SQL that stands in a file of its own, or elsewhere outside of the pipeline file; its `${{ }}` are resolved now.
    ///
    /// # Errors
    /// One for each `${{ }}` that has no value, or that cannot stand where it does.
    pub fn parse(raw: &str, span: Span, scope: &Scope, sources: &SourceMap) -> Result<Self, Vec<Diagnostic>> {
        let (text, holes) = fill_sql(Text { text: raw, span, sources }, scope)?;
        Ok(Self { raw: raw.to_owned(), text, holes, span })
    }

    /// The text with the placeholders of a database for its holes, and the parameters that these stand for, in their order.
    /// `placeholder` is that of a parameter, by its number from 1; a list becomes several, and `list` puts these together, told
    /// what stands before them.
    pub fn bound(
        &self,
        placeholder: impl Fn(usize) -> String,
        list: impl Fn(&str, &[String]) -> String,
    ) -> (String, Vec<Value>) {
        let mut parameters = Vec::new();
        let bound = self.filled(|before, hole| {
            let first = parameters.len() + 1;
            match hole {
                SqlHole::One(value) => parameters.push(value.clone()),
                SqlHole::Many(values) => parameters.extend_from_slice(values),
                SqlHole::Now { logical_time } => parameters.push(Value::String(logical_time.clone())),
            }
            let places: Vec<String> = (first..=parameters.len()).map(&placeholder).collect();
            match hole {
                SqlHole::One(_) | SqlHole::Now { .. } => places.concat(),
                SqlHole::Many(_) => list(before, &places),
            }
        });
        (bound, parameters)
    }

    /// The text with what `place` makes of each hole, in their order; it is told what stands before the hole.
    pub fn filled(&self, mut place: impl FnMut(&str, &SqlHole) -> String) -> String {
        let mut filled = String::with_capacity(self.text.len());
        let mut rest = self.text.as_str();
        while let Some(at) = rest.find(['\'', '"', '`', '$']) {
            filled.push_str(&rest[..at]);
            rest = &rest[at..];
            let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
            let number = rest[1..=digits].parse::<usize>().ok().filter(|_| rest.starts_with('$'));
            let Some(hole) = number.and_then(|number| self.holes.get(number.checked_sub(1)?)) else {
                // What is quoted is copied; a doubled quote ends one run and begins the next.
                let first = &rest[..1];
                let end = if first == "$" { 1 } else { rest[1..].find(first).map_or(rest.len(), |at| at + 2) };
                filled.push_str(&rest[..end]);
                rest = &rest[end..];
                continue;
            };
            let placed = place(&filled, hole);
            filled.push_str(&placed);
            rest = &rest[1 + digits..];
        }
        filled.push_str(rest);
        filled
    }
}

/// Two texts are equal if they mean the same, wherever they stand.
impl PartialEq for SqlText {
    fn eq(&self, other: &Self) -> bool {
        self.holes == other.holes && folded(&self.text) == folded(&other.text)
    }
}

impl Serialize for SqlText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = folded(&self.text);
        if self.holes.is_empty() {
            return serializer.serialize_str(&text);
        }
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("sql", &text)?;
        map.serialize_entry("values", &self.holes)?;
        map.end()
    }
}

/// SQL with comments and runs of white space outside of quotes turned into single blanks.
fn folded(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    let blank = |out: &mut String| {
        if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    };
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '\'' | '"' | '`' => {
                // A doubled quote ends one run and begins the next, which copies the same letters.
                let end = rest[1..].find(c).map_or(rest.len(), |at| at + 2);
                out.push_str(&rest[..end]);
                end
            }
            '-' if rest.starts_with("--") => {
                blank(&mut out);
                rest.find('\n').unwrap_or(rest.len())
            }
            '/' if rest.starts_with("/*") => {
                blank(&mut out);
                rest.find("*/").map_or(rest.len(), |at| at + 2)
            }
            c if c.is_whitespace() => {
                blank(&mut out);
                c.len_utf8()
            }
            c => {
                out.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    out.truncate(out.trim_end().len());
    out
}

impl<'de> Deserialize<'de> for SqlText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SqlVisitor;

        impl<'de> Visitor<'de> for SqlVisitor {
            type Value = SqlText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("SQL")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let span = next_span(&mut seq)?;
                let mut next = || seq.next_element::<String>()?.ok_or_else(|| de::Error::custom("SQL has three parts"));
                let (raw, text, holes) = (next()?, next()?, next()?);
                Ok(SqlText { raw, text, holes: holes_from_json(&holes).map_err(de::Error::custom)?, span })
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Self::Value, D::Error> {
                let raw = String::deserialize(inner)?;
                Ok(SqlText { text: raw.clone(), raw, holes: Vec::new(), span: Span::default() })
            }
        }

        deserializer.deserialize_newtype_struct(SQL_TEXT, SqlVisitor)
    }
}

/// The holes in the form in which they pass through serde: each its kind and its values.
pub(crate) fn holes_to_json(holes: &[SqlHole]) -> Result<String, serde_json::Error> {
    let parts: Vec<(char, Vec<Value>)> = holes
        .iter()
        .map(|hole| match hole {
            SqlHole::One(value) => ('1', vec![value.clone()]),
            SqlHole::Many(values) => ('n', values.clone()),
            SqlHole::Now { logical_time } => ('t', vec![Value::String(logical_time.clone())]),
        })
        .collect();
    serde_json::to_string(&parts)
}

fn holes_from_json(text: &str) -> Result<Vec<SqlHole>, serde_json::Error> {
    let parts: Vec<(char, Vec<Value>)> = serde_json::from_str(text)?;
    Ok(parts
        .into_iter()
        .map(|(kind, mut values)| match (kind, values.as_slice()) {
            ('t', [Value::String(time)]) => SqlHole::Now { logical_time: time.clone() },
            ('1', [_]) => SqlHole::One(values.remove(0)),
            _ => SqlHole::Many(values),
        })
        .collect())
}

impl JsonSchema for SqlText {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Sql".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "number", "boolean"], "x-expected": "SQL"})
    }
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn white_space_and_comments_count_only_inside_quotes() {
        assert_eq!(folded("a  >\n 1 -- why\n and b = 'x  y'"), "a > 1 and b = 'x  y'");
        assert_eq!(folded("  a/* one */+ b  "), "a + b");
        assert_eq!(folded("'it''s  --'"), "'it''s  --'");
        assert_eq!(folded("'open"), "'open");
    }
}
