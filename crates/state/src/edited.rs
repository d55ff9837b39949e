//! Outputs that were edited by hand and saved before they were restored.

use jiff::Timestamp;
use rusqlite::params;
use tidemill_core::ids::{Digest, RunId};

use crate::column::{digest, time};
use crate::{State, StateError};

/// An output that was edited by hand.
#[derive(Clone, Debug, PartialEq)]
pub struct Edited {
    /// The output's path.
    pub path: String,
    /// Where its edited content was saved.
    pub saved: String,
    /// The digest of that.
    pub digest: Digest,
    /// The run that saved it.
    pub run: RunId,
    /// When.
    pub at: Timestamp,
}

impl State {
    /// Writes down that an edited output was saved.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn record_edited(&mut self, edited: &Edited) -> Result<(), StateError> {
        let Edited { path, saved, digest, run, at } = edited;
        self.write(|db| {
            db.execute(
                "INSERT INTO edited (path, saved, digest, run, at) VALUES (?, ?, ?, ?, ?)",
                params![path, saved, digest.0, run.as_str(), at.as_microsecond()],
            )?;
            Ok(())
        })
    }

    /// All that were saved, the latest first.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn edited(&self) -> Result<Vec<Edited>, StateError> {
        let mut query = self.db.prepare("SELECT path, saved, digest, run, at FROM edited ORDER BY rowid DESC")?;
        let rows = query.query_map([], |row| {
            Ok(Edited {
                path: row.get(0)?,
                saved: row.get(1)?,
                digest: digest(row, 2)?,
                run: RunId::new(row.get::<_, String>(3)?),
                at: time(row, 4)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
