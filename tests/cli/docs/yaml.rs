//! Every YAML block of the docs is checked by the binary. How, `docs/index.md` tells its readers.

use std::fmt::Write as _;

use super::page::{Block, Page, pages, text};
use crate::project::Project;

/// What a block is, by its keys at the margin.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// It has `version`.
    Pipeline,
    /// It has `tasks`, and perhaps `params`: what `include` takes.
    Included,
    /// Each of its keys is a task, with a `type`.
    Tasks,
    /// Other keys of a pipeline.
    Keys,
}

fn kind(yaml: &str) -> Kind {
    let at_margin = |line: &&str| line.starts_with(|first: char| first.is_ascii_alphabetic());
    let keys: Vec<&str> = yaml.lines().filter(at_margin).filter_map(|line| line.split(':').next()).collect();
    assert!(!keys.is_empty(), "no keys in\n{yaml}");
    let types =
        yaml.lines().filter(|line| line.starts_with("  type: ") || at_margin(line) && line.contains(": {type: "));
    match () {
        () if keys.contains(&"version") => Kind::Pipeline,
        () if keys.contains(&"tasks") => Kind::Included,
        () if types.count() == keys.len() => Kind::Tasks,
        () => Kind::Keys,
    }
}

/// A project with the sample, and the pipeline that the block makes of it in `block.yaml`.
fn project(page: &Page, block: &Block, kind: Kind) -> Project {
    let fixtures = "tests/cli/docs/data";
    let mut project = Project::new().copy(&["data", "tasks", fixtures]);
    let visits = project.bytes(&format!("{fixtures}/visits-2024-01.csv.gz"));
    project = project.file("data/visits-2024-01.csv.gz", visits);
    for (path, block) in page.blocks.iter().filter_map(|block| Some((block.file()?, block))) {
        project = project.file(path, &block.text);
    }
    let yaml = &block.text;
    let including = text("pipeline.yaml").replacen("include: tasks/tests.yaml", "include: part.yaml", 1);
    let indented = |yaml: &str| yaml.lines().map(|line| format!("  {line}\n")).collect::<String>();
    match kind {
        Kind::Pipeline => project.file("block.yaml", yaml),
        Kind::Included => project.file("block.yaml", including).file("part.yaml", yaml),
        Kind::Tasks => project.file("block.yaml", including).file("part.yaml", format!("tasks:\n{}", indented(yaml))),
        Kind::Keys => {
            project.file("block.yaml", format!("version: 1\ntasks:\n  nothing: {{type: command, run: 'true'}}\n{yaml}"))
        }
    }
}

#[test]
fn every_yaml_block_is_what_check_says_of_it() {
    let mut story = String::new();
    let mut checked = 0;
    for page in pages() {
        let mut kinds = Vec::new();
        for block in page.blocks.iter().filter(|block| block.language() == "yaml") {
            let kind = kind(&block.text);
            let is_wrong = block.marks().any(|mark| mark == "wrong");
            println!("{}:{}: {kind:?}{}", page.path, block.line, if is_wrong { ", wrong" } else { "" });
            let is_offline = block.marks().any(|mark| mark == "offline");
            let project = project(&page, block, kind);
            let project = project.file(".env", "SHOP_URL=postgres://reader@localhost/shop\nAPI_TOKEN=0123456789\n");
            let checked = match is_offline {
                true => project.run(["check", "-f", "block.yaml", "--offline"]),
                false => project.run(["check", "-f", "block.yaml"]),
            };
            checked.exits(if is_wrong { 2 } else { 0 });
            kinds.push(if is_wrong { format!("{kind:?}, wrong") } else { format!("{kind:?}") });
        }
        checked += kinds.len();
        if !kinds.is_empty() {
            writeln!(story, "{}: {}", page.path, kinds.join("; ")).expect("a text takes all");
        }
    }
    // Counted in another way than they were found, so that none is passed over.
    let fences = |page: &Page| text(&page.path).matches("```yaml").count() + text(&page.path).matches("```yml").count();
    assert_eq!(checked, pages().iter().map(fences).sum::<usize>());
    insta::assert_snapshot!(story);
}

#[test]
fn the_pipeline_of_all_types_runs() {
    let page = pages().into_iter().find(|page| page.path == "docs/guide/index.md").expect("the guide");
    let block = page.blocks.iter().find(|block| block.language() == "yaml").expect("its pipeline");
    let project = project(&page, block, Kind::Pipeline);
    let run = || {
        let mut command = project.command(["run", "-f", "block.yaml"]);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        project.wait(command.spawn().expect("the binary starts")).exits(0)
    };
    run();
    let published: Vec<String> = project.files("outputs/shop").into_keys().collect();
    assert_eq!(
        published,
        ["by_country.csv", "by_month.parquet", "by_month.xlsx", "largest.txt", "page.html", "revenue.png"]
    );
    assert!(run().stderr.contains("nothing to do"));
}

#[test]
fn a_block_is_known_by_its_keys() {
    assert_eq!(kind("version: 1\ntasks:\n  a:\n    type: load\n"), Kind::Pipeline);
    assert_eq!(kind("params: {n: {type: int}}\ntasks:\n  a:\n    type: load\n"), Kind::Included);
    assert_eq!(kind("a:\n  type: load\nb: {type: load, path: x.csv}\n"), Kind::Tasks);
    assert_eq!(kind("# why\non_failure:\n  a:\n    type: email\n"), Kind::Keys);
}
