//! What the page tells of tasks: the same as the command line.

use super::browser::Server;
use crate::project::Project;

/// A table with rows that are rejected and rows that break a check, parts of it, and a task that fails.
fn nightly() -> Project {
    Project::new()
        .pipeline(
            r#"
            version: 1
            name: nightly
            params: {least: 2}
            tasks:
              raw: {type: load, path: orders.csv}
              orders:
                type: normalize
                from: raw
                columns: {quantity: int}
                on_invalid: reject
                reject: [{where: quantity < 0, reason: "<i>negative</i>"}]
                checks: [{not_null: [country]}, {range: {quantity: {max: 8}}, severity: warn, name: few}]
              part:
                type: aggregate
                foreach: [FR, DE]
                from: orders
                where: country = ${{ item }}
                metrics: {quantity: sum(quantity)}
              large: {type: sql, sql: "select * from orders where quantity >= ${{ params.least }}"}
              both: {type: sql, sql: select * from part}
              strict: {type: sql, sql: select * from large, checks: [{range: {quantity: {max: 3}}}]}
            "#,
        )
        .file("orders.csv", "country,quantity\nFR,1\nDE,2\nFR,-3\nDE,x\nDE,9\n")
}

fn run_of(server: &Server, project: &str) -> String {
    let runs = server.get(&format!("/api/v1/projects/{project}/runs")).json();
    runs["runs"][0]["run"].as_str().expect("a run").to_owned()
}

#[test]
fn a_task_shows_its_checks_its_rejects_and_its_columns() {
    let project = nightly();
    project.run(["run", "--keep-going"]).exits(1);
    let server = Server::of(&project);
    let page = server.get("/p/nightly/tasks/orders");
    let text = page.text();
    for holds in [
        "✓ passed not_null: country",
        "! warned few 1 quantity=9",
        "1 &lt;i&gt;negative&lt;&#x2f;i&gt;",
        "outputs&#x2f;rejects&#x2f;orders.csv",
        "quantity: &quot;x&quot; is not an int",
        "5 from raw",
        "How long it took",
    ] {
        assert!(text.contains(holds), "no `{holds}`: {text}");
    }
    assert_eq!(page.body.matches("<i>").count(), 0, "{}", page.body);
    let failed = server.get("/p/nightly/tasks/strict/failed").text();
    assert!(failed.contains("range: quantity &lt;= 3 1 rows country quantity DE 9"), "{failed}");
    assert!(server.get("/p/nightly/tasks/strict").text().contains("1 row does not hold"), "the error is there");
}

#[test]
fn profile_lineage_and_changes_are_those_of_the_command_line() {
    let project = nightly();
    project.run(["run", "large"]).exits(0);
    project.run(["run", "large", "-p", "least=1"]).exits(0);
    let server = Server::of(&project);
    let api = |what: &str| server.get(&format!("/api/v1/projects/nightly/tasks/large/{what}")).json();
    let lineage: serde_json::Value =
        serde_json::from_str(&project.run(["lineage", "large.quantity", "--format", "json"]).exits(0).stdout)
            .expect("JSON");
    assert_eq!(api("lineage?column=quantity"), lineage);
    let told = project.run(["diff", "large", "--json"]).exits(0).stdout;
    let told: serde_json::Value = serde_json::from_str(told.lines().next().expect("a line")).expect("JSON");
    let diff = api("diff");
    for name in ["added", "removed", "changed", "equal", "key"] {
        assert_eq!(diff[name], told[name], "{name}: {diff}");
    }
    assert_eq!(diff["rows"]["added"][0]["country"], "FR", "{diff}");
    assert_eq!(api("profile")["columns"][1]["max"], 9);
    let pages = [
        ("profile", "quantity int 0 3 1 9 4"),
        ("lineage?column=quantity", "orders.quantity"),
        ("diff", "1 added, 0 removed, 0 changed, 2 equal"),
        ("lineage?column=none", "has no column `none`"),
        ("diff?before=none", "there is no run `none`"),
    ];
    for (what, holds) in pages {
        let text = server.get(&format!("/p/nightly/tasks/large/{what}")).text();
        assert!(text.contains(holds), "{what} holds no `{holds}`: {text}");
    }
}

