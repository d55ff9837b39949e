//! What was read of another tool's file.

use tidemill_core::spec::{Node, NodeValue};

/// A pipeline as another tool has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imported {
    /// Its name; the folder's if None.
    pub name: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// When it runs, as cron says it, and the time zone.
    pub schedule: Option<(String, Option<String>)>,
    /// Variables of all commands.
    pub env: Vec<(String, String)>,
    /// Its tasks.
    pub tasks: Vec<ImportedTask>,
    /// What could not be translated.
    pub remarks: Vec<Remark>,
}

/// A command as another tool has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImportedTask {
    /// Its name there.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The text for the shell.
    pub run: String,
    /// The shell, if it is not `sh`.
    pub shell: Option<String>,
    /// The folder that it starts in.
    pub cwd: Option<String>,
    /// The files that it reads.
    pub inputs: Vec<String>,
    /// The files that it writes.
    pub outputs: Vec<String>,
    /// Tasks that go first, by their names.
    pub after: Vec<String>,
    /// Its own variables.
    pub env: Vec<(String, String)>,
    /// So many more attempts, and the seconds between them.
    pub retries: Option<(u64, Option<u64>)>,
    /// Whether it runs each time.
    pub always: bool,
}

/// Something that was not translated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The line, from 1.
    pub line: usize,
    /// What, and what to do.
    pub text: String,
}

impl Imported {
    /// Notes what is not translated.
    pub fn remark(&mut self, line: usize, text: impl Into<String>) {
        self.remarks.push(Remark { line, text: text.into() });
    }
}

/// The line of a node.
pub fn line_of(text: &str, node: &Node) -> usize {
    line_at(text, node.span.start as usize)
}

/// The line of a byte, from 1.
pub fn line_at(text: &str, at: usize) -> usize {
    text.get(..at).map_or(1, |before| before.matches('\n').count() + 1)
}

/// The texts of a list, or of one value.
pub fn texts(node: &Node) -> Vec<String> {
    match &node.value {
        NodeValue::List(items) => items.iter().filter_map(|item| item.value.scalar_text()).collect(),
        value => value.scalar_text().into_iter().collect(),
    }
}

/// Names and values of a map, or of a list of maps.
pub fn pairs(node: &Node) -> Vec<(String, String)> {
    let of_map = |node: &Node| -> Vec<(String, String)> {
        let pair =
            |(key, value): &(tidemill_core::spec::Key, Node)| Some((key.name.clone(), value.value.scalar_text()?));
        node.entries().iter().filter_map(pair).collect()
    };
    match &node.value {
        NodeValue::List(items) => items.iter().flat_map(of_map).collect(),
        _ => of_map(node),
    }
}
