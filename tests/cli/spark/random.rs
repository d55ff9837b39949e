//! Random pipelines over random tables, of all steps.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tidemill_test_servers::SparkServer;

use super::both::are_equal;
use crate::oracle::{Case, numbers};

/// How many pipelines are drawn, unless `TIDEMILL_SPARK_CASES` says another number.
const CASES: usize = 25;

#[test]
fn random_pipelines_give_the_same_tables_on_spark() {
    let Some(server) = SparkServer::shared() else { return };
    let cases = std::env::var("TIDEMILL_SPARK_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let seed = std::env::var("TIDEMILL_SPARK_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]));
    let mut text = String::from("version: 1\nname: random\ntasks:\n");
    let mut files = Vec::new();
    for number in 0..cases {
        let drawn = numbers().new_tree(&mut runner).expect("numbers").current();
        let case = Case::of(drawn, &format!("c{number}_"));
        let mut yaml = case.yaml.clone();
        for (id, _) in &case.expected {
            yaml = yaml.replace(&format!("  {id}:\n"), &format!("  {id}:\n    output: out/{id}.csv\n"));
        }
        text += &yaml;
        files.extend(case.files);
    }
    let make = |project| {
        files.iter().fold(project, |project: crate::project::Project, (path, content)| project.file(path, content))
    };
    let published = are_equal(&server, &text, make);
    assert!(published.files.len() >= cases, "{}", published.files.len());
}
