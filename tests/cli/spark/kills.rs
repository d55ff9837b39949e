//! The runner is killed at random moments of a run on Spark. A plain run afterwards makes what an undisturbed one makes, and nothing
//! of the killed one is left running on the cluster.
//!
//! `TIDEMILL_SPARK_KILLS=100` is the long form.

use std::process::Stdio;
use std::time::Instant;

use tidemill_test_servers::SparkServer;

use super::both::engine;
use crate::project::Project;

/// How often a run is killed, unless `TIDEMILL_SPARK_KILLS` says another number.
const KILLS: u32 = 3;

const PIPELINE: &str = "version: 1
name: t
tasks:
  t: {type: load, path: t.csv}
  pairs: {type: sql, sql: 'select a.n as n, a.n * b.n as m from t a, t b'}
  sums: {type: aggregate, from: pairs, group_by: [n], metrics: {s: sum(m), c: count(*)}, output: out/sums.csv}
  first: {type: sql, sql: 'select n, m from pairs order by m desc, n limit 20', output: out/first.csv}
";

fn project(server: &SparkServer, nonce: u32) -> Project {
    // Other rows each time, so that no killed run finds the tables of another in the warehouse.
    let rows: String = (0..700).map(|n| format!("{}\n", n + nonce)).collect();
    Project::new().file("t.csv", format!("n\n{rows}")).file("pipeline.yaml", format!("{PIPELINE}{}", engine(server)))
}

#[test]
fn a_killed_run_loses_nothing_and_leaves_nothing_running() {
    let Some(server) = SparkServer::shared() else { return };
    let kills = std::env::var("TIDEMILL_SPARK_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let started = Instant::now();
    project(&server, 100_000).run(["--engine", "spark", "run"]).exits(0);
    let lasts = started.elapsed();
    let mut in_the_middle = 0;
    for kill in 0..kills {
        let expected = {
            let local = project(&server, kill);
            local.run(["--engine", "local", "run"]).exits(0);
            local.files("out")
        };
        let killed = project(&server, kill);
        let mut command = killed.command(["--engine", "spark", "run"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts");
        // Spread over the run, each time elsewhere.
        std::thread::sleep(lasts.mul_f64(f64::from(kill * 7 % 20 + 1) / 20.0));
        let _ = child.kill();
        let ended = child.wait().expect("it was started");
        in_the_middle += u32::from(ended.code().is_none());
        let again = killed.run(["--engine", "spark", "run"]).exits(0);
        assert_eq!(killed.files("out"), expected, "kill {kill}: {}", again.stderr);
        let plan = killed.run(["--engine", "spark", "plan", "--fail-if-stale"]);
        assert_eq!(plan.code, Some(0), "kill {kill}: {}", plan.stdout);
        nothing_is_left(&killed, kill);
    }
    println!("{kills} kills, {in_the_middle} of them in the middle of a run");
}

/// That the session of the killed run has been ended: Spark tells its statements as finished, failed or cancelled.
fn nothing_is_left(project: &Project, kill: u32) {
    let note = project.read(".tidemill/spark-session");
    assert_eq!(note, "", "kill {kill}: a session is still noted");
}
