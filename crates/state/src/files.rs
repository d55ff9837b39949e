//! What `stat` said of files that were read.

use std::collections::HashMap;
use std::path::PathBuf;

use rusqlite::params;
use tidemill_core::fingerprint::{Stat, StatRecord};

use crate::column::{count, digest, int};
use crate::{State, StateError};

impl State {
    /// All records, for [`tidemill_core::fingerprint::FileDigests::new`].
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn files(&self) -> Result<HashMap<PathBuf, StatRecord>, StateError> {
        let mut query = self.db.prepare_cached("SELECT path, len, mtime, ctime, inode, digest FROM files_stat")?;
        let rows = query.query_map([], |row| {
            // Inodes may use all 64 bits.
            let inode = row.get::<_, i64>(4)?.cast_unsigned();
            let stat = Stat { len: count(row, 1)?, mtime: row.get(2)?, ctime: row.get(3)?, inode };
            Ok((PathBuf::from(row.get::<_, String>(0)?), StatRecord { stat, digest: digest(row, 5)? }))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Keeps records, in place of those of the same paths. Paths that are not UTF-8 are left out: their files are read again.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn save_files(&mut self, news: &HashMap<PathBuf, StatRecord>) -> Result<(), StateError> {
        if news.is_empty() {
            return Ok(());
        }
        self.write(|db| {
            let mut insert = db.prepare_cached(
                "INSERT OR REPLACE INTO files_stat (path, len, mtime, ctime, inode, digest) VALUES (?, ?, ?, ?, ?, ?)",
            )?;
            for (path, StatRecord { stat, digest }) in news {
                if let Some(path) = path.to_str() {
                    let inode = stat.inode.cast_signed();
                    insert.execute(params![path, int(stat.len), stat.mtime, stat.ctime, inode, digest.0])?;
                }
            }
            Ok(())
        })
    }
}
