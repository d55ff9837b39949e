//! Writing down how tasks ended, several in one transaction: one for each of thousands of short tasks would take longer than
//! the tasks.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tidemill_core::fingerprint::Fingerprint;
use tidemill_core::ids::{Digest, RunId, TaskName};
use tidemill_core::sched::How;
use tidemill_state::{AttemptRecord, LastGood, Ledger, Made, State, TaskRecord};

use crate::cache_index::ResultHistory;

/// So long at most a task that has ended waits to be written down.
const DELAY: Duration = Duration::from_millis(50);

/// So much work at most waits together; a task that took as long by itself is written down before anything follows from it. If
/// the run dies at any instant, this is what it costs to do again, and what ended in the meantime of one transaction.
const WORK: Duration = Duration::from_millis(100);

/// A task that has ended, and what it means for the cache index.
pub struct FinishedTask {
    /// How it ended.
    pub record: TaskRecord,
    /// The parts of its fingerprint, if it is new.
    pub parts: Option<Fingerprint>,
    /// What it made, if it ran and its result is kept.
    pub made: Option<Made>,
    /// The try that it ended with.
    pub tried: Option<AttemptRecord>,
}

impl FinishedTask {
    fn ledger(&self) -> Ledger<'_> {
        Ledger { record: &self.record, parts: self.parts.as_ref(), made: self.made.as_ref() }
    }
}

/// Keeps what is to be written down until there is enough of it or it is time, and then writes it, in order.
pub struct Recorder(Arc<RecordWriter>);

struct RecordWriter {
    state: Arc<Mutex<State>>,
    pipeline: String,
    run: RunId,
    pending: Mutex<Pending>,
    /// There is something to be written in time, or nothing any more.
    news: Condvar,
}

#[derive(Default)]
struct Pending {
    ended: Vec<FinishedTask>,
    /// What it took to make what waits.
    work: Duration,
    /// When it must be written. Of tasks that were cached only the mention would be lost: they wait for others, or for the end.
    due: Option<Instant>,
    /// Whether there is a thread that writes in time.
    has_thread: bool,
    thread: Option<JoinHandle<()>>,
    closed: bool,
    /// Why something could not be written: nothing is from then on.
    broken: Option<String>,
}

impl Recorder {
    /// Writes into the ledger of that run.
    pub fn new(state: Arc<Mutex<State>>, pipeline: String, run: RunId) -> Self {
        let (pending, news) = (Mutex::default(), Condvar::new());
        Self(Arc::new(RecordWriter { state, pipeline, run, pending, news }))
    }

    /// Takes a task that has ended. If this succeeds, it is written down within the time above, unless the process dies.
    ///
    /// # Errors
    /// A sentence, if it or something before it cannot be written.
    pub fn take(&self, ended: FinishedTask) -> Result<(), String> {
        let is_mention = ended.record.how == Some(How::Cached) && ended.made.is_none() && ended.tried.is_none();
        let took = if is_mention { Duration::ZERO } else { ended.record.duration };
        let mut pending = self.0.pending();
        if let Some(why) = &pending.broken {
            return Err(why.clone());
        }
        pending.ended.push(ended);
        pending.work += took;
        if took >= WORK || pending.closed || (!is_mention && !self.has_thread(&mut pending)) {
            drop(pending);
            return self.0.write();
        }
        let due = Instant::now() + if pending.work >= WORK { Duration::ZERO } else { DELAY };
        if !is_mention && pending.due.is_none_or(|before| due < before) {
            pending.due = Some(due);
            drop(pending);
            self.0.news.notify_one();
        }
        Ok(())
    }

    /// Writes down what has been put off. What depends on its being written comes after this.
    ///
    /// # Errors
    /// A sentence, if something cannot be written, or could not before.
    pub fn write(&self) -> Result<(), String> {
        self.0.write()
    }

    /// Writes what has been put off, and waits until nobody here uses the state any more: it is to be closed in order.
    ///
    /// # Errors
    /// A sentence, if something cannot be written, or could not before.
    pub fn finish(&self) -> Result<(), String> {
        let written = self.0.write();
        if let Some(thread) = self.0.close() {
            // It does not panic; if it did, it uses nothing any more.
            let _ = thread.join();
        }
        written
    }

