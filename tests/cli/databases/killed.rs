//! Runner, server and connection are killed while a table is written, from the beginning of its transaction until the answer to its
//! COMMIT; afterwards nothing is lost and nothing is there twice, and at no moment did a reader see half of it.
//!
//! `TIDEMILL_DATABASE_KILLS=100` says how many kills; without it there is none, for they take minutes. What came of it is in
//! `docs/reliability.md`.

use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tidemill_test_servers::{ConnectionState, Cut, Postgres};

use crate::project::{Outcome, Project, dedent};

use super::shop::Shop;

/// The rows of a round.
const ROWS: usize = 5000;

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Runner,
    Session,
    Process,
    Server,
    Connection,
}

const VICTIMS: [Victim; 5] = [Victim::Runner, Victim::Session, Victim::Process, Victim::Server, Victim::Connection];

/// How the transaction that writes begins.
const BEGIN: &[u8] = b"begin; set local lock_timeout = '10min'; select pg_advisory_xact_lock";

/// More requests than it has.
const MOST_REQUESTS: usize = 40;

/// What the server answers to its end.
const COMMITTED: &[u8] = b"COMMIT\0";

/// When something is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// Before that request of the transaction comes to the server.
    Request(usize),
    /// When the server has committed, before its answer comes to the runner.
    Committed,
}

/// Rounds that write a table in a mode, each killed once.
struct Rounds {
    mode: &'static str,
    shop: Shop,
    cut: Arc<Cut>,
    /// How many requests the transaction has at most, as far as is known.
    requests: usize,
    random: u64,
    figures: Figures,
}

#[derive(Debug, Default)]
struct Figures {
    kills: usize,
    /// Rounds whose rows were there after the kill, and that were told to have ended well.
    ended_well: usize,
    /// Rounds whose rows were there although their runner could not tell so any more.
    there_unheard: usize,
    /// Rounds that were told to have failed, or were killed, and whose rows were not there.
    nothing_there: usize,
    looks: usize,
}

impl Rounds {
    fn new(mode: &'static str, output: &str) -> Option<Self> {
        let server = Arc::new(Postgres::start()?);
        let cut = Arc::new(Cut::before(server.port()).expect("a proxy"));
        let sql = "create schema mart; create table mart.out (id int primary key, round int not null)";
        let sql = if mode == "append" { sql.replace(" primary key", " not null") } else { sql.to_owned() };
        let shop = Shop::at(server, Project::new(), &sql)?;
        let rest = format!(
            "
            params: {{round: 0}}
            tasks:
              out:
                type: sql
                sql: select id, ${{{{ params.round }}}} as round from generate_series(1, {ROWS}) as s (id)
                output: {{connection: mart, table: out, {output}}}
            "
        );
        let url = format!("{}?sslmode=disable", shop.server.url_at(cut.port(), &shop.database));
        let shop = shop.pipeline(&dedent(&rest)).secret(&url);
        let requests = MOST_REQUESTS;
        let rounds = Self { mode, shop, cut, requests, random: 0x9E37_79B9_7F4A_7C15, figures: Figures::default() };
        rounds.start(1).exits(0);
        Some(rounds)
    }

    /// A number below another, in an order that is always the same.
    fn random(&mut self, below: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % below
    }

    fn spawn(&self, round: usize) -> Child {
        let mut command = self.shop.project.command(["run", "--no-wait", "-p"]);
        command.arg(format!("round={round}")).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("the binary starts")
    }

    fn start(&self, round: usize) -> Outcome {
        self.shop.project.wait(self.spawn(round))
    }

