//! The runner is killed at random moments. A plain run afterwards goes on where it stopped, and at no moment does anything
//! stand half written under its final name.
//!
//! `TIDEMILL_KILLS=200` is the long form; its figures are in `docs/reliability.md`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use crate::project::Project;

type Files = BTreeMap<String, Vec<u8>>;

/// A pipeline to be killed, with what it makes if it is left alone.
struct Victim {
    name: &'static str,
    sources: Files,
    /// A folder after a run with other params: its files are replaced.
    replaced: Files,
    /// What an undisturbed run publishes.
    made: Files,
    /// All contents that a published path may have at any moment, as hashes.
    legal: HashMap<String, HashSet<u64>>,
    /// How long an undisturbed run takes.
    lasts: Duration,
}

/// What came of the kills, for `docs/reliability.md`.
#[derive(Debug, Default)]
struct Figures {
    kills: usize,
    before_history: usize,
    in_the_middle: usize,
    after_the_end: usize,
    not_repeated: usize,
    repeated_sends: usize,
    looks: usize,
}

impl Victim {
    fn new(name: &'static str, project: Project, other: &[&str]) -> Self {
        let sources = project.files("");
        let fresh = in_folder(&sources);
        let before = in_folder(&sources);
        let lasts = [(&fresh, &[][..]), (&before, other)].map(|(project, arguments)| {
            let started = Instant::now();
            run(project, arguments);
            started.elapsed()
        });
        let lasts = lasts[0].min(lasts[1]);
        let (made, replaced) = (published(&fresh), before.files(""));
        let mut legal: HashMap<String, HashSet<u64>> = HashMap::new();
        for (path, content) in made.iter().chain(&published(&before)) {
            legal.entry(path.clone()).or_default().insert(hash(content));
        }
        Self { name, sources, replaced, made, legal, lasts }
    }

    /// Kills runs, each of them once, and asserts after each kill that nothing is lost.
    fn kill(&self, kills: usize, seed: u64) {
        let mut random = Random(seed);
        let mut figures = Figures::default();
        for kill in 0..kills {
            // Every second victim replaces files that are there.
            let project = in_folder(if kill % 2 == 0 { &self.sources } else { &self.replaced });
            let after = self.lasts.mul_f64(1.1 * random.next());
            self.kill_once(&project, after, &mut figures, &format!("{}: kill {kill} after {after:?}", self.name));
        }
        println!("{} ({:?} undisturbed): {figures:?}", self.name, self.lasts);
    }

