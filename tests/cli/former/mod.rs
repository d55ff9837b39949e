//! A project in mid-history, made by a former version, goes on: what it remembers is found, and its tables are opened.
//!
//! `state.sql` and the objects beside it are what that version wrote. Where a version in a fingerprint is raised on purpose (of a
//! task type, of the engine) `plan --json` and a state made now say what the fingerprints are then.

use serde_json::Value;

use crate::project::Project;

const PIPELINE: &str = "
    version: 1
    name: former
    tasks:
      t:
        type: load
        path: t.csv
        columns: {i: int, f: float, d: 'decimal(9,2)', s: string, day: date, at: datetime, b: bool}
      some: {type: sql, sql: 'select s, i * 2 as twice from t where d > 1', output: some.csv}
    ";

const T: &str = "i,f,d,s,day,at,b
1,0.5,1.25,Köln,2024-01-31,2024-01-31 10:20:30,true
-2,-1e300,,,1969-12-31,1969-12-31 23:59:59,false
,,99.99,a long text that repeats a long text that repeats,,,
";

/// The project as it was left, its files in the store under their digests.
fn former() -> Project {
    let store = ".tidemill/cache";
    Project::new()
        .pipeline(PIPELINE)
        .file("t.csv", T)
        .file("some.csv", include_bytes!("some.csv"))
        .sqlite(".tidemill/state.db", include_str!("state.sql"))
        .file(
            &format!("{store}/dd/d702bea31269725e2a8f93db1cfc1aa300b68ef14f6e1a6b8fc75bb3b20420"),
            include_bytes!("t.table"),
        )
        .file(
            &format!("{store}/b6/6688f2706ecbce046564421c1db0702224ceeb1838a615941f56864520f178"),
            include_bytes!("some.table"),
        )
        .file(
            &format!("{store}/6a/8074b34d9752a6be9b4b076a47e678b832a38206cc39db86832572360bcdd4"),
            include_bytes!("some.csv"),
        )
}

fn actions(project: &Project) -> Vec<String> {
    let planned = project.run(["plan", "--json"]).exits(0).stdout;
    let action = |line: &str| Some(serde_json::from_str::<Value>(line).ok()?["action"].as_str()?.to_owned());
    planned.lines().filter_map(action).collect()
}

#[test]
fn nothing_is_computed_again() {
    let project = former();
    // A run brings the state up to date, if it is of another form.
    let told = project.run(["run"]).exits(0).stderr;
    assert!(told.contains("all 2 tasks are up to date"), "{told}");
    assert_eq!(actions(&project), ["cached", "cached"]);
}

#[test]
fn its_tables_are_read() {
    let project = former();
    project.run(["run"]).exits(0);
    let rows = project.run(["preview", "t", "--csv"]).exits(0).stdout;
    assert_eq!(rows.lines().nth(1), Some("1,0.5,1.25,Köln,2024-01-31,2024-01-31T10:20:30,true"));
    let project = project.pipeline(&PIPELINE.replace("i * 2", "i * 3"));
    assert_eq!(actions(&project), ["cached", "run"]);
    project.run(["run"]).exits(0);
    assert_eq!(project.read("some.csv").lines().nth(1), Some("Köln,3"));
}

#[test]
fn its_tables_are_kept_as_they_would_be_now() {
    let project = Project::new().pipeline(PIPELINE).file("t.csv", T);
    project.run(["run"]).exits(0);
    assert_eq!(project.files(".tidemill/cache"), former().files(".tidemill/cache"));
}
