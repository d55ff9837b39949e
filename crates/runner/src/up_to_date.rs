//! A run that finds nothing to do leaves a stamp: all that it looked at. As long as none of that changes, a run that is asked the same
//! has nothing to do either, and knows so without reading the pipeline: see `docs/design/decisions.md`.

mod environment;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tidemill_core::cache::{ContentStore, Object};
use tidemill_core::fingerprint::Stat;
use tidemill_core::ids::{Digest, RunId};
use tidemill_core::private;
use tidemill_core::task::RunFacts;
use tidemill_state::{Holder, Lock, Process, RunStart, RunStatus, State, TaskCounts};

use crate::project::run_by_hand;

pub use environment::EnvironmentDigest;

/// Where stamps are, below `.tidemill/`.
const STAMPS: &str = "at_rest";
/// So many lines are looked at before threads that share them have started.
const FEW: usize = 300;
/// The last line of a stamp: one that was cut short says less than its run saw.
const END: &str = "end\n";

/// All that a run is asked, as a digest: the program, its arguments, the folder.
#[derive(Clone, Debug)]
pub struct Invocation {
    digest: Digest,
    /// The pipeline's folder.
    project: PathBuf,
    /// When this process began to look.
    began: SystemTime,
}

/// What a stamp says of the run that wrote it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StampHeader {
    /// The run.
    pub run: String,
    /// The pipeline's name.
    pub pipeline: String,
    /// How many tasks were up to date.
    pub tasks: usize,
    /// The pipeline's zone.
    pub zone: String,
    /// The day in that zone, which texts may tell.
    pub date: String,
    /// For history.
    pub params: serde_json::Value,
    /// For history.
    pub selection: Vec<String>,
    /// The environment, as far as the pipeline sees it.
    pub environment: EnvironmentDigest,
}

/// What a run looked at.
#[derive(Debug, Default)]
pub struct StampInputs {
    /// Files, and places where there was none.
    pub files: Vec<PathBuf>,
    /// Objects in the store.
    pub objects: Vec<Object>,
}

/// A run that had nothing to do.
#[derive(Debug)]
pub struct NothingToDo {
    /// How many tasks are up to date.
    pub tasks: usize,
    /// How long it took to find out.
    pub duration: std::time::Duration,
}

