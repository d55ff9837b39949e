//! All pipelines that one scheduler serves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::edits::Edits;
use super::isolated::isolated;
use super::notices::{Urgency, tell_broken};
use super::{Event, Host, Watched};
use tidemill_runner::Failure;

/// How often it is asked whether a fire has come that a file with mistakes should have run for.
const OFTEN: SignedDuration = SignedDuration::from_secs(60);

/// The pipelines, and where they come from.
pub struct SchedulerService {
    host: Arc<dyn Host>,
    /// Pipeline files, and folders of them.
    given: Vec<PathBuf>,
    mode: Mode,
    sender: Sender<Event>,
    edits: Edits,
    watched: Vec<Watched>,
    /// Files of folders that are not served, with their mistakes, which are told once.
    told: BTreeSet<(PathBuf, String)>,
    /// Files that are not served, and when it was last asked whether somebody is to be told of that.
    asked: BTreeMap<PathBuf, Timestamp>,
    failed: bool,
    stopping: bool,
}

impl SchedulerService {
    /// Opens all pipelines asked for. A file that is named must be good unless it is only watched; in a folder only those are
    /// served that are.
    pub fn open(host: Arc<dyn Host>, given: &[PathBuf], mode: Mode, sender: Sender<Event>) -> Result<Self, Failure> {
        let edits = Edits::new(sender.clone());
        let mut served = Self {
            host,
            given: given.to_vec(),
            mode,
            sender,
            edits,
            watched: Vec::new(),
            told: BTreeSet::new(),
            asked: BTreeMap::new(),
            failed: false,
            stopping: false,
        };
        let now = Timestamp::now();
        if mode != Mode::Watch {
            served.open_named(now)?;
        }
        served.look_for_more(now)?;
        if served.watched.is_empty() && mode != Mode::Watch {
            return Err(Failure::wrong("there is no pipeline with a `schedule` to be served"));
        }
        Ok(served)
    }

    fn open_named(&mut self, now: Timestamp) -> Result<(), Failure> {
        for file in self.given.iter().filter(|file| !file.is_dir()).cloned().collect::<Vec<_>>() {
            let file = absolute(&file)?;
            let opened = isolated(|| Watched::open(&*self.host, &file, self.mode == Mode::Once, now));
            if let Err(Failure::Mistakes { .. }) = &opened {
                let urgency = if self.mode == Mode::Once { Urgency::Due } else { Urgency::Now };
                tell_broken(&*self.host, &file, urgency);
            }
            let Some(watched) = opened? else {
                return Err(Failure::wrong(format!("{} has no `schedule`", file.display()))
                    .help("write when it is to run, such as `schedule: \"45 19 * * *\"`"));
            };
            self.add(watched)?;
        }
        Ok(())
    }

    /// Takes note that a process has told people of a pipeline.
    pub fn told(&mut self, file: &Path) {
        self.watched.iter_mut().filter(|watched| watched.file == file).for_each(Watched::told);
    }

    /// Asks, now and then, whether somebody is to be told of a file that is not served.
    fn ask(&mut self, file: &Path, failure: &Failure, now: Timestamp) {
        let is_recent = self.asked.get(file).is_some_and(|asked| now.duration_since(*asked) < OFTEN && now >= *asked);
        if matches!(failure, Failure::Mistakes { .. }) && !is_recent {
            self.asked.insert(file.to_owned(), now);
            let (host, file) = (self.host.clone(), file.to_owned());
            let asking = std::thread::spawn(move || tell_broken(&*host, &file, Urgency::Due));
            if self.mode == Mode::Once {
                // What it had to say it has said.
                let _ = asking.join();
            }
        }
    }

    /// Does what is due.
    pub fn wake(&mut self, now: Timestamp) -> Result<(), Failure> {
        self.read_again(now)?;
        self.each(now, |watched, host, sender| watched.wake(host, sender, now))
    }

