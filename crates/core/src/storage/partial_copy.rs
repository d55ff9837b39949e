//! Files of which only parts are wanted.

use std::fmt::Debug;
use std::io;
use std::ops::Range;
use std::path::Path;

/// A file elsewhere, of which a copy on this machine holds the parts that were asked for. It goes with this value.
pub trait PartialCopy: Debug + Send + Sync {
    /// The copy: a file as long as the one elsewhere, with zeros where nothing was asked for yet.
    fn path(&self) -> &Path;

    /// How long the file is, in bytes.
    fn length(&self) -> u64;

    /// Sees to it that these bytes are in the copy. What lies near them may come with them.
    ///
    /// # Errors
    /// If they cannot be had, or the file is not any more what it was when the copy was begun.
    fn fetch(&self, parts: &[Range<u64>]) -> io::Result<()>;
}