impl Invocation {
    /// What this process is asked; `file` is the pipeline file. None if the environment cannot be told.
    pub fn here(file: &Path) -> Option<Self> {
        let began = SystemTime::now();
        let folder = std::env::current_dir().ok()?;
        let program = std::fs::metadata(std::env::current_exe().ok()?).ok()?;
        let built = program.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        let mut hasher = blake3::Hasher::new();
        let mut add = |text: &[u8]| {
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text);
        };
        add(env!("CARGO_PKG_VERSION").as_bytes());
        add(&program.len().to_le_bytes());
        add(&built.as_nanos().to_le_bytes());
        add(folder.as_os_str().as_encoded_bytes());
        std::env::args_os().skip(1).for_each(|argument| add(argument.as_encoded_bytes()));
        let path = folder.join(file);
        Some(Self { digest: Digest(*hasher.finalize().as_bytes()), project: path.parent()?.to_owned(), began })
    }

    /// Has nothing to do if nothing has changed since the stamp of the same invocation; writes that into the history. None if
    /// anything is otherwise, or in doubt: then the run must find out itself.
    pub fn nothing_to_do(&self, command: &str) -> Option<NothingToDo> {
        let began = Instant::now();
        let (now, process) = (Timestamp::now(), Process::current());
        let header = self.head(&mut BufReader::new(std::fs::File::open(self.path()).ok()?))?;
        let run = run_by_hand(now, &TimeZone::get(&header.zone).ok()?);
        let holder = Holder { run: Some(run.id.clone()), ..Holder::current(command) };
        let lock = Lock::try_acquire(&self.project, &header.pipeline, &holder).ok()?;
        // Another run may have ended between the first look and the lock.
        let header = self.holds(&run)?;
        let mut state = self.state()?;
        state.run(&header.run).ok()??;
        state.mark_dead_runs_interrupted(&lock, now).ok()?;
        let id = RunId::new(run.id.as_str());
        let start = RunStart {
            pipeline: header.pipeline.clone(),
            started: now,
            trigger: run.trigger.clone(),
            logical_time: run.logical_time.clone(),
            params: header.params.clone(),
            selection: header.selection.clone(),
            process,
        };
        let counts = TaskCounts { cached: u32::try_from(header.tasks).unwrap_or(u32::MAX), ..TaskCounts::default() };
        if !state.begin_run_as(&id, &start).ok()? {
            return None;
        }
        state.end_run(&id, RunStatus::Success, Timestamp::now(), &counts).ok()?;
        state.close_quickly();
        Some(NothingToDo { tasks: header.tasks, duration: began.elapsed() })
    }

    /// Writes a stamp, unless something changed so shortly before this process began to look that a further change might not
    /// show.
    ///
    /// # Errors
    /// If it cannot be written; nothing needs it.
    pub fn write_stamp(&self, header: &StampHeader, inputs: &StampInputs) -> std::io::Result<()> {
        let mut text = serde_json::to_string(header)? + "\n";
        for path in &inputs.files {
            let Some(name) = path.to_str().filter(|name| !name.contains('\n')) else { return Ok(()) };
            text += &match Stat::look(path)? {
                Some(stat) if !stat.rested_before(self.began) => return Ok(()),
                Some(Stat { len, mtime, ctime, inode }) => format!("f {len} {mtime} {ctime} {inode} {name}\n"),
                None => format!("- {name}\n"),
            };
        }
        for Object { digest, size } in &inputs.objects {
            text += &format!("o {size} {digest}\n");
        }
        text += END;
        let path = self.path();
        let Some(folder) = path.parent() else { return Ok(()) };
        private::folder(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.persist(path)?;
        Ok(())
    }

    fn path(&self) -> PathBuf {
        self.project.join(tidemill_state::FOLDER).join(STAMPS).join(self.digest.to_string())
    }

    /// The state, if there is one already.
    fn state(&self) -> Option<State> {
        let path = self.project.join(tidemill_state::FOLDER).join("state.db");
        path.is_file().then(|| State::open(&self.project).ok()).flatten()
    }

    fn head(&self, stamp: &mut impl BufRead) -> Option<StampHeader> {
        let mut line = String::new();
        stamp.read_line(&mut line).ok()?;
        serde_json::from_str(&line).ok()
    }

    /// What the stamp says, if all of it still holds.
    fn holds(&self, run: &RunFacts) -> Option<StampHeader> {
        let text = std::fs::read_to_string(self.path()).ok()?;
        let (head, lines) = text.split_once('\n')?;
        let header: StampHeader = serde_json::from_str(head)
            .ok()
            .filter(|header: &StampHeader| header.date == run.date && header.environment.are_the_same())?;
        let store = ContentStore::new(self.project.join(tidemill_state::FOLDER).join("cache"));
        let lines: Vec<&str> = lines.strip_suffix(END)?.lines().collect();
        let holds = |line: &&str| is_as_noted(line, &store) == Some(true);
        let all_hold = if lines.len() < FEW { lines.iter().all(holds) } else { lines.par_iter().all(holds) };
        all_hold.then_some(header)
    }
}

/// Whether a thing is as a line of a stamp says; None if the line is none.
fn is_as_noted(line: &str, store: &ContentStore) -> Option<bool> {
    let (what, rest) = line.split_once(' ')?;
    Some(match what {
        "f" => {
            let mut words = rest.splitn(5, ' ');
            let stat = Stat {
                len: words.next()?.parse().ok()?,
                mtime: words.next()?.parse().ok()?,
                ctime: words.next()?.parse().ok()?,
                inode: words.next()?.parse().ok()?,
            };
            Stat::look(Path::new(words.next()?)).ok()? == Some(stat)
        }
        "-" => Stat::look(Path::new(rest)).ok()?.is_none(),
        "o" => {
            let (size, digest) = rest.split_once(' ')?;
            store.has(&Object { digest: Digest::parse(digest)?, size: size.parse().ok()? })
        }
        _ => return None,
    })
}