    /// Kills so many rounds while another session reads.
    fn kill(&mut self, kills: usize) {
        let is_over = Arc::new(AtomicBool::new(false));
        let looks = Arc::new(AtomicUsize::new(0));
        let reader = self.reader(&is_over, &looks);
        for round in 2.. {
            if self.figures.kills == kills {
                break;
            }
            let victim = VICTIMS[self.random(VICTIMS.len() as u64) as usize];
            let moment = match self.random(4) {
                0 => Moment::Committed,
                _ => Moment::Request(self.random(self.requests as u64) as usize),
            };
            let what = format!("{}: round {round}: {victim:?} at {moment:?}", self.mode);
            self.kill_once(round, victim, moment, &what);
            println!("{what}: {:?}", self.figures);
            assert!(!reader.is_finished(), "{what}: the reader saw what may not be seen");
        }
        is_over.store(true, Ordering::Relaxed);
        reader.join().expect("no look was wrong");
        self.figures.looks = looks.load(Ordering::Relaxed);
        println!("{} ({} requests): {:?}", self.mode, self.requests, self.figures);
    }

    fn kill_once(&mut self, round: usize, victim: Victim, moment: Moment, what: &str) {
        let is_killed = Arc::new(AtomicBool::new(false));
        let (sender, runner) = channel();
        let killing = self.killing(victim, runner, &is_killed);
        match moment {
            Moment::Request(nth) => self.cut.do_at_request(BEGIN, nth, killing),
            // What only reads commits too, before this begins.
            Moment::Committed => {
                let cut = Arc::clone(&self.cut);
                self.cut.do_at_request(BEGIN, 0, move || {
                    cut.do_at_answer(COMMITTED, killing);
                    ConnectionState::Passes
                });
            }
        }
        let child = self.spawn(round);
        sender.send(child.id() as i32).expect("the proxy keeps what is to be done");
        let outcome = self.shop.project.wait(child);
        self.cut.clear();
        match moment {
            _ if is_killed.load(Ordering::Acquire) => self.count(&outcome, self.is_there(round, what), what),
            Moment::Request(nth) => self.requests = nth,
            Moment::Committed => panic!("{what}: it has not committed\n{}", outcome.stderr),
        }
        self.start(round).exits(0);
        assert!(self.is_there(round, what), "{what}: the next run has not written the rows");
        self.nothing_is_left(what);
    }

    fn count(&mut self, outcome: &Outcome, is_there: bool, what: &str) {
        self.figures.kills += 1;
        let heard = outcome.stderr.contains("done in ");
        match (heard, is_there) {
            (true, true) => self.figures.ended_well += 1,
            (false, true) => self.figures.there_unheard += 1,
            (false, false) => self.figures.nothing_there += 1,
            (true, false) => panic!("{what}: rows that were told to be written are not there\n{}", outcome.stderr),
        }
        let denied = outcome.stderr.contains("nothing was written");
        assert!(!(denied && is_there), "{what}: it is told that nothing was written\n{}", outcome.stderr);
    }

    /// What kills a victim, and what becomes of the connection then; the runner is told later.
    fn killing(
        &self,
        victim: Victim,
        runner: Receiver<i32>,
        is_killed: &Arc<AtomicBool>,
    ) -> impl FnOnce() -> ConnectionState + Send + use<> {
        let (server, database) = (Arc::clone(&self.shop.server), self.shop.database.clone());
        let is_killed = Arc::clone(is_killed);
        move || {
            is_killed.store(true, Ordering::Release);
            let sessions = "from pg_stat_activity where datname = current_database() and application_name <> 'psql'";
            match victim {
                Victim::Runner => kill(runner.recv().expect("it was started")),
                Victim::Session => {
                    drop(server.psql(&database, &format!("select pg_terminate_backend(pid) {sessions}")))
                }
                // The server ends all others then, and recovers.
                Victim::Process => {
                    let pids = server.psql(&database, &format!("select pid {sessions}"));
                    pids.lines().for_each(|pid| kill(pid.parse().expect("a number")));
                }
                Victim::Server => {
                    server.kill();
                    server.run().expect("the server starts again");
                }
                Victim::Connection => return ConnectionState::Cut,
            }
            ConnectionState::Passes
        }
    }