    fn kill_once(&self, project: &Project, after: Duration, figures: &mut Figures, what: &str) {
        let is_over = AtomicBool::new(false);
        let looks = AtomicUsize::new(0);
        let second = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    self.look(&project.root(), what);
                    looks.fetch_add(1, Ordering::Relaxed);
                }
            });
            let mut child = project
                .command(["run"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("the binary starts");
            std::thread::sleep(after);
            let _ = child.kill();
            let killed = child.wait().expect("it was started");
            figures.kills += 1;
            if killed.code().is_some() {
                figures.after_the_end += 1;
            }
            // Were a lock still held, this would exit with 3.
            let second = project.command(["run", "--no-wait"]).output().expect("the binary starts");
            is_over.store(true, Ordering::Relaxed);
            second
        });
        figures.looks += looks.load(Ordering::Relaxed);
        let story = String::from_utf8_lossy(&second.stderr).into_owned();
        if second.status.code() == Some(1) && story.contains("not known whether this was sent") {
            // The one thing that no run can find out: the user decides.
            figures.repeated_sends += 1;
            run(project, &["--resend"]);
        } else {
            assert_eq!(second.status.code(), Some(0), "{what}\n{story}");
        }
        let staged = project.files("outputs").into_keys().chain(project.files("data").into_keys());
        let staged: Vec<String> = staged.filter(|path| path.contains(".tidemill-")).collect();
        assert!(staged.is_empty(), "{what}: {staged:?} were left behind");
        let made = published(project);
        let other = |path: &&String| made.get(*path) != self.made.get(*path);
        let differ: Vec<&String> = self.made.keys().chain(made.keys()).filter(other).collect();
        assert!(differ.is_empty(), "{what}: {differ:?} differ from an undisturbed run\n{story}");
        self.history(project, figures, what);
        // What is there is whole: nothing is left to be done.
        let stale = project.command(["plan", "--fail-if-stale"]).output().expect("the binary starts");
        assert_eq!(stale.status.code(), Some(0), "{what}\n{}", String::from_utf8_lossy(&stale.stdout));
    }

    /// A published file is absent or whole.
    fn look(&self, root: &Path, what: &str) {
        for (path, contents) in &self.legal {
            if let Ok(content) = std::fs::read(root.join(path)) {
                assert!(contents.contains(&hash(&content)), "{what}: {path} was seen with {} bytes", content.len());
            }
        }
    }

    fn history(&self, project: &Project, figures: &mut Figures, what: &str) {
        let state = Connection::open(project.root().join(".tidemill/state.db")).expect("a state");
        let check: String = state.query_row("pragma integrity_check", [], |row| row.get(0)).expect("an answer");
        assert_eq!(check, "ok", "{what}");
        let column = |query: &str| -> Vec<String> {
            let mut query = state.prepare(query).expect("well-formed SQL");
            query.query_map([], |row| row.get(0)).expect("rows").map(|row| row.expect("a text")).collect()
        };
        let unfinished = column("select id from runs where status = 'running'");
        assert!(unfinished.is_empty(), "{what}: {unfinished:?} seem to go on");
        let interrupted = column("select id from runs where status = 'interrupted'");
        match interrupted.len() {
            0 => figures.before_history += 1,
            1 => figures.in_the_middle += 1,
            _ => panic!("{what}: {interrupted:?} are interrupted"),
        }
        let twice = column(
            "select first.task from task_results first join task_results second using (task, fingerprint)
             where first.how = 'ran' and second.how = 'ran' and first.run < second.run and first.status = 'success'
               and first.kind <> 'email'",
        );
        assert!(twice.is_empty(), "{what}: {twice:?} had been done and were done again");
        let kept = column(
            "select first.task from task_results first join task_results second using (task, fingerprint)
             join runs on runs.id = first.run
             where first.how = 'ran' and second.how = 'cached' and runs.status = 'interrupted'",
        );
        figures.not_repeated += kept.len();
    }
}

/// The same files in a folder of their own.
fn in_folder(files: &Files) -> Project {
    files.iter().fold(Project::new(), |project, (path, content)| project.file(path, content))
}

