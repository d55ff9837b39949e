//! The outputs of a command, wherever it writes them.

use std::fs;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use tidemill_core::plan::resolve;
use tidemill_core::regular_file;
use tidemill_core::spec::{At, OrderedMap};
use tidemill_core::table::Location;
use tidemill_core::task::{RunContext, TaskFailure};

use super::aside::Aside;

/// The outputs of one attempt.
pub struct Outputs<'a> {
    list: Vec<Output<'a>>,
    aside: Option<Aside>,
}

struct Output<'a> {
    name: &'a str,
    location: &'a Location,
    /// Where it is published.
    target: PathBuf,
    /// Where the command is told to write it.
    staged: PathBuf,
    /// What was at its final place, where that was left in place.
    before: Option<Stamp>,
}

/// What changes when a file is written.
#[derive(PartialEq)]
struct Stamp(u64, u64, i64, i64);

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok()?;
        Some(Self(found.ino(), found.size(), found.ctime(), found.ctime_nsec()))
    }
}

impl Output<'_> {
    /// That what the command has made is a file: from anything else nothing, or no end, may come.
    fn is_file(&self) -> Result<(), TaskFailure> {
        let found = fs::metadata(&self.staged).and_then(|found| regular_file::check(&found));
        found.map_err(|error| TaskFailure::new(format!("the output `{}` ({}): {error}", self.name, self.location)))
    }
}

impl<'a> Outputs<'a> {
    /// Makes room for the outputs. One that the command's text asks the place of (`is_asked`) stays visible until the new one
    /// takes its place; any other the command may write to its final place itself, so what is there is put aside.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn prepare(
        cx: &RunContext<'_>,
        declared: &'a OrderedMap<At<Location>>,
        is_asked: impl Fn(&str) -> bool,
    ) -> Result<Self, TaskFailure> {
        let mut away = Vec::new();
        let mut list = Vec::new();
        for (name, location) in declared {
            let target = resolve(cx.project, &location.value);
            let staged = (cx.stage)(&location.value);
            let before = if is_asked(&name.value) || location.value.scheme().is_some() {
                Stamp::of(&target)
            } else {
                away.push(target.clone());
                None
            };
            list.push(Output { name: &name.value, location: &location.value, target, staged, before });
        }
        let aside = match away.is_empty() {
            true => None,
            false => Some(
                Aside::put(cx.project, away)
                    .map_err(|error| TaskFailure::new(format!("cannot put the former outputs aside: {error}")))?,
            ),
        };
        Ok(Self { list, aside })
    }

    /// Names and the places where the command is told to write.
    pub fn staged(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.list.iter().map(|output| (output.name, output.staged.as_path()))
    }

    /// The place of one output.
    pub fn staged_of(&self, name: &str) -> Option<(&Path, &Location)> {
        let output = self.list.iter().find(|output| output.name == name)?;
        Some((&output.staged, output.location))
    }

    /// What is to stay open as long as a process of the command lives.
    pub fn locks(&self) -> Vec<BorrowedFd<'_>> {
        self.aside.iter().map(Aside::lock).collect()
    }

    /// Takes what the command has written, wherever it did: afterwards all is at its staged place, and what was there before at
    /// its final one.
    ///
    /// # Errors
    /// Naming all outputs that it has not written.
    pub fn collect(&self) -> Result<(), TaskFailure> {
        let mut missing = Vec::new();
        for output in &self.list {
            if fs::symlink_metadata(&output.staged).is_ok() {
                output.is_file()?;
                continue;
            }
            let now = Stamp::of(&output.target);
            if now.is_none() || now == output.before {
                missing.push(format!("`{}` ({})", output.name, output.location));
                continue;
            }
            fs::rename(&output.target, &output.staged)
                .map_err(|error| TaskFailure::new(format!("cannot take {}: {error}", output.location)))?;
            output.is_file()?;
        }
        if missing.is_empty() {
            return Ok(());
        }
        let what = if missing.len() == 1 { "output" } else { "outputs" };
        Err(TaskFailure {
            message: format!("the command succeeded without writing its {what} {}", missing.join(", ")),
            help: vec![
                "write to the place in `$TIDEMILL_OUTPUT_<name>` or `${{ outputs.<name> }}`, or to the path itself"
                    .into(),
            ],
            ..TaskFailure::default()
        })
    }

    /// Brings back what was put aside. To be called however the command ended.
    ///
    /// # Errors
    /// If the file system refuses; the next run tries again.
    pub fn restore(&mut self) -> Result<(), TaskFailure> {
        match self.aside.take().map(Aside::bring_back) {
            Some(Err(error)) => Err(TaskFailure::new(format!("cannot bring the former outputs back: {error}"))),
            _ => Ok(()),
        }
    }
}

impl Drop for Outputs<'_> {
    fn drop(&mut self) {
        // Only a panic comes here with something put aside; if it fails, the next run tries again.
        let _ = self.restore();
    }
}
