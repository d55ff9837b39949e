//! What the store keeps of a table that stays in the files it was loaded from.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};
use tidemill_core::ids::Digest;
use tidemill_core::table::{EngineError, Location, Schema};

use crate::error::Outcome;

/// How such an object begins, before its JSON. The number is the version of the form.
const MAGIC: &[u8; 16] = b"tidemill view  1";

/// The files of a table and what was in them. Nothing in it depends on when it was made, so equal files make equal objects.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct ViewObject {
    /// The name of their format.
    pub format: String,
    /// In their order.
    pub files: Vec<ViewedFile>,
    /// The columns that are taken.
    pub schema: Schema,
}

/// A file whose rows are a table's, by its content.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct ViewedFile {
    /// Where it is.
    pub path: Location,
    /// The digest of its bytes.
    pub digest: Digest,
}

impl ViewObject {
    /// Writes it; its digest.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, to: &Path) -> Outcome<Digest> {
        let failed =
            |error: io::Error| EngineError::Sink { path: to.display().to_string(), message: error.to_string() };
        let mut bytes = MAGIC.to_vec();
        serde_json::to_writer(&mut bytes, self).map_err(|error| failed(error.into()))?;
        fs::write(to, &bytes).map_err(failed)?;
        Ok(Digest::of(&bytes))
    }

    /// The object in that file; None if it holds anything else.
    pub fn read(from: &Path) -> Option<Self> {
        let mut file = File::open(from).ok()?;
        let mut first = [0; MAGIC.len()];
        file.read_exact(&mut first).ok()?;
        if first != *MAGIC {
            return None;
        }
        serde_json::from_reader(io::BufReader::new(file)).ok()
    }
}
