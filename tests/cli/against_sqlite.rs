//! Some random pipelines all the way through the binary: files in, CSV out. Thousands more are computed in its own tests.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tidemill_core::table::Value;

use crate::oracle::{Case, Expected, Table, numbers};
use crate::project::Project;

/// Pipelines that share one file.
const CASES: usize = 40;

#[test]
fn the_files_that_a_run_writes_agree_with_sqlite() {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[19; 32]));
    let mut project = Project::new();
    let mut text = String::from("version: 1\nname: oracle\ntasks:\n");
    let mut expected = Vec::new();
    for number in 0..CASES {
        let drawn = numbers().new_tree(&mut runner).expect("numbers").current();
        let case = Case::of(drawn, &format!("c{number}_"));
        let mut yaml = case.yaml.clone();
        for (id, _) in &case.expected {
            yaml = yaml.replace(&format!("  {id}:\n"), &format!("  {id}:\n    output: out/{id}.csv\n"));
        }
        text += &yaml;
        project = case.files.into_iter().fold(project, |project, (path, content)| project.file(&path, content));
        expected.extend(case.expected);
    }
    let project = project.file("pipeline.yaml", text);
    project.run(["check"]).exits(0);
    let fails = expected.iter().any(|(_, expected)| matches!(expected, Expected::Failure));
    let outcome = project.run(["run", "--keep-going"]).exits(i32::from(fails));
    for (id, expected) in &expected {
        let file = format!("out/{id}.csv");
        match expected {
            Expected::Failure => assert!(!project.has(&file), "{id} should fail\n{}", outcome.stderr),
            Expected::Table(table) => {
                assert_eq!(project.read(&file), csv(table), "{id}\n{}", outcome.stderr);
                for (reason, rows) in &table.rejected {
                    let note = format!("note {id}: {rows} rejected: {reason}\n");
                    assert!(outcome.stderr.contains(&note), "{note}{}", outcome.stderr);
                }
            }
        }
    }
}

fn csv(table: &Table) -> String {
    let quoted = |text: &str| match text.is_empty() || text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    };
    let cell = |value: &Value| match value {
        Value::Null => String::new(),
        other => quoted(&other.to_string()),
    };
    let names: Vec<String> = table.columns.iter().map(|(name, _)| quoted(name)).collect();
    let lines = table.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(","));
    std::iter::once(names.join(",")).chain(lines).map(|line| line + "\n").collect()
}