    /// The same as [`write`](Self::write), if one of these tasks is among what has been put off.
    ///
    /// # Errors
    /// A sentence, if something cannot be written.
    pub fn write_if_any(&self, is_one: impl Fn(&TaskName) -> bool) -> Result<(), String> {
        let is_waiting = self.0.pending().ended.iter().any(|ended| is_one(&ended.record.task));
        if is_waiting { self.0.write() } else { Ok(()) }
    }

    /// Whether a thread writes in time; starts it. Where there can be none, nothing is put off.
    fn has_thread(&self, pending: &mut Pending) -> bool {
        if !pending.has_thread {
            let writer = Arc::clone(&self.0);
            let spawned = thread::Builder::new().name("ledger".to_owned()).spawn(move || writer.write_when_due());
            pending.has_thread = spawned.is_ok();
            pending.thread = spawned.ok();
        }
        pending.has_thread
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl RecordWriter {
    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the thread end; it is given back to be waited for.
    fn close(&self) -> Option<JoinHandle<()>> {
        let mut pending = self.pending();
        pending.closed = true;
        self.news.notify_one();
        pending.thread.take()
    }

    /// Writes what waits whenever it is due.
    fn write_when_due(&self) {
        let mut pending = self.pending();
        while !pending.closed && pending.broken.is_none() {
            let left = pending.due.map(|due| due.saturating_duration_since(Instant::now()));
            pending = match left {
                None => self.news.wait(pending).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => {
                    drop(pending);
                    // Whoever brings the next one hears what went wrong.
                    let _ = self.write();
                    self.pending()
                }
                Some(left) => self.news.wait_timeout(pending, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
    }

    fn write(&self) -> Result<(), String> {
        // Who holds the state takes what waits, so that it is written in order.
        let mut state = self.state();
        let mut pending = self.pending();
        if let Some(why) = &pending.broken {
            return Err(why.clone());
        }
        let mut ended = std::mem::take(&mut pending.ended);
        (pending.work, pending.due) = (Duration::ZERO, None);
        drop(pending);
        if ended.is_empty() {
            return Ok(());
        }
        let tried = |ended: &mut FinishedTask| Some((ended.record.task.clone(), ended.tried.take()?));
        let tried: Vec<(TaskName, AttemptRecord)> = ended.iter_mut().filter_map(tried).collect();
        let ledgers: Vec<Ledger<'_>> = ended.iter().map(FinishedTask::ledger).collect();
        let written = state.record_tasks_and_attempts(&self.pipeline, &self.run, &ledgers, &tried);
        written.map_err(|error| {
            let why = format!("what was done cannot be written down: {error}");
            self.pending().broken = Some(why.clone());
            why
        })
    }
}

impl ResultHistory for Recorder {
    fn look_up(&self, pipeline: &str, task: &TaskName, fingerprint: &Digest) -> Option<LastGood> {
        let is_same =
            |ended: &FinishedTask| ended.made.is_some() && ended.record.fingerprint.as_ref() == Some(fingerprint);
        if self.0.pending().ended.iter().any(is_same) {
            // If it fails, the run is about to stop.
            self.write().ok()?;
        }
        self.0.state().look_up(pipeline, task, fingerprint).ok()?
    }

    fn fingerprint(&self, digest: &Digest) -> Option<Fingerprint> {
        self.0.state().fingerprint(digest).ok()?
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use tempfile::TempDir;
    use tidemill_core::event::TaskStatus;
    use tidemill_core::task::TaskReport;
    use tidemill_state::{Process, RunStart};

    use super::*;

    struct Written {
        folder: TempDir,
        run: RunId,
        recorder: Recorder,
    }

    /// A run that has just begun.
    fn begun() -> Written {
        let folder = tempfile::tempdir().unwrap();
        let mut state = State::open(folder.path()).unwrap();
        let start = RunStart {
            pipeline: "p".into(),
            started: Timestamp::UNIX_EPOCH,
            trigger: "manual".into(),
            logical_time: Timestamp::UNIX_EPOCH.to_string(),
            params: serde_json::json!({}),
            selection: Vec::new(),
            process: Process::current(),
        };
        let run = state.begin_run(&start).unwrap();
        let recorder = Recorder::new(Arc::new(Mutex::new(state)), "p".into(), run.clone());
        Written { folder, run, recorder }
    }

    impl Written {
        /// The tasks that are written down, as somebody else sees it.
        fn tasks(&self) -> Vec<String> {
            let state = State::open_read_only(self.folder.path()).unwrap().unwrap();
            state.tasks_of(&self.run).unwrap().iter().map(|record| record.task.to_string()).collect()
        }
    }

    fn ended(task: &str, how: How, took: Duration) -> FinishedTask {
        let record = TaskRecord {
            task: TaskName::new(task),
            kind: "command".into(),
            status: TaskStatus::Success,
            how: Some(how),
            started: Timestamp::UNIX_EPOCH,
            duration: took,
            attempts: 1,
            fingerprint: Some(Digest::of(task.as_bytes())),
            reasons: Vec::new(),
            report: TaskReport::default(),
            error: None,
        };
        FinishedTask { record, parts: None, made: (how == How::Ran).then(Made::default), tried: None }
    }

    const SHORT: Duration = Duration::from_millis(1);

    #[test]
    fn short_tasks_are_written_in_time_though_nothing_else_happens() {
        let written = begun();
        for task in ["a", "b"] {
            written.recorder.take(ended(task, How::Ran, SHORT)).unwrap();
        }
        while written.tasks() != ["a", "b"] {
            thread::sleep(SHORT);
        }
    }

    #[test]
    fn what_took_long_is_written_at_once_and_so_is_all_before_it() {
        let written = begun();
        written.recorder.take(ended("cached", How::Cached, Duration::ZERO)).unwrap();
        written.recorder.take(ended("short", How::Ran, SHORT)).unwrap();
        written.recorder.take(ended("long", How::Ran, WORK)).unwrap();
        assert_eq!(written.tasks(), ["cached", "short", "long"]);
    }

    #[test]
    fn what_was_cached_waits_for_others_or_the_end() {
        let written = begun();
        written.recorder.take(ended("cached", How::Cached, Duration::ZERO)).unwrap();
        assert!(written.recorder.0.pending().due.is_none() && written.tasks().is_empty());
        written.recorder.write().unwrap();
        assert_eq!(written.tasks(), ["cached"]);
    }

    #[test]
    fn what_somebody_depends_on_is_written_before() {
        let written = begun();
        // Nobody writes in time here, so that only who asks can be the reason.
        written.recorder.0.pending().has_thread = true;
        written.recorder.take(ended("a", How::Ran, SHORT)).unwrap();
        written.recorder.write_if_any(|task| task.as_str() == "other").unwrap();
        assert!(written.tasks().is_empty());
        written.recorder.write_if_any(|task| task.as_str() == "a").unwrap();
        assert_eq!(written.tasks(), ["a"]);
        written.recorder.take(ended("b", How::Ran, SHORT)).unwrap();
        let found = written.recorder.look_up("p", &TaskName::new("same"), &Digest::of(b"b")).unwrap();
        assert_eq!((found.task.as_str(), written.tasks().len()), ("b", 2));
    }

    #[test]
    fn when_it_is_finished_nobody_holds_the_state() {
        let written = begun();
        written.recorder.take(ended("a", How::Ran, SHORT)).unwrap();
        written.recorder.finish().unwrap();
        assert_eq!((written.tasks().len(), Arc::strong_count(&written.recorder.0)), (1, 1));
        // Nobody writes in time any more.
        written.recorder.take(ended("b", How::Ran, SHORT)).unwrap();
        assert_eq!(written.tasks().len(), 2);
    }

    #[test]
    fn after_a_failure_nothing_more_is_taken() {
        let written = begun();
        let other = rusqlite::Connection::open(written.folder.path().join(".tidemill/state.db")).unwrap();
        other.execute_batch("DROP TABLE task_results").unwrap();
        written.recorder.take(ended("a", How::Ran, SHORT)).unwrap();
        while written.recorder.0.pending().broken.is_none() {
            thread::sleep(SHORT);
        }
        for told in [written.recorder.take(ended("b", How::Ran, SHORT)), written.recorder.write()] {
            assert!(told.unwrap_err().starts_with("what was done cannot be written down: "));
        }
    }
}
