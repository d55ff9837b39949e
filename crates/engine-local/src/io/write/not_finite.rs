//! Floats that a format cannot hold and stores as NULL: NaN and the infinities.

use indexmap::IndexMap;
use tidemill_core::format::{quantity, thousands};
use tidemill_core::table::Sink;

use super::cells::Cells;

/// What the floats of one column were that became NULL.
#[derive(Clone, Copy, Default)]
struct Lost {
    nan: u64,
    infinite: u64,
}

/// Counts them by column while a table is written.
pub(super) struct NotFinite {
    columns: IndexMap<String, Lost>,
    holds: fn(f64) -> bool,
}

impl NotFinite {
    /// For a format that holds these floats.
    pub fn new(holds: fn(f64) -> bool) -> Self {
        Self { columns: IndexMap::new(), holds }
    }

    /// Counts those among the values of a block.
    pub fn count(&mut self, columns: &[(&str, Cells<'_>)]) {
        for (name, cells) in columns {
            let Cells::Float(values) = cells else { continue };
            let mut found = Lost::default();
            for value in values.iter().flatten().filter(|value| !(self.holds)(*value)) {
                *(if value.is_nan() { &mut found.nan } else { &mut found.infinite }) += 1;
            }
            if found.nan + found.infinite > 0 {
                let lost = self.columns.entry((*name).to_owned()).or_default();
                *lost = Lost { nan: lost.nan + found.nan, infinite: lost.infinite + found.infinite };
            }
        }
    }

    /// A sentence for each column that has lost values.
    pub fn warnings(&self, sink: &Sink, reason: &str) -> Vec<String> {
        let sentence = |(name, lost): (&String, &Lost)| {
            let what = match lost {
                Lost { infinite: 0, nan } => format!("{} NaN", thousands(*nan)),
                Lost { nan: 0, infinite } => quantity(*infinite, "infinite value"),
                Lost { nan, infinite } => {
                    format!("{} NaN and {}", thousands(*nan), quantity(*infinite, "infinite value"))
                }
            };
            format!("{}: {what} of column `{name}` became NULL: {reason}", sink.path)
        };
        self.columns.iter().map(sentence).collect()
    }
}
