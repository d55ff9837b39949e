//! What would take more memory than there may be: counted before it is made, and told with figures.

use crate::project::Project;

fn run(project: &Project, file: &str) -> String {
    let said = project.run(["-f", file, "run"]).exits(1).stderr;
    assert!(said.contains("the budget is 400 MB") && !said.contains("panicked"), "{said}");
    said
}

fn pipeline(tasks: &str) -> String {
    format!("version: 1\nmemory: 400MB\ntasks:\n{tasks}")
}

#[test]
fn a_key_that_stands_everywhere_on_both_sides_is_named() {
    let rows: String = (0..32_000).map(|row| format!("7,{row}\n")).collect();
    let join = |keys: &str| {
        pipeline(&format!(
            "  a: {{type: load, path: a.csv}}\n  b: {{type: load, path: b.csv}}\n  j: {{type: join, left: a, right: b, on: [k], {keys}}}\n"
        ))
    };
    let project = Project::new()
        .file("a.csv", format!("k,a\n{rows}"))
        .file("b.csv", format!("k,b\n{rows}"))
        .file("inner.yaml", join("how: inner"))
        .file("full.yaml", join("how: full"));
    let said = run(&project, "inner.yaml");
    assert!(said.contains("in which k=7 meets 32,000 rows,"), "{said}");
    let said = run(&project, "full.yaml");
    assert!(said.contains("the 1,024,000,000 rows of this join, 1,024,000,000 of them for k=7,"), "{said}");
}

#[test]
fn objects_of_thirty_thousand_keys_are_counted() {
    let rows: String = (0..30_000).map(|row| format!("{{\"k{row}\": {row}}}\n")).collect();
    let project = Project::new()
        .file("t.ndjson", rows)
        .file("pipeline.yaml", pipeline("  t: {type: load, path: t.ndjson, output: o.csv}\n"));
    let said = run(&project, "pipeline.yaml");
    assert!(said.contains("t.ndjson: 30000 objects with 30000 different keys"), "{said}");
}

#[test]
fn a_file_that_does_not_fit_is_told_by_its_size() {
    let project = Project::new()
        .file("sparse.yaml", pipeline("  t: {type: load, path: sparse.ndjson, columns: {a: int}}\n"))
        .file("sparse.ndjson", "{\"a\": 1}\n".repeat(2_000));
    let sparse = std::fs::File::options().write(true).open(project.root().join("sparse.ndjson")).expect("it is there");
    sparse.set_len(1_000_000_000).expect("a sparse file");
    // The head is well; the run counts the whole before it reads it.
    project.run(["-f", "sparse.yaml", "check"]).exits(0);
    let said = run(&project, "sparse.yaml");
    assert!(said.contains("sparse.ndjson would take about 1.0 GB of memory"), "{said}");
}

#[test]
fn texts_that_functions_make_are_counted() {
    for text in [
        "string_agg(big.s, ',') as a from big, generate_series(1, 100000) as t (i)",
        "replace(big.s, 'x', big.s) as a from big",
        "replace(big.s, 'x', repeat('y', 1000)) as a from big",
        "length(repeat(big.s, t.i % 2 + 9)) as a from big, generate_series(1, 100000) as t (i)",
    ] {
        let sql = format!("with big as (select repeat('x', 1000000) as s) select {text}");
        let project = Project::new()
            .file("pipeline.yaml", pipeline(&format!("  t: {{type: sql, sql: \"{sql}\", output: o.csv}}\n")));
        let said = project.run(["run"]).exits(1).stderr;
        let is_told = said.contains("the budget is 400 MB") || said.contains("more than 4 GB would be made");
        assert!(is_told && !said.contains("panicked"), "{text}: {said}");
    }
}

#[test]
fn of_thousands_of_mistakes_the_first_are_shown() {
    let keys: String = (0..5_000).map(|at| format!("key_{at}: 1\n")).collect();
    let project = Project::new().file("pipeline.yaml", format!("version: 1\n{keys}tasks: {{}}\n"));
    let said = project.run(["check"]).exits(2).stderr;
    assert_eq!(said.matches("unknown key `key_").count(), 100, "{said}");
    assert!(said.contains("… and 4900 more\n") && said.ends_with("5000 errors\n"), "{said}");
}
