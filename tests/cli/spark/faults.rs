//! Servers that die, tokens that are wrong, runs that are killed.

use tidemill_test_servers::{Certificates, SparkServer, TlsProxy};

use super::both::engine;
use crate::project::Project;

fn project(engine: &str) -> Project {
    let text = format!(
        "version: 1\nname: t\ntasks:\n  t: {{type: load, path: t.csv}}\n  q: {{type: sql, sql: \"select n + 1 as n from t\", output: out/q.csv}}\n{engine}"
    );
    Project::new().file("t.csv", "n\n1\n2\n").file("pipeline.yaml", text)
}

#[test]
fn a_wrong_token_is_refused_and_the_right_one_works() {
    let Some(server) = SparkServer::start(Some("sesame")) else { return };
    let with =
        |url: String| format!("engine: {{type: spark, url: \"{url}\", warehouse: \"{}\"}}\n", server.warehouse());
    let refused = project(&with(format!("{}/;token=wrong", server.url()))).run(["run"]).exits(1);
    assert!(
        refused.stderr.contains("UNAUTHENTICATED") || refused.stderr.to_lowercase().contains("token"),
        "{}",
        refused.stderr
    );
    let right = project(&with(format!("{}/;token=sesame", server.url())));
    right.run(["run"]).exits(0);
    assert_eq!(right.read("out/q.csv"), "n\n2\n3\n");
}

#[test]
fn after_the_server_was_killed_and_started_again_the_run_goes_on() {
    let Some(server) = SparkServer::start(None) else { return };
    let project = project(&engine(&server));
    project.run(["--engine", "spark", "run"]).exits(0);
    server.kill();
    // What is up to date needs no server.
    project.run(["--engine", "spark", "run"]).exits(0);
    server.run().expect("the server starts again");
    let project = project.file("t.csv", "n\n5\n");
    project.run(["--engine", "spark", "run"]).exits(0);
    assert_eq!(project.read("out/q.csv"), "n\n6\n");
}

#[test]
fn a_table_that_is_gone_from_the_warehouse_is_computed_again() {
    let Some(server) = SparkServer::shared() else { return };
    // One of its own: other tests use that of the server meanwhile.
    let own = format!("{}/gone", server.warehouse());
    let project = project(&engine(&server).replace(&server.warehouse(), &own));
    project.run(["--engine", "spark", "run"]).exits(0);
    let warehouse = own.replace("file://", "");
    for entry in std::fs::read_dir(format!("{warehouse}/tidemill")).expect("a warehouse").flatten() {
        let _ = std::fs::remove_dir_all(entry.path().join("attempts"));
    }
    let again = project.run(["--engine", "spark", "run"]).exits(0);
    assert!(again.stderr.contains("1 ran") || again.stderr.contains("done    q"), "{}", again.stderr);
    assert_eq!(project.read("out/q.csv"), "n\n2\n3\n");
}

#[test]
fn a_statement_that_stands_still_is_given_up() {
    let Some(server) = SparkServer::shared() else { return };
    let rows: String = (0..1_500).map(|n| format!("{n}\n")).collect();
    let text = format!(
        "version: 1\nname: t\nengine: {{type: spark, url: \"{}\", warehouse: \"{}\", stall_limit: 100ms}}\ntasks:\n  t: {{type: load, path: t.csv}}\n  q: {{type: sql, sql: \"select count(*) as c from t a, t b, t c where a.n * b.n * c.n = 7\"}}\n",
        server.url(),
        server.warehouse()
    );
    let project = Project::new().file("t.csv", format!("n\n{rows}")).file("pipeline.yaml", text);
    let given_up = project.run(["run"]).exits(1);
    let told = "none of its tasks has ended or read further for 100ms";
    assert!(given_up.stderr.contains(told), "{}", given_up.stderr);
}

#[test]
fn behind_a_proxy_with_tls_the_server_is_trusted_by_its_certificate_alone() {
    let Some(server) = SparkServer::start(Some("sesame")) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let certificates = Certificates::make(folder.path(), false).expect("certificates");
    let proxy = TlsProxy::start(&certificates, server.port()).expect("a proxy");
    let url = format!("sc://localhost:{}/;use_ssl=true;token=sesame", proxy.port());
    let project = project(&format!("engine: {{type: spark, url: \"{url}\", warehouse: \"{}\"}}\n", server.warehouse()));
    let strange = project.run(["run"]).exits(1);
    assert!(strange.stderr.contains("certificate"), "{}", strange.stderr);
    let child = project.command(["run"]).env("SSL_CERT_FILE", &certificates.authority).output().expect("it starts");
    assert_eq!(child.status.code(), Some(0), "{}", String::from_utf8_lossy(&child.stderr));
    assert_eq!(project.read("out/q.csv"), "n\n2\n3\n");
}
