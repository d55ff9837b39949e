//! Whole files in, whole messages out.

mod example;
mod fuzz;
mod mistakes;
mod random;
mod templates;
mod values;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diagnostic::{Diagnostic, SourceMap};
use crate::table::Location;
use crate::task::{CheckType, Descriptor, RunFacts, Statement, Task, TaskSource, TaskType, TaskTypes};

use super::{Anything, At, LoadOptions, Loaded, Node, OneOrMany, Scope, SqlText, Template, load};

/// A type with a key of every shape.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LoadKeys {
    /// Where.
    pub path: At<Location>,
    pub table: Option<At<String>>,
    pub format: Option<Format>,
    pub columns: Option<OneOrMany<At<String>>>,
    pub derive: Option<IndexMap<String, SqlText>>,
    #[serde(rename = "where")]
    pub condition: Option<SqlText>,
    pub limit: Option<u32>,
    pub strict: Option<bool>,
    pub options: Option<Options>,
    pub subject: Option<Template>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    /// Comma-separated.
    Csv,
    /// JSON.
    Json,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Options {
    pub delimiter: Option<String>,
    pub skip_rows: Option<u32>,
}

/// Types that differ in their names.
struct FakeType(&'static Descriptor);

impl TaskType for FakeType {
    fn descriptor(&self) -> &'static Descriptor {
        self.0
    }

    fn schema(&self) -> schemars::Schema {
        schemars::schema_for!(LoadKeys)
    }

    fn build(&self, _: &TaskSource<'_>) -> Result<Arc<dyn Task>, Vec<Diagnostic>> {
        Err(Vec::new())
    }
}

/// Checks that differ in their names and take anything.
struct FakeCheck(&'static str);

impl CheckType for FakeCheck {
    fn name(&self) -> &'static str {
        self.0
    }

    fn summary(&self) -> &'static str {
        "States something."
    }

    fn schema(&self, generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        generator.subschema_for::<Anything>()
    }

    fn read(&self, _: &Node, _: &Scope, _: &SourceMap) -> Result<Option<Box<dyn Statement>>, Vec<Diagnostic>> {
        Ok(None)
    }
}

pub(super) fn fake_types() -> TaskTypes {
    TaskTypes::new()
        .with(FakeType(&Descriptor { name: "load", summary: "Reads a file.", ..Descriptor::TABLE }))
        .with(FakeType(&Descriptor { name: "email", summary: "Reads a file.", ..Descriptor::TABLE }))
        .with_check(FakeCheck("not_null"))
        .with_check(FakeCheck("unique"))
        .with_check(FakeCheck("range"))
        .with_check(FakeCheck("expr"))
}

pub(super) fn options(file: &Path) -> LoadOptions {
    LoadOptions {
        folder: std::env::temp_dir(),
        file: file.to_owned(),
        profile: None,
        engine: None,
        params: Vec::new(),
        params_file: None,
        environment: BTreeMap::from([("HOME".to_owned(), "/home/ann".to_owned())]),
        run: RunFacts {
            id: "20241120-194500-0001".to_owned(),
            started: "2024-11-20T19:45:00+00:00".to_owned(),
            logical_time: "2024-11-20T19:45:00+00:00".to_owned(),
            date: "2024-11-20".to_owned(),
            trigger: "manual".to_owned(),
            status: "running".to_owned(),
        },
        texts: Arc::default(),
    }
}

/// Loads files, of which the first is the root.
pub(super) fn load_files(files: &[(&str, &str)], change: impl FnOnce(&mut LoadOptions)) -> Loaded {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    let mut options = options(&folder.path().join(files[0].0));
    change(&mut options);
    load(&options, &fake_types())
}

/// Loads one file whose tasks follow after `version: 1`.
pub(super) fn load_text(text: &str) -> Loaded {
    load_files(&[("p.yaml", &format!("version: 1\n{text}"))], |_| {})
}

/// All messages as plain text.
pub(super) fn messages(loaded: &Loaded) -> String {
    render(loaded.diagnostics.clone().into_sorted(&loaded.sources), &loaded.sources)
}

pub(super) fn render(diagnostics: Vec<Diagnostic>, sources: &SourceMap) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        for (no, label) in diagnostic.labels.iter().enumerate() {
            let (line, column) = sources.line_column(label.span).expect("the place exists");
            let file = sources.get(label.span.file).expect("the file exists");
            let name = Path::new(&file.name).file_name().expect("it has a name").to_string_lossy().into_owned();
            let letters = &file.text[label.span.range()];
            match no {
                0 => out.push_str(&format!("{name}:{line}:{column}: {} [{letters}]", diagnostic.message)),
                _ => out.push_str(&format!("\n  {name}:{line}:{column} [{letters}]")),
            }
            if !label.text.is_empty() {
                out.push_str(&format!(" {}", label.text));
            }
        }
        if diagnostic.labels.is_empty() {
            out.push_str(&diagnostic.message);
        }
        diagnostic.help.iter().for_each(|help| out.push_str(&format!("\n  help: {help}")));
        out.push('\n');
    }
    out
}
