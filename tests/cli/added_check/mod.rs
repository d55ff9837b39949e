//! A check is one file and one line: the one in `divisible` is in the schema, read, checked, run and remembered like those of
//! the program.

mod divisible;

use tidemill_core::spec::json_schema;
use tidemill_core::task::TaskTypes;
use tidemill_engine_local::FormatCodecs;
use tidemill_runner::dry_run::DryRunAction;
use tidemill_tasks::CheckOf;

use crate::as_library::{mistakes, planned, run};
use crate::project::Project;

fn types() -> TaskTypes {
    let known = tidemill_tasks::all().with_formats(FormatCodecs::all().formats());
    // The one line.
    known.with_check(CheckOf::<divisible::Divisible>::new())
}

/// A table of the numbers 2, 4 and 6 with these checks.
fn project(checks: &str) -> Project {
    Project::new().file("numbers.csv", "n\n2\n4\n6\n").pipeline(&format!(
        "
        version: 1
        name: added
        tasks:
          numbers: {{type: load, path: numbers.csv, output: outputs/numbers.csv, checks: {checks}}}
        "
    ))
}

#[test]
fn it_is_in_the_json_schema() {
    let schema = json_schema(&types());
    let item = &schema["$defs"]["CheckKeys"];
    assert_eq!(item["description"], "A statement about a table: one of the first ten keys.");
    assert_eq!(item["properties"]["divisible"]["description"], "A column's values are multiples of a number.");
    let keys: Vec<&String> = item["properties"].as_object().expect("keys").keys().collect();
    assert_eq!(keys[8..], ["expr", "divisible", "severity", "name"]);
}

#[test]
fn its_mistakes_are_found() {
    assert_eq!(mistakes(&project("[{divisibel: {n: 2}}]"), types()), ["unknown key `divisibel`"]);
    assert_eq!(mistakes(&project("[{divisible: {n: x}}]"), types()), ["expected a whole number, found the text `x`"]);
    assert_eq!(mistakes(&project("[{divisible: {m: 2}}]"), types()), ["unknown column `m`: no such column here"]);
    let twice = project("[{divisible: {n: 2}, not_null: n}]");
    assert_eq!(mistakes(&twice, types()), ["a check makes one statement: this is beside `divisible`"]);
}

#[test]
fn it_is_run_and_remembered() {
    let folder = project("[{divisible: {n: 2}}]");
    run(&folder, types()).expect("multiples of two");
    assert_eq!(folder.read("outputs/numbers.csv"), "n\n2\n4\n6\n");
    assert_eq!(planned(&folder, types()), [("numbers".to_owned(), DryRunAction::Cached)]);
    let folder = project("[{divisible: {n: 4}}]");
    run(&folder, types()).expect_err("2 and 6 are no multiples of four");
    assert!(!folder.has("outputs/numbers.csv"));
    let folder = project("[{divisible: {n: 4}, severity: warn}]");
    run(&folder, types()).expect("a warning");
}