    /// Does something for each pipeline. Where that fails, the pipeline rests for a while and the others go on; only if all fail
    /// there is nothing left to serve.
    fn each(
        &mut self,
        now: Timestamp,
        work: impl Fn(&mut Watched, &dyn Host, &Sender<Event>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let (served, mut failures) = (self.watched.len(), Vec::new());
        for watched in self.watched.iter_mut().filter(|watched| !watched.rests(now)) {
            match isolated(|| work(watched, &*self.host, &self.sender)) {
                Ok(()) => watched.recover(),
                Err(failure) => failures.push((watched, failure)),
            }
        }
        if failures.len() == served && self.mode != Mode::Watch {
            return failures.into_iter().next().map_or(Ok(()), |(_, failure)| Err(failure));
        }
        for (watched, failure) in failures {
            watched.rest(&*self.host, &failure, now);
        }
        Ok(())
    }

    /// How long until something is to be done, if nothing happens before.
    pub fn wait(&mut self, now: Timestamp) -> Duration {
        self.watched.iter_mut().map(|watched| watched.wait(now)).min().unwrap_or(Duration::MAX)
    }

    /// Whether nothing runs.
    pub fn is_idle(&self) -> bool {
        self.watched.iter().all(Watched::is_idle)
    }

    /// Whether a run has failed.
    pub fn has_failed(&self) -> bool {
        self.failed
    }

    /// Starts nothing any more; runs that go on are waited for or cancelled.
    pub fn stop(&mut self, now: Timestamp) -> Result<(), Failure> {
        if !self.stopping {
            let going_on: Vec<String> = self.watched.iter().filter_map(Watched::running).collect();
            let what = match going_on.as_slice() {
                [] => "ends".to_owned(),
                runs => format!("ends when {} has ended; once more cancels what runs", runs.join(" and ")),
            };
            self.host.note(&what);
        }
        self.stopping = true;
        self.each(now, |watched, host, sender| watched.stop(host, sender, now))
    }

    /// Takes in what has changed on the disk.
    pub fn read_again(&mut self, now: Timestamp) -> Result<(), Failure> {
        if self.stopping {
            return Ok(());
        }
        self.each(now, |watched, host, sender| watched.read_again(host, sender, now))?;
        let is_in_folder = |file: &Path| self.given.iter().any(|given| given.is_dir() && is_in(file, given));
        let host = &self.host;
        self.watched.retain(|watched| {
            let is_gone = watched.is_without_schedule() || (is_in_folder(&watched.file) && !watched.file.exists());
            if is_gone && watched.is_idle() {
                host.note(&format!("{}: no longer served", watched.name()));
            }
            !is_gone || !watched.is_idle()
        });
        self.look_for_more(now)
    }

    /// Takes in the end of a run.
    pub fn ended(&mut self, file: &Path, fire: Timestamp, code: Option<i32>, now: Timestamp) -> Result<(), Failure> {
        self.failed |= code != Some(0);
        let several = self.watched.len() > 1 || self.mode == Mode::Watch;
        let Some(watched) = self.watched.iter_mut().find(|watched| watched.file == file) else { return Ok(()) };
        match isolated(|| watched.ended(&*self.host, &self.sender, (fire, code), now)) {
            Err(failure) if several => watched.rest(&*self.host, &failure, now),
            done => return done,
        }
        Ok(())
    }

    fn add(&mut self, watched: Watched) -> Result<(), Failure> {
        let same = |other: &&Watched| other.name() == watched.name() && other.folder() == watched.folder();
        if let Some(other) = self.watched.iter().find(same) {
            return Err(Failure::wrong(format!(
                "{} and {} are both named `{}`, and what is remembered of a pipeline belongs to its name",
                other.file.display(),
                watched.file.display(),
                watched.name()
            ))
            .help("give one of them another `name`"));
        }
        watched.files().filter_map(Path::parent).for_each(|folder| self.edits.watch(folder));
        self.host.note(&watched.introduce(Timestamp::now()));
        self.watched.push(watched);
        Ok(())
    }

    /// The files that may hold a pipeline to be served, of which it does not matter now if they do not.
    fn candidates(&mut self) -> Result<Vec<PathBuf>, Failure> {
        let mut files = Vec::new();
        for given in self.given.clone() {
            let given = absolute(&given)?;
            if given.is_dir() {
                self.edits.watch(&given);
                files.extend(yaml_files(&given)?);
            } else if self.mode == Mode::Watch {
                given.parent().iter().for_each(|folder| self.edits.watch(folder));
                files.push(given);
            }
        }
        Ok(files)
    }

    /// Serves the pipelines that are not served yet: of folders, and of files that are only watched.
    fn look_for_more(&mut self, now: Timestamp) -> Result<(), Failure> {
        let mut broken = Vec::new();
        for file in self.candidates()? {
            if self.watched.iter().any(|watched| watched.file == file) {
                continue;
            }
            match isolated(|| Watched::open(&*self.host, &file, self.mode == Mode::Once, now)) {
                Ok(None) => {}
                Ok(Some(watched)) => {
                    if let Err(failure) = self.add(watched) {
                        broken.push((file, failure));
                    }
                }
                Err(failure) => broken.push((file, failure)),
            }
        }
        // What another pipeline includes is no pipeline.
        let included: BTreeSet<PathBuf> = self.watched.iter().flat_map(Watched::files).map(Path::to_owned).collect();
        for (file, failure) in broken.into_iter().filter(|(file, _)| !included.contains(file)) {
            self.ask(&file, &failure, now);
            let text = self.host.failure_text(&failure);
            if self.told.insert((file.clone(), text.clone())) {
                self.host.tell(&text);
                self.host.warning(&format!("{} is not served", file.display()));
            }
        }
        Ok(())
    }
}

/// What is asked of the schedule service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Serves until it is told to end.
    Serve,
    /// Only the fires that are due now.
    Once,
    /// Serves what has a schedule, now or later, until it is told to end.
    Watch,
}

fn is_in(file: &Path, folder: &Path) -> bool {
    absolute(folder).is_ok_and(|folder| file.parent() == Some(&*folder))
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    let path = std::path::absolute(path).map_err(|error| Failure::wrong(format!("{}: {error}", path.display())))?;
    Ok(path.components().collect())
}

/// The YAML files in a folder, by name.
fn yaml_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let wrong = |error: std::io::Error| Failure::wrong(format!("{}: {error}", folder.display()));
    let is_yaml = |path: &PathBuf| path.extension().is_some_and(|end| end == "yaml" || end == "yml") && path.is_file();
    let entries = folder.read_dir().map_err(wrong)?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_yaml).collect();
    files.sort();
    Ok(files)
}
