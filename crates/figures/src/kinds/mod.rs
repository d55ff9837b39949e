//! The kinds of charts, a file each. A new one is a file and a line in the list.

mod area;
mod bar;
mod barh;
mod hist;
mod line;
mod scatter;

use crate::Kind;

/// All kinds, in the order in which they are told; the first is the default.
static KINDS: [Kind; 6] = [
    Kind(&line::Line),
    Kind(&bar::Bar),
    Kind(&barh::BarH),
    Kind(&scatter::Scatter),
    Kind(&area::Area),
    Kind(&hist::Hist),
];

impl Kind {
    /// All kinds, in the order in which they are told.
    pub fn all() -> &'static [Kind] {
        &KINDS
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Kind> {
        KINDS.iter().copied().find(|kind| kind.name() == name)
    }
}

impl Default for Kind {
    fn default() -> Self {
        KINDS[0]
    }
}