/// Makes all stamps of a project void: a run begins that may change what they say.
pub fn forget(project: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(project.join(tidemill_state::FOLDER).join(STAMPS)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tidemill_core::diagnostic::SourceMap;

    use super::*;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    struct Project {
        folder: tempfile::TempDir,
        invocation: Invocation,
        header: StampHeader,
        inputs: StampInputs,
        run: RunFacts,
    }

    /// A file, a place without one and an object, noted an hour later.
    fn noted() -> Result<Project, Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let project = folder.path().to_owned();
        std::fs::write(project.join("a b.csv"), "one")?;
        let store = ContentStore::new(project.join(".tidemill/cache"));
        let object = store.put(|to| to.write_all(b"a table"))?;
        let run = run_by_hand(Timestamp::now(), &TimeZone::UTC);
        let header = StampHeader {
            run: run.id.clone(),
            pipeline: "shop".into(),
            tasks: 3,
            zone: "UTC".into(),
            date: run.date.clone(),
            params: serde_json::json!({"top": 1}),
            selection: Vec::new(),
            environment: EnvironmentDigest::of(&SourceMap::default(), &[], []),
        };
        let inputs =
            StampInputs { files: vec![project.join("a b.csv"), project.join("none.csv")], objects: vec![object] };
        let invocation =
            Invocation { digest: Digest::of(b"run"), project, began: SystemTime::now() + Duration::from_secs(3600) };
        invocation.write_stamp(&header, &inputs)?;
        Ok(Project { folder, invocation, header, inputs, run })
    }

    #[test]
    fn what_has_not_changed_nothing_to_do() -> TestResult {
        let project = noted()?;
        assert_eq!(project.invocation.holds(&project.run), Some(project.header));
        Ok(())
    }

    #[test]
    fn any_change_wakes_it() -> TestResult {
        let changes: [fn(&Project) -> TestResult; 9] = [
            |project| Ok(std::fs::write(project.folder.path().join("a b.csv"), "two")?),
            |project| Ok(std::fs::remove_file(project.folder.path().join("a b.csv"))?),
            |project| {
                // As a restored backup: the same length and time, another file.
                let path = project.folder.path().join("a b.csv");
                let time = std::fs::metadata(&path)?.modified()?;
                std::fs::write(path.with_extension("new"), "two")?;
                std::fs::File::options().write(true).open(path.with_extension("new"))?.set_modified(time)?;
                Ok(std::fs::rename(path.with_extension("new"), path)?)
            },
            |project| Ok(std::fs::write(project.folder.path().join("none.csv"), "")?),
            |project| {
                let text = project.inputs.objects[0].digest.to_string();
                let (fan, rest) = text.split_at(2);
                Ok(std::fs::remove_file(project.folder.path().join(".tidemill/cache").join(fan).join(rest))?)
            },
            |project| Ok(forget(project.folder.path())?),
            |project| Ok(std::fs::write(project.invocation.path(), "")?),
            |project| {
                let text = std::fs::read_to_string(project.invocation.path())?.replace(END, "f 1 2\nend\n");
                Ok(std::fs::write(project.invocation.path(), text)?)
            },
            |project| {
                let text = std::fs::read_to_string(project.invocation.path())?;
                let cut = text.find("\no ").ok_or("the object was noted")?;
                Ok(std::fs::write(project.invocation.path(), &text[..=cut])?)
            },
        ];
        for (at, change) in changes.iter().enumerate() {
            let project = noted()?;
            change(&project)?;
            assert_eq!(project.invocation.holds(&project.run), None, "change {at}");
        }
        Ok(())
    }

    #[test]
    fn another_day_or_another_question_wakes_it() -> TestResult {
        let mut project = noted()?;
        project.run.date = "1999-12-31".into();
        assert_eq!(project.invocation.holds(&project.run), None);
        let other = Invocation { digest: Digest::of(b"run -p top=2"), ..project.invocation.clone() };
        project.run.date.clone_from(&project.header.date);
        assert_eq!(other.holds(&project.run), None);
        Ok(())
    }

    #[test]
    fn what_just_changed_is_not_noted() -> TestResult {
        let mut project = noted()?;
        forget(project.folder.path())?;
        project.invocation.began = SystemTime::now();
        project.invocation.write_stamp(&project.header, &project.inputs)?;
        assert_eq!(project.invocation.holds(&project.run), None);
        Ok(())
    }

    /// A stamp without the run that wrote it is of a state that has gone.
    #[test]
    fn without_the_state_it_is_not_at_rest() -> TestResult {
        let project = noted()?;
        assert!(project.invocation.nothing_to_do("tidemill run").is_none());
        Ok(())
    }
}
