//! Runner, server and connection are killed at random moments while a table is written; afterwards nothing is lost and nothing is
//! there twice, and at no moment did a reader see half of it.
//!
//! `TIDEMILL_DATABASE_KILLS=100` says how many kills; without it there is none, for they take minutes. What came of it is in
//! `docs/reliability.md`.

use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tidemill_test_servers::{Cut, Postgres};

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

/// Rounds that write a table in a mode, each killed once.
struct Rounds {
    mode: &'static str,
    shop: Shop,
    cut: Cut,
    lasts: Duration,
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
        let cut = Cut::before(server.port()).expect("a proxy");
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
        let url = shop.server.url_at(cut.port(), &shop.database);
        let shop = shop.pipeline(&dedent(&rest)).secret(&url);
        let mut rounds =
            Self { mode, shop, cut, lasts: Duration::ZERO, random: 0x9E37_79B9_7F4A_7C15, figures: Figures::default() };
        let began = Instant::now();
        rounds.start(1).exits(0);
        rounds.lasts = began.elapsed();
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
        for round in 2..kills + 2 {
            let victim = VICTIMS[self.random(VICTIMS.len() as u64) as usize];
            let after = self.lasts.mul_f64(self.random(1100) as f64 / 1000.0);
            let what = format!("{}: round {round}: {victim:?} after {after:?}", self.mode);
            self.kill_once(round, victim, after, &what);
            println!("{what}: {:?}", self.figures);
            assert!(!reader.is_finished(), "{what}: the reader saw what may not be seen");
        }
        is_over.store(true, Ordering::Relaxed);
        reader.join().expect("no look was wrong");
        self.figures.looks = looks.load(Ordering::Relaxed);
        println!("{} ({:?} undisturbed): {:?}", self.mode, self.lasts, self.figures);
    }

    fn kill_once(&mut self, round: usize, victim: Victim, after: Duration, what: &str) {
        let pieces = self.random(14) as usize;
        if victim == Victim::Connection {
            self.cut.after_requests(pieces);
        }
        let mut child = self.spawn(round);
        if victim != Victim::Connection {
            std::thread::sleep(after);
        }
        self.strike(victim, &mut child);
        let outcome = self.shop.project.wait(child);
        self.figures.kills += 1;
        let is_there = self.is_there(round, what);
        let heard = outcome.stderr.contains("done in ");
        match (heard, is_there) {
            (true, true) => self.figures.ended_well += 1,
            (false, true) => self.figures.there_unheard += 1,
            (false, false) => self.figures.nothing_there += 1,
            (true, false) => panic!("{what}: rows that were told to be written are not there\n{}", outcome.stderr),
        }
        let denied = outcome.stderr.contains("nothing was written");
        assert!(!(denied && is_there), "{what}: it is told that nothing was written\n{}", outcome.stderr);
        // The cut that did not come must not come later.
        self.cut.after_requests(usize::MAX - 1);
        self.start(round).exits(0);
        assert!(self.is_there(round, what), "{what}: the next run has not written the rows");
        self.nothing_is_left(what);
    }

    fn strike(&self, victim: Victim, child: &mut Child) {
        let sessions = "from pg_stat_activity where datname = current_database() and application_name <> 'psql'";
        match victim {
            // It may have ended by itself.
            Victim::Runner => drop(child.kill()),
            Victim::Session => drop(self.shop.sql(&format!("select pg_terminate_backend(pid) {sessions}"))),
            Victim::Process => {
                for pid in self.shop.sql(&format!("select pid {sessions}")).lines() {
                    let pid = pid.parse().ok().and_then(rustix::process::Pid::from_raw).expect("a number");
                    // It may have ended since; else the server ends all others and recovers.
                    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
                }
            }
            Victim::Server => {
                self.shop.server.kill();
                self.shop.server.run().expect("the server starts again");
            }
            Victim::Connection => {}
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