    /// Whether the rows of a round are there, once and all; and that table and ledger are sound.
    fn is_there(&self, round: usize, what: &str) -> bool {
        let state = format!(
            "select count(*), count(distinct id), count(distinct round), count(*) filter (where round = {round}),
            (select sum(row_count) from mart.tidemill_ledger), (select count(*) from mart.tidemill_ledger) from mart.out"
        );
        let state = self.patiently(&state);
        let numbers: Vec<usize> = state.split('|').map(|number| number.parse().expect("a number")).collect();
        let [rows, ids, rounds, of_round, told, lines] = numbers[..] else { panic!("{what}: {state}") };
        assert!(ids == ROWS && (of_round == 0 || of_round == ROWS), "{what}: {state}");
        match self.mode {
            "append" => assert!(rows == rounds * ROWS && told == rows && lines == rounds, "{what}: {state}"),
            _ => assert!(rows == ROWS && rounds == 1 && told == lines * ROWS, "{what}: {state}"),
        }
        // A line for every round up to this one or the one before: no more and no less than were written.
        assert_eq!(lines, if of_round == 0 { round - 1 } else { round }, "{what}: {state}");
        of_round == ROWS
    }

    /// The answer to a query, of a server that may just be recovering.
    fn patiently(&self, sql: &str) -> String {
        let began = Instant::now();
        loop {
            let mut psql = self.shop.server.psql_command(&self.shop.database);
            let output = psql.args(["-c", sql]).output().expect("psql starts");
            if output.status.success() {
                return String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
            }
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(began.elapsed() < Duration::from_secs(60), "{sql}: {told}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Neither sessions nor locks of runs are left.
    fn nothing_is_left(&self, what: &str) {
        // The reader and the server's own work come and go.
        let left = "select (select count(*) from pg_stat_activity where datname = current_database()
            and backend_type = 'client backend' and application_name <> 'psql'), (select count(*) from pg_locks where
            locktype = 'advisory' or mode not in ('AccessShareLock', 'ShareUpdateExclusiveLock', 'ExclusiveLock'))";
        let began = Instant::now();
        while self.patiently(left) != "0|0" {
            assert!(began.elapsed() < Duration::from_secs(30), "{what}: {}", self.patiently(left));
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Looks at the table all the time.
    fn reader(&self, is_over: &Arc<AtomicBool>, looks: &Arc<AtomicUsize>) -> std::thread::JoinHandle<()> {
        let (is_over, looks, mode) = (Arc::clone(is_over), Arc::clone(looks), self.mode);
        let (server, database) = (Arc::clone(&self.shop.server), self.shop.database.clone());
        std::thread::spawn(move || {
            let sql = "select count(*), count(distinct round), min(round) from mart.out";
            while !is_over.load(Ordering::Relaxed) {
                let output = server.psql_command(&database).args(["-c", sql]).output().expect("psql starts");
                let text = String::from_utf8_lossy(&output.stdout);
                let numbers: Vec<usize> = text.trim().split('|').filter_map(|number| number.parse().ok()).collect();
                // A server that is not there shows nothing.
                let [rows, rounds, _] = numbers[..] else { continue };
                looks.fetch_add(1, Ordering::Relaxed);
                let whole = if mode == "append" { rounds * ROWS } else { ROWS };
                assert!(rows == whole && rounds > 0 && (mode == "append" || rounds == 1), "{mode}: {text} was seen");
            }
        })
    }
}

fn kill(process: i32) {
    let process = Pid::from_raw(process).expect("the number of a process");
    // It may have ended by itself.
    let _ = kill_process(process, Signal::KILL);
}

fn killed(mode: &'static str, output: &str) {
    let kills = std::env::var("TIDEMILL_DATABASE_KILLS").ok().and_then(|text| text.parse().ok());
    let Some(kills) = kills else { return eprintln!("TIDEMILL_DATABASE_KILLS is not set: nothing is killed") };
    if let Some(mut rounds) = Rounds::new(mode, output) {
        rounds.kill(kills);
    }
}

#[test]
fn appended_rows_survive_kills() {
    killed("append", "mode: append");
}

#[test]
fn replaced_rows_survive_kills() {
    killed("replace", "mode: replace");
}

#[test]
fn upserted_rows_survive_kills() {
    killed("upsert", "mode: upsert, key: [id]");
}
