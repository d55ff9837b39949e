//! What is large stays bounded on the page, and what is left out is told.

use super::browser::Server;
use crate::project::Project;

/// Tasks that nothing has run yet, each of which writes a file.
fn many(tasks: usize) -> String {
    let task = |number: usize| {
        format!("  t{number:04}: {{type: sql, sql: select {number} as n, output: out/t{number:04}.csv}}\n")
    };
    format!("version: 1\nname: many\ntasks:\n{}", (0..tasks).map(task).collect::<String>())
}

#[test]
fn a_project_of_many_tasks_is_shown_page_by_page() {
    let project = Project::new().pipeline(&many(450));
    let server = Server::of(&project);
    let begun = std::time::Instant::now();
    // What is out of date is found out beside the requests.
    while server.get("/api/v1/projects").json()["projects"][0]["stale"].is_null() {
        assert!(begun.elapsed().as_secs() < 60, "{}", server.get("/api/v1/projects").body);
    }
    let stale = server.get("/api/v1/projects").json()["projects"][0]["stale"].take();
    assert_eq!((&stale["tasks"], &stale["own"]), (&450.into(), &450.into()), "{stale}");
    assert_eq!(stale["because"].as_array().map(Vec::len), Some(5), "{stale}");
    let projects = server.get("/").text();
    assert!(projects.contains("450 tasks : t0000 first run ; t0001 first run and 448 more"), "{projects}");
    let plan = server.get("/p/many/plan?offset=400&select=").text();
    assert!(plan.contains("401 to 450 of 450") && plan.contains("t0449") && !plan.contains("t0399"), "{plan}");
    let beyond = server.get("/p/many/plan?offset=4000");
    assert!(
        beyond.text().contains("There are 450.") && beyond.body.contains("?offset=400#planned"),
        "{}",
        beyond.text()
    );
    project.run(["run"]).exits(0);
    let outputs = server.get("/p/many/outputs?find=T04").text();
    assert!(outputs.contains("out&#x2f;t0449.csv") && !outputs.contains("t0399"), "{outputs}");
    assert!(server.get("/p/many/outputs?offset=400").text().contains("401 to 450 of 450"));
    // The next page is one of the same tasks.
    let list = server.get("/p/many?status=success&find=t0").body;
    assert!(list.contains("?status=success&amp;find=t0&amp;offset=200#list"), "{list}");
}

#[test]
fn of_a_long_log_the_end_is_shown_and_all_of_it_kept() {
    let project = Project::new().pipeline(
        "version: 1\nname: long\ntasks:\n  talk: {type: command, run: 'seq 300000'}\n  short: {type: command, run: 'seq 3000'}\n",
    );
    let mut command = project.command(["run"]);
    command.env("PATH", std::env::var("PATH").unwrap_or_default());
    assert!(command.output().expect("the binary starts").status.success());
    let server = Server::of(&project);
    let run = server.get("/api/v1/projects/long/runs").json()["runs"][0]["run"].as_str().expect("a run").to_owned();
    let log = server.get(&format!("/p/long/runs/{run}/logs/talk"));
    assert!(log.body.len() < 100_000, "{} bytes", log.body.len());
    assert!(log.text().contains("lines before these are left out") && log.text().contains("300000"), "{}", log.text());
    let found = server.get(&format!("/p/long/runs/{run}/logs/talk?search=299999")).text();
    assert!(found.contains("Only the end of a long log is searched"), "{found}");
    let short = server.get(&format!("/p/long/runs/{run}/logs/short"));
    let text = short.text();
    assert!(text.contains("lines before these are left out") && !text.contains("OUT 1000 "), "{text}");
    assert!(
        regex::Regex::new(r#"<li value="300\d">[^<]* 3000</li>"#).expect("one").is_match(&short.body),
        "{}",
        short.body
    );
    let kept = server.get(&format!("/api/v1/projects/long/runs/{run}/logs/talk?download=1"));
    assert_eq!(kept.body.matches(" OUT ").count(), 300_000);
}

#[test]
fn the_first_rows_of_a_large_table_are_searched_and_that_is_told() {
    let project = Project::new().pipeline(
        "version: 1\nname: rows\ntasks:\n  n: {type: sql, sql: 'select n from generate_series(1, 1200000) as s (n)'}\n",
    );
    project.run(["run"]).exits(0);
    let server = Server::of(&project);
    let rows = server.get("/api/v1/projects/rows/tasks/n/rows?search=999999&limit=5").json();
    assert_eq!((&rows["total"], &rows["of"]), (&1.into(), &1_200_000.into()), "{rows}");
    assert_eq!((&rows["searched"], &rows["rows"][0]["n"]), (&1_000_000.into(), &999_999.into()), "{rows}");
    let page = server.get("/p/rows/tasks/n?search=1100000").text();
    assert!(page.contains("Only the first 1,000,000 of 1,200,000 rows were searched"), "{page}");
    assert!(server.get("/api/v1/projects/rows/tasks/n/rows").json()["searched"].is_null());
}
