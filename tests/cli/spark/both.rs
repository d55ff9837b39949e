//! A pipeline run on both engines.

use std::collections::BTreeMap;

use tidemill_test_servers::SparkServer;

use crate::project::{Outcome, Project};

/// What `engine` says of a server; `--engine` chooses.
pub fn engine(server: &SparkServer) -> String {
    engine_with(server, "")
}

/// The same, with settings of the session.
fn engine_with(server: &SparkServer, settings: &str) -> String {
    let (url, warehouse) = (server.url(), server.warehouse());
    format!("\nengine: {{type: local, url: \"{url}\", warehouse: \"{warehouse}\", settings: {{{settings}}}}}\n")
}

/// What a run of it printed and published.
pub struct Published {
    /// The run.
    pub outcome: Outcome,
    /// All files below `out`.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// Runs the project that `make` makes on one engine.
fn run(engine: &str, engine_name: &str, text: &str, make: impl Fn(Project) -> Project) -> Published {
    let project = make(Project::new()).file("pipeline.yaml", format!("{text}{engine}"));
    let outcome = project.run(["--engine", engine_name, "run", "--keep-going"]);
    Published { files: project.files("out"), outcome }
}

/// That both engines publish the same and tell the same of it.
pub fn are_equal(server: &SparkServer, text: &str, make: impl Fn(Project) -> Project) -> Published {
    are_equal_with(server, "", text, make)
}

/// The same, with settings of Spark's session.
pub fn are_equal_with(
    server: &SparkServer,
    settings: &str,
    text: &str,
    make: impl Fn(Project) -> Project,
) -> Published {
    let engine = engine_with(server, settings);
    let [local, spark] = ["local", "spark"].map(|name| run(&engine, name, text, &make));
    let told = |published: &Published| {
        let line = |line: &str| match line.split_once(": ") {
            // Of a failed task only that it failed: Spark does not say in which row a value overflows.
            Some((task, _)) if line.starts_with("error ") => Some(task.to_owned()),
            _ => ["note ", "warning "].iter().any(|word| line.starts_with(word)).then(|| line.to_owned()),
        };
        // A key of -0.0 is 0.0 to Spark. And where conditions decide before, it divides less often: of many cases, some do.
        let told = published.outcome.stderr.lines().filter_map(line).map(|line| line.replace("=-0", "=0"));
        let counts = |line: &String| settings.is_empty() || !line.contains("by zero became NULL");
        let mut told: Vec<String> = told.filter(counts).collect();
        told.sort();
        told
    };
    let names = |published: &Published| published.files.keys().cloned().collect::<Vec<_>>();
    let both = || format!("local:\n{}\nspark:\n{}", local.outcome.stderr, spark.outcome.stderr);
    assert_eq!(names(&local), names(&spark), "{}", both());
    let differ: Vec<String> =
        local.files.iter().filter(|(name, bytes)| spark.files[*name] != **bytes).map(difference(&spark)).collect();
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    assert_eq!(local.outcome.code, spark.outcome.code, "{}", both());
    assert_ne!(local.outcome.code, Some(2), "nothing ran: {}", both());
    assert_eq!(told(&local), told(&spark));
    spark
}

/// That both engines end the same and say the same in the lines that matter.
pub fn both_tell(
    server: &SparkServer,
    text: &str,
    make: impl Fn(Project) -> Project,
    matters: impl Fn(&str) -> bool,
) -> Published {
    let [local, spark] = ["local", "spark"].map(|name| run(&engine(server), name, text, &make));
    let told = |published: &Published| {
        let mut told: Vec<String> =
            published.outcome.stderr.lines().filter(|line| matters(line)).map(str::to_owned).collect();
        told.sort();
        told
    };
    assert_eq!(told(&local), told(&spark), "local:\n{}\nspark:\n{}", local.outcome.stderr, spark.outcome.stderr);
    assert!(!told(&local).is_empty(), "{}", local.outcome.stderr);
    assert_eq!(local.outcome.code, spark.outcome.code);
    spark
}

/// The first line in which a file differs.
fn difference(spark: &Published) -> impl Fn((&String, &Vec<u8>)) -> String {
    |(name, bytes)| {
        let (here, there) = (String::from_utf8_lossy(bytes), String::from_utf8_lossy(&spark.files[name]));
        let lines = here.lines().map(Some).chain(std::iter::repeat(None));
        let pairs = lines.zip(there.lines().map(Some).chain(std::iter::repeat(None)));
        let header = here.lines().next().unwrap_or_default();
        match pairs.enumerate().take(1_000_000).find(|(_, (a, b))| a != b || a.is_none()) {
            Some((line, (a, b))) => format!("{name}:{}: {header}\n  here  {a:?}\n  there {b:?}", line + 1),
            None => format!("{name} differs"),
        }
    }
}
