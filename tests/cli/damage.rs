//! Objects in the store that are not what they were: whatever byte is wrong, nothing of it is served.

use std::path::PathBuf;

use rusqlite::Connection;

use crate::project::Project;

/// One table for each byte of a stored one, so that a single run tries them all.
const TABLES: usize = 1000;

fn project() -> Project {
    let items: Vec<String> = (0..TABLES).map(|item| item.to_string()).collect();
    let pipeline = format!(
        "version: 1
name: damage
params: {{least: 0}}
tasks:
  t:
    type: load
    foreach: [{}]
    path: data/${{{{ item }}}}.csv
  all:
    type: aggregate
    from: t
    where: n >= ${{{{ params.least }}}}
    group_by: [n]
    metrics: {{m: sum(m)}}
    output: outputs/all.csv
",
        items.join(", ")
    );
    let project = Project::new().file("pipeline.yaml", pipeline);
    (0..TABLES)
        .fold(project, |project, item| project.file(&format!("data/{item}.csv"), format!("n,m\n{item},{}\n", item * 7)))
}

/// The stored tables, by the item of the task that made them.
fn objects(project: &Project) -> Vec<PathBuf> {
    let state = Connection::open(project.root().join(".tidemill/state.db")).expect("a state");
    let digest = |item: usize| -> String {
        let query = "select lower(hex(table_digest)) from results where latest and task = ?";
        state.query_row(query, [format!("t@{item}")], |row| row.get(0)).expect("a result")
    };
    (0..TABLES)
        .map(|item| {
            let digest = digest(item);
            let (fan, rest) = digest.split_at(2);
            project.root().join(".tidemill/cache").join(fan).join(rest)
        })
        .collect()
}

/// Spoils each object at another place, then has all of them read; `least` makes the reader run, and leaves out no row.
#[track_caller]
fn no_damage_is_served(spoil: impl Fn(usize, &mut Vec<u8>)) {
    let project = project();
    project.run(["run"]).exits(0);
    let good = project.bytes("outputs/all.csv");
    let mut longest = 0;
    for (at, path) in objects(&project).iter().enumerate() {
        let mut bytes = std::fs::read(path).expect("an object");
        longest = longest.max(bytes.len());
        let place = at % bytes.len();
        spoil(place, &mut bytes);
        // Objects are read-only, and another file may be linked to them.
        std::fs::remove_file(path).and_then(|()| std::fs::write(path, bytes)).expect("a file");
    }
    assert!(longest <= TABLES, "{longest} bytes: some were not tried");
    project.run(["run", "-p", "least=-1"]).exits(0);
    assert!(project.bytes("outputs/all.csv") == good, "something wrong was served");
    for path in objects(&project) {
        let digest = path.parent().and_then(|fan| Some(format!("{}{}", name(fan)?, name(&path)?))).expect("a path");
        let is = blake3::hash(&std::fs::read(&path).expect("it was made again")).to_hex().to_string();
        assert_eq!(is, digest, "the damage is still there");
    }
}

fn name(path: &std::path::Path) -> Option<String> {
    Some(path.file_name()?.to_string_lossy().into_owned())
}

#[test]
fn no_flipped_byte_of_a_table_is_served() {
    no_damage_is_served(|at, bytes| bytes[at] ^= 1 << (at % 8));
}

#[test]
fn no_cut_of_a_table_is_served() {
    no_damage_is_served(|at, bytes| bytes.truncate(at));
}
