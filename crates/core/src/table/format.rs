//! The formats of tables in files: what is known of each, and the list of them.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The format of a table in a file: its name in a pipeline. How it is read and written is the engine's affair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct FileFormat(pub &'static str);

impl FileFormat {
    /// Its name in a pipeline.
    pub fn name(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for FileFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

/// What the rest of the program asks of a format, so that it need not know it by its name.
#[derive(Debug)]
pub struct FormatDescriptor {
    /// Its name in a pipeline.
    pub name: &'static str,
    /// What it is, in a few words, for the docs and the JSON Schema.
    pub summary: &'static str,
    /// The endings that mean it, in lower case; the first is the one that people are told of.
    pub endings: &'static [&'static str],
    /// Endings of files that can be read as it, but are not what is written: a writer's bytes under them would be refused by
    /// the programs that they belong to.
    pub read_endings: &'static [&'static str],
    /// The keys of `load` and of its `options` that have a meaning for it.
    pub options: &'static [&'static str],
    /// The options of an output that have a meaning for it.
    pub sink_options: &'static [&'static str],
    /// What a file of it is called, if it holds several tables, of which a load must name one: `an SQLite database`.
    pub database: Option<&'static str>,
    /// Whether each row names its columns, so that later rows may have more of them than the first.
    pub rows_name_columns: bool,
    /// Whether the place of a row in the file is a line of text.
    pub rows_are_lines: bool,
    /// Whether rows may still be in a second file beside it, that of SQLite's write-ahead log.
    pub has_wal: bool,
    /// Whether what reads it asks for the parts that it needs, so that of a file elsewhere no others are fetched.
    pub is_read_in_parts: bool,
}

impl FormatDescriptor {
    /// A format whose files hold one table and nothing else; to be changed where a format is otherwise.
    pub const TABLE: Self = Self {
        name: "",
        summary: "",
        endings: &[],
        read_endings: &[],
        options: &[],
        sink_options: &[],
        database: None,
        rows_name_columns: false,
        rows_are_lines: false,
        has_wal: false,
        is_read_in_parts: false,
    };

    /// What tables in it are marked with.
    pub fn format(&self) -> FileFormat {
        FileFormat(self.name)
    }

    /// Whether that key of `load` or of its `options` has a meaning for it.
    pub fn takes(&self, option: &str) -> bool {
        self.options.contains(&option)
    }
}

/// The formats that a program knows, in the order in which they are listed for people.
#[derive(Clone, Debug, Default)]
pub struct Formats(Vec<&'static FormatDescriptor>);

impl FromIterator<&'static FormatDescriptor> for Formats {
    fn from_iter<I: IntoIterator<Item = &'static FormatDescriptor>>(list: I) -> Self {
        Self(list.into_iter().collect())
    }
}

impl Formats {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &'static FormatDescriptor> {
        self.0.iter().copied()
    }

    /// The one of that name.
    pub fn named(&self, name: &str) -> Option<&'static FormatDescriptor> {
        self.iter().find(|known| known.name == name)
    }

    /// The one that a path's ending means to a reader; `.gz` and `.zst` behind it are looked through.
    pub fn of_path(&self, path: &str) -> Option<&'static FormatDescriptor> {
        let ending = ending(path)?;
        let means = |known: &FormatDescriptor| [known.endings, known.read_endings].concat().contains(&&*ending);
        self.iter().find(|known| means(known))
    }

    /// The same for an output: its ending is one under which the format is written.
    ///
    /// # Errors
    /// What is wrong with the ending, as a sentence.
    pub fn of_output(&self, path: &str) -> Result<&'static FormatDescriptor, String> {
        match (self.of_path(path), ending(path)) {
            (Some(format), Some(ending)) if format.endings.contains(&&*ending) => Ok(format),
            (Some(_), Some(ending)) => Err(format!("`{path}`: files that end in `.{ending}` can be read, not written")),
            _ => Err(format!("`{path}` has no ending that says its format")),
        }
    }

    /// The usual endings, as a message names them: first of formats whose files hold one table, then, if wanted, of databases.
    pub fn endings(&self, with_databases: bool) -> String {
        let (databases, tables): (Vec<_>, Vec<_>) = self.iter().partition(|known| known.database.is_some());
        let databases = databases.into_iter().filter(|_| with_databases);
        let endings = tables.into_iter().chain(databases).filter_map(|known| known.endings.first());
        either(&endings.map(|ending| format!(".{ending}")).collect::<Vec<_>>())
    }

    /// The names, as a message lists them.
    pub fn names(&self) -> String {
        either(&self.iter().map(|known| known.name.to_owned()).collect::<Vec<_>>())
    }

    /// The JSON Schema of a format's name.
    pub(crate) fn schema(&self) -> Schema {
        let names: Vec<_> = self
            .iter()
            .map(|known| json!({"type": "string", "const": known.name, "description": known.summary}))
            .collect();
        json_schema!({"oneOf": names, "description": "The format of a table in a file."})
    }
}

/// The ending of a path in lower case; `.gz` and `.zst` behind it are looked through.
fn ending(path: &str) -> Option<String> {
    let lower = path.to_ascii_lowercase();
    let plain = lower.strip_suffix(".gz").or_else(|| lower.strip_suffix(".zst")).unwrap_or(&lower);
    Some(plain.rsplit_once('.')?.1.to_owned())
}

fn either(list: &[String]) -> String {
    match list {
        [head @ .., last] if !head.is_empty() => format!("{} or {last}", head.join(", ")),
        _ => list.concat(),
    }
}

/// The name of a format as a pipeline has it. Its schema is that of the list of formats, which who asks for it fills in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FormatName(String);

impl FormatName {
    /// The definition in a schema that stands for the list of formats.
    pub(crate) const DEFINITION: &'static str = "FileFormat";

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl JsonSchema for FormatName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Self::DEFINITION.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_say_the_format_and_messages_list_them() {
        static TEXT: FormatDescriptor =
            FormatDescriptor { name: "text", endings: &["txt", "text"], ..FormatDescriptor::TABLE };
        static DB: FormatDescriptor =
            FormatDescriptor { name: "db", endings: &["db"], database: Some("a database"), ..FormatDescriptor::TABLE };
        static OTHER: FormatDescriptor =
            FormatDescriptor { name: "other", endings: &["oth"], ..FormatDescriptor::TABLE };
        let formats: Formats = [&TEXT, &DB, &OTHER].into_iter().collect();
        let name = |path: &str| formats.of_path(path).map(|known| known.name);
        assert_eq!(name("a/b.TEXT.gz"), Some("text"));
        assert_eq!((name("txt"), name("a.gz"), name("a.csv")), (None, None, None));
        assert_eq!(formats.endings(true), ".txt, .oth or .db");
        assert_eq!(formats.endings(false), ".txt or .oth");
        assert_eq!(formats.names(), "text, db or other");
    }
}