#[test]
fn what_is_not_there_is_missing_everywhere() {
    let project = nightly();
    project.run(["run", "raw"]).exits(0);
    let server = Server::of(&project);
    let run = run_of(&server, "nightly");
    let tasks = ["", "/rows", "/profile", "/lineage", "/diff", "/failed"];
    let tasks = tasks.into_iter().flat_map(|what| {
        let page = (what != "/rows").then(|| format!("/p/nightly/tasks/none{what}"));
        page.into_iter().chain([format!("/api/v1/projects/nightly/tasks/none{what}")])
    });
    let logs = ["", "/events"].map(|what| format!("/api/v1/projects/nightly/runs/{run}/logs/none{what}"));
    let pages = [format!("/p/nightly/runs/{run}?task=none"), format!("/p/nightly/runs/{run}/logs/none")];
    for address in tasks.chain(logs).chain(pages).chain(["/p/nightly?task=none".to_owned()]) {
        assert_eq!(server.get(&address).status, 404, "{address}");
    }
    let rerun = server.post("/api/v1/projects/nightly/tasks/none/rerun", "");
    assert_eq!(rerun.status, 404, "{}", rerun.body);
    // A task of the file that this run did not have.
    assert!(server.get(&format!("/p/nightly/runs/{run}?task=large")).text().contains("not in this run large"));
    assert_eq!(server.get(&format!("/api/v1/projects/nightly/runs/{run}/logs/large/events")).status, 404);
    let both = server.get("/api/v1/projects/nightly/tasks/both").json();
    assert_eq!(both["needs"], serde_json::json!(["part"]), "all instances are one need");
    // An instance is a task before it has ever run.
    let instance = server.get("/p/nightly/tasks/part@FR").text();
    assert!(instance.contains("Rerun with what follows") && instance.contains("foreach: [FR, DE]"), "{instance}");
}

#[test]
fn the_graph_folds_groups_and_shows_a_task_beside_it() {
    let project = nightly();
    project.run(["run", "--keep-going"]).exits(1);
    let server = Server::of(&project);
    let folded = server.get("/p/nightly");
    assert!(folded.text().contains("part ×2"), "{}", folded.text());
    assert!(folded.body.contains("href=\"/p/nightly?open=part\""), "{}", folded.body);
    let open = server.get("/p/nightly?open=part").text();
    assert!(!open.contains("part ×2") && open.contains("part unfolded"), "{open}");
    let beside = server.get("/p/nightly?task=strict&open=part");
    let text = beside.text();
    assert!(text.contains("Run up to here") && text.contains("1 row does not hold"), "{text}");
    assert!(text.contains("Retry what failed"), "{text}");
    let found = server.get("/p/nightly?status=failed").text();
    let list = found.split("out of date because does").nth(1).expect("a list");
    assert!(list.contains("query over large") && !list.contains("raw"), "{found}");
    assert!(server.get("/p/nightly?find=PART").text().contains("part@FR"));
    let alone = server.get("/p/nightly/graph?select=%2Blarge");
    assert_eq!(alone.header("content-type"), Some("image/svg+xml"));
    assert_eq!(server.get("/p/nightly/graph?select=nothing").status, 422);
    // What a run up to here does is what the command line does with its selector.
    let started = server.post("/p/nightly/runs", "select=%2Bstrict");
    assert_eq!(started.status, 303, "{}", started.body);
    server.ended("nightly", started.header("location").and_then(|page| page.rsplit('/').next()).expect("a run"));
    assert!(
        server.get("/p/nightly/runs").text().contains("of +strict strict"),
        "{}",
        server.get("/p/nightly/runs").text()
    );
}

#[test]
fn tasks_are_found_by_why_they_are_out_of_date() {
    let project = nightly();
    project.run(["run", "large", "-p", "least=1"]).exits(0);
    let server = Server::of(&project);
    let because = "/p/nightly?because=param%20least%201%20%E2%86%92%202";
    let begun = std::time::Instant::now();
    // What is out of date is found out beside the requests.
    while !server.get(because).text().contains("param least 1 → 2 1") {
        assert!(begun.elapsed().as_secs() < 30, "{}", server.get(because).text());
    }
    let page = server.get(because).text();
    assert!(page.contains("query over orders") && !page.contains("query over large"), "{page}");
    assert!(server.get("/p/nightly?stale=1").text().contains("query over large"));
}

#[test]
fn a_run_is_looked_at_by_state_by_name_and_task_by_task() {
    let project = nightly();
    project.run(["run", "--keep-going"]).exits(1);
    let server = Server::of(&project);
    let run = run_of(&server, "nightly");
    let page = |query: &str| server.get(&format!("/p/nightly/runs/{run}{query}")).text();
    assert!(page("").contains("1 failed"), "{}", page(""));
    let failed = page("?status=failed");
    assert!(failed.contains("strict log") && !failed.contains("raw log"), "{failed}");
    assert!(page("?find=none").contains("No such task."));
    let task = page("?task=orders");
    assert!(
        task.contains("because first run") && task.contains("2 rejected") || task.contains("rows in 5 from raw"),
        "{task}"
    );
    assert!(task.contains("Rerun with what follows"), "{task}");
    let events = server.get(&format!("/api/v1/projects/nightly/runs/{run}/logs/strict/events"));
    assert!(events.body.contains("event: log") && events.body.contains("event: end"), "{}", events.body);
    let rest = server.get(&format!("/api/v1/projects/nightly/runs/{run}/logs/strict/events?from=100000"));
    assert!(!rest.body.contains("event: log") && rest.body.contains("event: end"), "{}", rest.body);
}
