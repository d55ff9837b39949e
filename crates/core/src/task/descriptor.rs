//! What is known of a task type beside the keys of its tasks.

use crate::spec::Node;

/// What the rest of the program asks of a task type, so that it need not know it by its name.
#[derive(Debug)]
pub struct Descriptor {
    /// What stands behind `type:`.
    pub name: &'static str,
    /// The version of its code: raised when the same parameters and inputs give another result. Part of every fingerprint.
    pub version: u32,
    /// What it does, in one sentence, for the docs and the JSON Schema.
    pub summary: &'static str,
    /// Its colour in drawings: `#rrggbb`, dark enough for white text.
    pub colour: &'static str,
    /// Whether its tasks make tables that others can read.
    pub table: MakesTable,
    /// Whether it acts on the world outside (mail, webhooks): never cached, recorded in the effects' ledger.
    pub effect: bool,
    /// Whether it runs a program of the user's as a supervised child process: the run waits until it is gone, what it does to
    /// the world is not known, and it may have nothing to say.
    pub supervised: bool,
    /// Whether the files of tasks that only go first (`depends_on`) are inputs all the same, and enter its fingerprint.
    pub reads_order: bool,
}

impl Descriptor {
    /// A type that makes a table and does nothing else; to be changed where a type is otherwise.
    pub const TABLE: Self = Self {
        name: "",
        version: 1,
        summary: "",
        colour: "#6b7280",
        table: MakesTable::Always,
        effect: false,
        supervised: false,
        reads_order: false,
    };
}

/// Whether the tasks of a type make tables that others can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MakesTable {
    /// All do.
    Always,
    /// None does.
    Never,
    /// Those do that have this key.
    WithKey(&'static str),
}

impl MakesTable {
    /// Whether a task with these keys makes a table; of one that is built, [`Io::table`](super::Io::table) says it.
    pub fn with(self, keys: &Node) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::WithKey(key) => keys.get(key).is_some(),
        }
    }
}
