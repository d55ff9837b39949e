//! Files of large tables: the store keeps no copy of them, and they come back all the same.

use crate::project::Project;

/// Rows enough for a file of more than a megabyte.
fn project() -> Project {
    let rows: String = (0..40_000).map(|row| format!("{row},\"text of row {row}\",{}.25\n", row % 97)).collect();
    Project::new().file("data/rows.csv", format!("id,text,amount\n{rows}")).pipeline(
        "
        version: 1
        name: large
        tasks:
          rows: {type: load, path: data/rows.csv}
          clean:
            type: normalize
            from: rows
            columns: {amount: money}
            output: [outputs/clean.csv, outputs/clean.parquet, outputs/clean.ndjson]
        ",
    )
}

#[test]
fn a_large_file_is_written_again_from_its_table() {
    let project = project();
    project.run(["run"]).exits(0);
    let paths = ["outputs/clean.csv", "outputs/clean.parquet", "outputs/clean.ndjson"];
    let before = paths.map(|path| project.bytes(path));
    assert!(before[0].len() > 1 << 20, "{}", before[0].len());
    let copies = project.files(".tidemill/cache");
    assert!(!copies.values().any(|object| *object == before[0]), "no copy is kept");

    std::fs::remove_file(project.root().join(paths[0])).expect("it was there");
    std::fs::write(project.root().join(paths[2]), "by hand").expect("a file");
    let plan = project.run(["plan"]).exits(0);
    assert!(plan.stdout.contains("restore"), "{}", plan.stdout);
    let run = project.run(["run"]).exits(0);
    assert!(run.stderr.contains("1 restored"), "{}", run.stderr);
    assert!(run.stderr.contains("outputs/clean.ndjson had been edited by hand"), "{}", run.stderr);
    assert!(paths.map(|path| project.bytes(path)) == before, "the files are as they were");
    let edited = project.files(".tidemill/edited");
    assert!(edited.values().any(|file| file == b"by hand"));
}

#[test]
fn without_its_table_the_task_runs_again() {
    let project = project();
    project.run(["run", "clean"]).exits(0);
    let before = project.bytes("outputs/clean.csv");
    std::fs::remove_file(project.root().join("outputs/clean.csv")).expect("it was there");
    // Every object is damaged, and still has its size.
    for object in project.files(".tidemill/cache").into_keys() {
        let path = project.root().join(".tidemill/cache").join(object);
        let mut bytes = std::fs::read(&path).expect("an object");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, bytes).expect("a file");
    }
    project.run(["run"]).exits(0);
    assert!(project.bytes("outputs/clean.csv") == before);
}