#[track_caller]
fn run(project: &Project, arguments: &[&str]) {
    let output = project.command(["run"]).args(arguments).output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// All that is published, but for reports and mails, which tell when they were made.
fn published(project: &Project) -> Files {
    let folders = ["outputs", "data/processed"];
    let files = folders.into_iter().flat_map(|folder| {
        project.files(folder).into_iter().map(move |(path, content)| (format!("{folder}/{path}"), content))
    });
    files
        .filter(|(path, _)| !["outputs/outbox/", "outputs/report/"].iter().any(|other| path.starts_with(other)))
        .collect()
}

fn hash(content: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish()
}

/// Numbers from 0 to 1 that are the same in every run of the test (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn kills() -> usize {
    std::env::var("TIDEMILL_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(20)
}

#[test]
fn the_retail_pipeline_survives() {
    let project = Project::new().copy(&["pipeline.yaml", "tasks", "data"]);
    Victim::new("retail", project, &["-p", "top_n=5", "-p", "missing=zero"]).kill(kills(), 45);
}

#[test]
fn two_hundred_commands_survive() {
    let mut pipeline = String::from("version: 1\nname: many\nparams: {word: one}\ntasks:\n");
    for at in 0..200usize {
        let before = if at == 0 { "data/lines.txt".to_owned() } else { format!("outputs/{}.txt", (at - 1) / 3) };
        // Written in pieces, so that a half-written file would show.
        let run =
            format!("{{ cat ${{{{ inputs.before }}}}; echo ${{{{ params.word }}}} {at}; }} > ${{{{ outputs.made }}}}");
        pipeline += &format!(
            "  t{at}:\n    type: command\n    run: \"{run}\"\n    inputs: {{before: {before}}}\n    outputs: {{made: outputs/{at}.txt}}\n"
        );
    }
    let lines: String = (0..2000).map(|n| format!("{n}\n")).collect();
    let project = Project::new().file("pipeline.yaml", pipeline).file("data/lines.txt", lines);
    Victim::new("200 commands", project, &["-p", "word=two"]).kill(kills(), 19);
}

/// Kills the runner, once: the keeper's parent is the guardian, whose parent is the runner.
#[cfg(target_os = "linux")]
const KILLER: &str = "
[ -e killed ] && exit
touch killed
above() { read -r stat < /proc/$1/stat; set -- ${stat##*)}; echo $2; }
kill -9 $(above $(above $PPID))
sleep 1000
";

#[test]
#[cfg(target_os = "linux")]
fn what_a_command_starts_from_is_written_down_before_it_starts() {
    let project = Project::new().file("killer.sh", KILLER).pipeline(
        "
        version: 1
        name: short
        tasks:
          first: {type: command, run: 'echo first | tee -a tries.txt > $TIDEMILL_OUTPUT_o', outputs: {o: first.txt}}
          second: {type: command, run: [sh, killer.sh], depends_on: [first]}
        ",
    );
    let run = || {
        let mut command = project.command(["run", "--no-wait"]);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.output().expect("the binary starts").status
    };
    assert_eq!(run().code(), None);
    assert_eq!(run().code(), Some(0));
    assert_eq!(project.read("tries.txt"), "first\n");
}

#[test]
#[cfg(target_os = "linux")]
fn what_was_half_written_under_a_temporary_name_is_removed() {
    // By a task, and by a copy from the cache.
    for half in ["post/.tidemill-0123456789abcdef.eml", "post/.tidemill-A1b2C3.tmp"] {
        half_written(half);
    }
}

#[cfg(target_os = "linux")]
fn half_written(half: &str) {
    let project = Project::new().file("killer.sh", KILLER).pipeline(&format!(
        "
        version: 1
        tasks:
          first: {{type: command, run: '[ -e killed ] || {{ mkdir post; echo half > {half}; }}; exec sh killer.sh'}}
          mail: {{type: email, to: [a@example.com], subject: s, body: b, outbox: post, depends_on: [first]}}
        "
    ));
    let run = || project.command(["run", "--no-wait"]).output().expect("the binary starts").status;
    assert_eq!(run().code(), None);
    assert_eq!(project.read(half), "half\n");
    assert_eq!(run().code(), Some(0));
    let post: Vec<String> = project.files("post").into_keys().collect();
    assert!(matches!(post.as_slice(), [mail] if mail.ends_with("-mail.eml")), "{post:?}");
}

#[test]
fn what_has_ended_is_written_down_while_the_run_goes_on() {
    let project = Project::new().pipeline(
        "
        version: 1
        name: short
        tasks:
          quick: {type: command, run: 'echo 1 > $TIDEMILL_OUTPUT_o', outputs: {o: quick.txt}}
          slow: {type: command, run: 'sleep 1000'}
        ",
    );
    let start = |arguments: [&str; 3]| {
        let mut command = project.command(arguments);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts")
    };
    let mut child = start(["run", "-j", "2"]);
    let path = project.root().join(".tidemill/state.db");
    let is_written = || -> bool {
        let count = "SELECT count(*) FROM task_results WHERE task = 'quick'";
        let read = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)
            .and_then(|state| state.query_row(count, [], |row| row.get::<_, i64>(0)));
        read.is_ok_and(|count| count == 1)
    };
    while !is_written() {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("it runs");
    child.wait().expect("it was started");
    assert!(start(["run", "--no-wait", "quick"]).wait().expect("it was started").success());
    let state = Connection::open(&path).expect("a state");
    let tries = "SELECT count(*) FROM attempts WHERE task = 'quick'";
    assert_eq!(state.query_row(tries, [], |row| row.get::<_, i64>(0)).expect("a count"), 1);
}
