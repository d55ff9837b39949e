//! Values made of files, made again when the files change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tidemill_runner::Failure;

/// What tells that a file has changed: when it was written, and its length.
#[derive(Clone, PartialEq)]
pub struct Stamp(PathBuf, Option<(SystemTime, u64)>);

impl Stamp {
    /// How the file is now.
    pub fn of(path: &Path) -> Self {
        let read = std::fs::metadata(path).ok().and_then(|found| Some((found.modified().ok()?, found.len())));
        Self(path.to_owned(), read)
    }

    /// Whether the file is still so.
    pub fn holds(&self) -> bool {
        Self::of(&self.0) == *self
    }
}

/// A value made of files. When they change it is made again; if that fails it stays what it was, which is told once.
pub struct Reloading<T> {
    files: Vec<PathBuf>,
    make: Box<dyn Fn() -> Result<T, Failure> + Send + Sync>,
    tell: Box<dyn Fn(&Failure) + Send + Sync>,
    made: Mutex<(Vec<Stamp>, Arc<T>)>,
}

impl<T> Reloading<T> {
    /// Makes it of these files for the first time.
    ///
    /// # Errors
    /// If that fails.
    pub fn new(
        files: Vec<PathBuf>,
        make: impl Fn() -> Result<T, Failure> + Send + Sync + 'static,
        tell: impl Fn(&Failure) + Send + Sync + 'static,
    ) -> Result<Self, Failure> {
        // Taken before the files are read: what changes meanwhile is read again.
        let stamps = files.iter().map(|file| Stamp::of(file)).collect();
        let made = Mutex::new((stamps, Arc::new(make()?)));
        Ok(Self { files, make: Box::new(make), tell: Box::new(tell), made })
    }

    /// It, as the files are now.
    pub fn get(&self) -> Arc<T> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if !made.0.iter().all(Stamp::holds) {
            made.0 = self.files.iter().map(|file| Stamp::of(file)).collect();
            match (self.make)() {
                Ok(value) => made.1 = Arc::new(value),
                Err(failure) => (self.tell)(&failure),
            }
        }
        made.1.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_follows_its_file_and_stays_if_that_is_wrong() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("number");
        std::fs::write(&file, "1")?;
        let told = Arc::new(Mutex::new(0));
        let (path, count) = (file.clone(), told.clone());
        let make = move || {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            text.parse::<u32>().map_err(|error| Failure::wrong(error.to_string()))
        };
        let tell = move |_: &Failure| *count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        let fresh = Reloading::new(vec![file.clone()], make, tell).map_err(std::io::Error::other)?;
        assert_eq!(*fresh.get(), 1);
        std::fs::write(&file, "wrong")?;
        assert_eq!([*fresh.get(), *fresh.get()], [1, 1]);
        assert_eq!(*told.lock().unwrap_or_else(PoisonError::into_inner), 1);
        std::fs::write(&file, "22")?;
        assert_eq!(*fresh.get(), 22);
        Ok(())
    }
}
