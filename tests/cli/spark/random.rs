//! Random pipelines over random tables, of all steps.
//!
//! `TIDEMILL_SPARK_CASES` says how many (5000 for a long form), `TIDEMILL_SPARK_SEED` chooses others.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tidemill_test_servers::SparkServer;

use super::both::are_equal_with;
use crate::oracle::{Case, numbers};

/// How many pipelines are drawn unless another number is asked for.
const CASES: usize = 300;
/// So many of them are computed as Spark would by itself: with compiled code, plans that change on the way, tables in several files.
const COMPILED: usize = 25;
/// So many are one pipeline.
const BUNDLE: usize = 300;

/// To compile code for a few rows takes Spark longer than to compute them: the others are interpreted.
const INTERPRETED: &str = "spark.sql.shuffle.partitions: 1, spark.sql.adaptive.enabled: false, \
                           spark.sql.codegen.wholeStage: false, spark.sql.codegen.factoryMode: NO_CODEGEN";

#[test]
fn random_pipelines_give_the_same_tables_on_spark() {
    let Some(server) = SparkServer::shared() else { return };
    let setting = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let cases = setting("TIDEMILL_SPARK_CASES").unwrap_or(CASES);
    let seed = setting("TIDEMILL_SPARK_SEED").unwrap_or(7) as u8;
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]));
    let mut draw = |number: usize| {
        let drawn = numbers().new_tree(&mut runner).expect("numbers").current();
        Case::of(drawn, &format!("c{number}_"))
    };
    let compiled: Vec<Case> = (0..cases.min(COMPILED)).map(&mut draw).collect();
    agree(&server, "", compiled);
    for first in (COMPILED..cases).step_by(BUNDLE) {
        agree(&server, INTERPRETED, (first..cases.min(first + BUNDLE)).map(&mut draw).collect());
    }
}

/// That both engines give the same for all of them, as one pipeline.
fn agree(server: &SparkServer, settings: &str, cases: Vec<Case>) {
    let mut text = String::from("version: 1\nname: random\ntasks:\n");
    let (many, mut files) = (cases.len(), Vec::new());
    for case in cases {
        let mut yaml = case.yaml.clone();
        for (id, _) in &case.expected {
            let mut keys = format!("    output: out/{id}.csv\n");
            if rejects(&case.yaml, id) {
                keys += &format!("    rejects: out/{id}_rejected.csv\n");
            }
            yaml = yaml.replace(&format!("  {id}:\n"), &format!("  {id}:\n{keys}"));
        }
        text += &yaml;
        files.extend(case.files);
    }
    let make = |project| {
        files.iter().fold(project, |project: crate::project::Project, (path, content)| project.file(path, content))
    };
    let published = are_equal_with(server, settings, &text, make);
    assert!(published.files.len() >= many, "{}", published.files.len());
}

/// Whether a task of the pipeline may reject rows.
fn rejects(yaml: &str, id: &str) -> bool {
    let behind = yaml.split_once(&format!("  {id}:\n")).map_or("", |(_, behind)| behind);
    let keys = behind.lines().take_while(|line| line.starts_with("    "));
    keys.into_iter().any(|line| line.starts_with("    reject:") || line.trim() == "on_invalid: \"reject\"")
}
