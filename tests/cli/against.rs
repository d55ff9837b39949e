//! `tidemill diff --against`.

use std::process::Command;

use insta::assert_snapshot;

use crate::project::Project;

const PIPELINE: &str = "\
version: 1
name: shop
params: {least: 2}
tasks:
  raw: {type: load, path: orders.csv}
  orders: {type: sql, file: orders.sql, output: out/orders.csv}
  by_country:
    type: aggregate
    from: orders
    group_by: [country]
    metrics: {total: sum(amount), n: count(*)}
  figure: {type: chart, from: by_country, kind: bar, x: country, y: total, output: out/figure.svg}
  alone: {type: aggregate, from: raw, group_by: [country]}
";

/// A project in a repository of its own, with one commit, whose pipeline has run. None, said on stderr, without Git.
fn shop() -> Option<Project> {
    let project = Project::new()
        .pipeline(PIPELINE)
        .file("orders.csv", "country,amount\nFR,3\nDE,4\nFR,5\nIT,1\n")
        .file("orders.sql", "select country, amount from raw where amount >= ${{ params.least }}")
        .file(".gitignore", "/.tidemill/\n/logs/\n/out/\n/orders.csv\n");
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@b.c"]).args(arguments).current_dir(project.root());
        git.output().ok().filter(|output| output.status.success())
    };
    if git(&["--version"]).is_none() {
        eprintln!("skipped: `git` is not installed");
        return None;
    }
    git(&["init", "--quiet"])?;
    git(&["add", "."])?;
    git(&["commit", "--quiet", "--message", "one"])?;
    project.run(["run"]).exits(0);
    Some(project)
}

/// What `diff` says, with the commit's name left out.
fn told<const N: usize>(project: &Project, arguments: [&str; N]) -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    let output = project.command(arguments).env("PATH", path).output().expect("the binary starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    regex::Regex::new(r"\([0-9a-f]{7,}\)").expect("a regex").replace_all(&text, "(commit)").into_owned()
}

#[test]
fn a_change_is_told_before_and_after_it_has_run() {
    let Some(project) = shop() else { return };
    assert_eq!(told(&project, ["diff", "--against", "HEAD"]), "shop against HEAD (commit)\nNothing changes\n");
    let before = project.read("pipeline.yaml");
    let project = project
        .pipeline(&before.replace("n: count(*)", "n: avg(amount), most: max(amount)").replace("  alone:", "  other:"))
        .file("orders.sql", "select country, amount * 2 as amount from raw where amount >= ${{ params.least }}");
    assert_snapshot!(told(&project, ["diff", "--against", "HEAD"]), @r#"
shop against HEAD (commit)
2 tasks change, 1 task is new, 1 task is gone, 1 task follows, 2 columns change

Tasks
  task                 why
  orders      changes  sql.sql select country, amount from raw where amount >= … → select country,…
  by_country  changes  metrics.n count(*) → avg(amount), metrics.most set to max(amount)
  other       new      a new aggregate
  alone       gone     no longer in the pipeline
  figure      follows  reads `by_country`

Columns
  table       column  type         read by
  by_country  n       int → float  –
  by_country  most    int, new     –

`orders`, `by_country` have not run with this change yet: `tidemill run` tells their rows
"#);
    project.run(["run"]).exits(0);
    assert_snapshot!(told(&project, ["diff", "--against", "HEAD", "--markdown"]), @r#"
## shop, against HEAD (commit)

**2 tasks change, 1 task is new, 1 task is gone, 1 task follows, 2 columns change, 2 tables have other rows.**

### Tasks

| task |  | why |
|---|---|---|
| `orders` | changes | sql.sql select country, amount from raw where amount >= … → select country, amount * 2 as amount from raw wh…, SQL file orders.sql changed |
| `by_country` | changes | metrics.n count(*) → avg(amount), metrics.most set to max(amount) |
| `other` | new | a new aggregate |
| `alone` | gone | no longer in the pipeline |
| `figure` | follows | reads `by_country` |

### Columns

| table | column | type | read by |
|---|---|---|---|
| `by_country` | n | int → float | – |
| `by_country` | most | int, new | – |

### Rows

| table | rows | added | removed | changed | columns that differ |
|---|---:|---:|---:|---:|---|
| `orders` | 3 | 3 | 3 | 0 | – |
| `by_country` | 2 | 0 | 0 | 2 | total, n |

### Files

- `out/orders.csv`
- `out/figure.svg`
"#);
    // The folder has what the Markdown shows.
    told(&project, ["diff", "--against", "HEAD", "-o", "out/diff"]);
    assert!(project.read("out/diff/index.md").contains("| before | after |"));
    let figures = ["before", "after"].map(|side| {
        let name = project.files("out/diff").into_keys().find(|name| name.ends_with(&format!("{side}.svg")));
        project
            .read(&format!("out/diff/{}", name.expect("the figure has changed").rsplit('/').next().unwrap_or_default()))
    });
    assert_ne!(figures[0], figures[1]);
}

#[test]
fn a_run_can_be_compared_with_as_well_as_a_revision() {
    let Some(project) = shop() else { return };
    let project = project.file("orders.csv", "country,amount\nFR,3\nDE,4\nFR,6\nIT,1\n");
    project.run(["run"]).exits(0);
    let listed = project.command(["history"]).output().expect("the binary starts");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let pattern = regex::Regex::new(r"\d{8}-\d{6}-[0-9a-f]{4}").expect("a regex");
    let first = pattern.find_iter(&listed).last().expect("two runs").as_str();
    let told = told(&project, ["diff", "--against", first]);
    assert!(told.contains("against the run") && told.contains("orders.csv changed (content)"), "{told}");
    assert!(told.contains("by_country") && told.contains("Rows"), "{told}");
}

#[test]
fn what_is_neither_run_nor_revision_is_said() {
    let Some(project) = shop() else { return };
    let unknown = told(&project, ["diff", "--against", "mian"]);
    assert!(unknown.contains("`mian` is neither a run nor a revision of Git"), "{unknown}");
    let params = project.run(["diff", "orders", "-p", "least=3"]).exits(2).stderr;
    assert!(params.contains("parameters have a meaning only with `--against`"), "{params}");
    let none = project.run(["diff"]).exits(2).stderr;
    assert!(none.contains("<TASK>"), "{none}");
}
