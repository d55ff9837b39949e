//! A task type is one file and one line: the one in `head` is read, checked, planned, drawn and run like those of the program.
//! So is a storage: files in the one in `shelf` are found, read and hashed like those of this machine.

mod head;
mod shelf;

use tidemill_core::spec::json_schema;
use tidemill_core::storage::StorageRegistry;
use tidemill_core::task::TaskTypes;
use tidemill_draw::{DrawGraph, DrawNode};
use tidemill_engine_local::FormatCodecs;
use tidemill_runner::dry_run::DryRunAction;
use tidemill_tasks::TypeOf;

use crate::as_library::{mistakes, opened, planned, run};
use crate::project::Project;

fn types() -> TaskTypes {
    let known = tidemill_tasks::all().with_formats(FormatCodecs::all().formats());
    // The one line of each.
    known.with(TypeOf::<head::Head>::new()).with_storages(StorageRegistry::default().with(shelf::Shelf))
}

const PIPELINE: &str = "
    version: 1
    name: added
    tasks:
      numbers: {type: load, path: numbers.csv}
      first: {type: head, from: numbers, rows: 2}
      doubled: {type: sql, sql: select n * 2 as twice from first, output: outputs/doubled.csv}
    ";

#[test]
fn it_is_in_the_json_schema() {
    let schema = json_schema(&types());
    let tasks = schema["$defs"]["Task"]["oneOf"].as_array().expect("a list of types");
    let head = tasks.iter().find(|task| task["title"] == "head").expect("the new type");
    assert_eq!(head["description"], "Takes the first rows of a table.");
    assert_eq!(head["required"], serde_json::json!(["type", "from", "rows"]));
}

#[test]
fn its_mistakes_and_its_columns_are_checked() {
    let folder = Project::new().file("numbers.csv", "n\n1\n2\n3\n").pipeline(
        "
        version: 1
        name: added
        tasks:
          numbers: {type: load, path: numbers.csv}
          first: {type: head, from: numbers, rows: 2}
          other: {type: head, from: numbers, row: 2}
          doubled: {type: sql, sql: select m * 2 as twice from first}
        ",
    );
    assert_eq!(
        mistakes(&folder, types()),
        ["the key `rows` is missing: `head` needs it", "unknown key `row`", "there is no column `m`: unknown column"]
    );
}

#[test]
fn it_is_drawn_in_its_colour() {
    let (project, _) = opened(&Project::new().file("numbers.csv", "n\n1\n").pipeline(PIPELINE), types());
    let task = project.plan.task(project.plan.find("first").expect("the task"));
    let node = DrawNode {
        id: task.name.to_string(),
        kind: task.task_type.name.to_owned(),
        colour: Some(task.task_type.colour),
        ..DrawNode::default()
    };
    assert!(tidemill_draw::svg(&DrawGraph { nodes: vec![node], edges: Vec::new() }).contains("#123456"));
}

#[test]
fn it_is_planned_run_and_cached() {
    let folder = Project::new().file("numbers.csv", "n\n1\n2\n3\n").pipeline(PIPELINE);
    let all = |act| [("numbers", act), ("first", act), ("doubled", act)].map(|(task, act)| (task.to_owned(), act));
    assert_eq!(planned(&folder, types()), all(DryRunAction::Run));
    run(&folder, types()).expect("a run without failures");
    assert_eq!(folder.read("outputs/doubled.csv"), "twice\n2\n4\n");
    assert_eq!(planned(&folder, types()), all(DryRunAction::Cached));
}

#[test]
fn files_of_another_storage_are_read_and_hashed() {
    let folder = Project::new().file("shelf/a.csv", "n\n1\n").file("shelf/b.csv", "n\n2\n").pipeline(
        "
        version: 1
        name: shelves
        tasks:
          one: {type: load, path: 'shelf://a.csv', output: one.csv}
          all: {type: load, path: 'shelf://*.csv', output: all.csv}
          last: {type: load, path: 'shelf://b.csv', output: last.csv}
        ",
    );
    run(&folder, types()).expect("a run without failures");
    let written = || ["one.csv", "all.csv", "last.csv"].map(|file| folder.read(file));
    assert_eq!(written(), ["n\n1\n", "n\n1\n2\n", "n\n2\n"]);
    let actions = || planned(&folder, types()).into_iter().map(|(_, action)| action).collect::<Vec<_>>();
    assert_eq!(actions(), [DryRunAction::Cached; 3]);
    std::fs::write(folder.root().join("shelf/b.csv"), "n\n3\n").expect("a file");
    assert_eq!(actions(), [DryRunAction::Cached, DryRunAction::Run, DryRunAction::Run]);
    run(&folder, types()).expect("a run without failures");
    assert_eq!(written(), ["n\n1\n", "n\n1\n3\n", "n\n3\n"]);
}

#[test]
fn what_another_storage_lacks_or_cannot_do_is_said_at_its_place() {
    let folder = Project::new().file("shelf/a.csv", "n\n1\n").pipeline(
        "
        version: 1
        name: shelves
        tasks:
          none: {type: load, path: 'shelf://c.csv'}
          nothing: {type: load, path: 'shelf://*.tsv'}
          back: {type: load, path: 'shelf://a.csv', output: 'shelf://b.csv'}
          text: {type: sql, file: 'shelf://a.sql'}
          far: {type: load, path: 's3://bucket/a.csv'}
        ",
    );
    assert_eq!(
        mistakes(&folder, types()),
        [
            "file `shelf://c.csv` does not exist: task `none` reads it",
            "no file matches `shelf://*.tsv`: task `nothing` reads these files",
            "task `back` would write where files can only be read: `shelf` is for reading",
            "`shelf://` is neither a connection of the file nor a kind of URL that is known here: this does not lead to a file of this machine",
            "`s3://` is neither a connection of the file nor a kind of URL that is known here: this does not lead to a file of this machine",
        ]
    );
}
