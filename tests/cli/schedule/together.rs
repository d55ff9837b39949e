//! Two schedulers on one project, as processes, killed at random.
//!
//! `TIDEMILL_SCHEDULER_KILLS=100` is the long form.

use std::collections::BTreeSet;
use std::process::Child;
use std::time::Duration;

use rustix::process::Signal;

use super::{count, signal, start, state, story, telling, told, until};

fn kills() -> u64 {
    std::env::var("TIDEMILL_SCHEDULER_KILLS").ok().and_then(|number| number.parse().ok()).unwrap_or(8)
}

#[test]
fn no_fire_runs_twice_and_each_is_accounted_for() {
    let project = telling("{every: 1s, overlap: queue, catchup: all}");
    let mut schedulers: [Child; 2] = [start(&project), start(&project)];
    until("both serve", || !told(&project).is_empty());
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for kill in 0..kills() {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_millis(200 + (random >> 33) % 700));
        let one = &mut schedulers[(kill % 2) as usize];
        one.kill().expect("it goes on");
        one.wait().expect("it was started");
        *one = start(&project);
    }
    // Whoever is left reports what the others have lost.
    let seen = told(&project).len();
    until("further fires run", || told(&project).len() >= seen + 2);
    schedulers.iter().for_each(|one| signal(one, Signal::TERM));
    let stories: Vec<String> = schedulers.into_iter().map(|one| story(&project.wait(one).exits(0).stderr)).collect();
    until("runs that outlive their schedulers end", || {
        count(&project, "SELECT count(*) FROM runs WHERE status = 'running'") == 0
    });
    let fires = told(&project);
    let distinct: BTreeSet<&String> = fires.iter().collect();
    assert_eq!(distinct.len(), fires.len(), "a fire ran twice: {fires:?}");
    // From the first to the last there is no gap, and what did not run has a reason.
    let ends = "SELECT (max(instant) - min(instant)) / 1000000 + 1 - count(*) FROM fires";
    assert_eq!(count(&project, ends), 0, "{stories:?}");
    let unknown = "SELECT count(*) FROM fires WHERE status = 'skipped' AND reason IS NULL";
    assert_eq!(count(&project, unknown), 0);
    let mut query = "SELECT count(*) FROM fires WHERE status = 'done'".to_owned();
    let done = count(&project, &query);
    query = "SELECT count(*) FROM fires WHERE status = 'due' AND run IS NOT NULL".to_owned();
    let died = count(&project, &query);
    assert!(
        (fires.len() as i64) <= done + died && fires.len() as i64 >= done,
        "{} told, {done} done, {died} open",
        fires.len()
    );
    let lost = "SELECT count(*) FROM fires WHERE reason LIKE 'recorded, not started%'";
    println!("{} fires ran, {} were lost, {} kills", fires.len(), count(&project, lost), kills());
    let sound: String = state(&project).query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("an answer");
    assert_eq!(sound, "ok");
}
