//! `tidemill lsp`.

mod editor;
mod neovim;

use std::env;

use serde_json::{Value, json};
use tidemill_fuzz::{Grammar, Mutator, Random};

use self::editor::Editor;
use crate::project::Project;

const PIPELINE: &str = "\
version: 1
name: shop
params:
  least: {type: int, default: 3, help: Smaller orders are left out}
tasks:
  raw:
    type: load
    path: orders.csv
  orders:
    type: normalize
    from: raw
    derive: {price: amount * 2}
    reject:
      - where: amount < ${{ params.least }}
        reason: small
  by_country:
    type: sql
    file: by_country.sql
  kept:
    type: aggregate
    from: by_country
    group_by: [country]
    metrics: {most: max(total)}
  letter:
    type: report
    inputs: {rows: by_country}
    template: letter.md
    output: out/letter.md
";

/// A pipeline with an SQL file and a template.
fn shop() -> Project {
    Project::new()
        .pipeline(PIPELINE)
        .file("orders.csv", "country,amount\nFR,3\nDE,4\nFR,5\n")
        .file("by_country.sql", "-- total by country\nselect country, sum(price) as total\nfrom orders\ngroup by country\n")
        .file(
            "letter.md",
            "total of ${{ tasks.by_country.rows }}\n{% for row in inputs.rows %}${{ row.country }}: ${{ row.total }}\n{% endfor %}",
        )
}

fn messages(found: &[Value]) -> Vec<&str> {
    found.iter().filter_map(|mistake| mistake["message"].as_str()).collect()
}

#[test]
fn mistakes_are_those_of_check_and_have_a_quick_fix() {
    let project = shop();
    let mut editor = Editor::of(&project);
    assert_eq!(editor.open("pipeline.yaml"), [] as [Value; 0]);
    assert_eq!(editor.open("by_country.sql"), [] as [Value; 0]);
    // Nothing of it is saved: the texts of the editor count.
    let wrong = "-- total by country\nselect contry, sum(price) as total\nfrom orders\ngroup by country\n";
    let found = editor.edit("by_country.sql", wrong);
    assert_eq!(messages(&found), ["there is no column `contry` (unknown column)\ndid you mean `country`?"]);
    assert_eq!(found[0]["range"], json!({"start": {"line": 1, "character": 7}, "end": {"line": 1, "character": 13}}));
    let mut asked = editor.at("by_country.sql", "|contry");
    asked["range"] = found[0]["range"].clone();
    asked["context"] = json!({"diagnostics": []});
    let fixes = editor.ask("textDocument/codeAction", asked);
    assert_eq!(fixes[0]["title"], "Replace by `country`");
    let (_, edits) =
        fixes[0]["edit"]["changes"].as_object().and_then(|changes| changes.iter().next()).expect("an edit");
    assert_eq!(edits[0]["newText"], "country");
    assert_eq!(editor.edit("by_country.sql", &wrong.replace("contry", "country")), [] as [Value; 0]);
    editor.quit();
}

#[test]
fn a_place_tells_what_it_means_and_where_it_is_made() {
    let project = shop();
    project.run(["run", "orders"]).exits(0);
    let mut editor = Editor::of(&project);
    editor.open("pipeline.yaml");
    editor.open("by_country.sql");
    editor.open("letter.md");
    let task = editor.hover("pipeline.yaml", "  o|rders:");
    assert!(task.contains("**orders**: normalize") && task.contains("| price | int |"), "{task}");
    assert!(task.contains("3 rows, made "), "{task}");
    assert!(editor.hover("pipeline.yaml", "fr|om: raw").starts_with("**from**: "));
    assert!(editor.hover("pipeline.yaml", "type: lo|ad").starts_with("**load**: Reads a table"));
    assert_eq!(editor.hover("pipeline.yaml", "params.le|ast }}"), "`least` = `3` (int)\n\nSmaller orders are left out");
    assert_eq!(editor.hover("by_country.sql", "pri|ce"), "`price`: int\n\nA column of `orders`.");
    assert!(editor.hover("by_country.sql", "su|m(").starts_with("`sum(x)`"));
    assert!(editor.hover("letter.md", "tasks.by_|country").contains("| total | int |"));
    assert_eq!(editor.define("by_country.sql", "from or|ders"), "pipeline.yaml:9:3");
    assert_eq!(editor.define("by_country.sql", "pri|ce"), "pipeline.yaml:12:14");
    assert_eq!(editor.define("pipeline.yaml", "max(to|tal)"), "by_country.sql:2:31");
    assert_eq!(editor.define("pipeline.yaml", "params.le|ast }}"), "pipeline.yaml:4:3");
    assert_eq!(editor.define("pipeline.yaml", "file: by_coun|try.sql"), "by_country.sql:1:1");
    let outline = editor.at("pipeline.yaml", "|version");
    let outline = editor.ask("textDocument/documentSymbol", outline);
    let tasks: Vec<&str> =
        outline[1]["children"].as_array().into_iter().flatten().filter_map(|task| task["name"].as_str()).collect();
    assert_eq!(tasks, ["raw", "orders", "by_country", "kept", "letter"]);
    editor.quit();
}

#[test]
fn what_may_be_typed_depends_on_where() {
    let project = shop();
    let mut editor = Editor::of(&project);
    editor.open("pipeline.yaml");
    editor.open("by_country.sql");
    // Half-written texts are no pipelines, and most are no YAML.
    let mut type_and_complete = |added: &str, marked: &str| {
        editor.edit("pipeline.yaml", &format!("{PIPELINE}{added}"));
        editor.complete("pipeline.yaml", marked)
    };
    let keys = type_and_complete("  new:\n    type: join\n    l", "type: join\n    l|");
    assert!(keys.contains(&"left".to_owned()) && !keys.contains(&"group_by".to_owned()), "{keys:?}");
    let types = type_and_complete("  new: {type: ", "new: {type: |");
    assert!(types.contains(&"aggregate".to_owned()) && !types.contains(&"orders".to_owned()), "{types:?}");
    let tasks = type_and_complete("  new: {type: aggregate, from: ", "new: {type: aggregate, from: |");
    assert!(tasks.contains(&"by_country".to_owned()), "{tasks:?}");
    let modes = type_and_complete("  new: {type: join, how: ", "how: |");
    assert_eq!(modes[..2], ["inner", "left"]);
    let params = type_and_complete("  new: {type: load, path: \"${{ params.", "path: \"${{ params.|");
    assert_eq!(params, ["least"]);
    let root = type_and_complete("sched", "sched|");
    assert!(root.contains(&"schedule".to_owned()), "{root:?}");
    editor.edit("pipeline.yaml", PIPELINE);
    editor.edit("by_country.sql", "select country, sum(orders.) from orders");
    assert_eq!(editor.complete("by_country.sql", "orders.|)"), ["country", "amount", "price"]);
    editor.quit();
}

#[test]
fn a_column_is_renamed_in_yaml_sql_and_templates_and_the_check_is_clean() {
    let project = shop();
    let mut editor = Editor::of(&project);
    editor.open("pipeline.yaml");
    editor.open("by_country.sql");
    assert_eq!(editor.rename("pipeline.yaml", "max(to|tal)", "turnover"), Ok(3));
    assert!(project.read("by_country.sql").contains("sum(price) as turnover"));
    // Where the word is no column it stays.
    assert!(project.read("by_country.sql").starts_with("-- total by country"));
    assert!(project.read("pipeline.yaml").contains("max(turnover)"));
    assert!(project.read("letter.md").starts_with("total of ${{ tasks.by_country.rows }}"));
    assert!(project.read("letter.md").contains("${{ row.turnover }}"));
    project.run(["check"]).exits(0);
    editor.quit();
}

#[test]
fn a_task_is_renamed_wherever_it_is_named() {
    let project = shop();
    let mut editor = Editor::of(&project);
    editor.open("pipeline.yaml");
    editor.open("by_country.sql");
    assert_eq!(editor.rename("by_country.sql", "from or|ders", "sales"), Ok(2));
    project.run(["check"]).exits(0);
    editor.quit();
    let mut editor = Editor::of(&project);
    editor.open("pipeline.yaml");
    assert_eq!(editor.rename("pipeline.yaml", "  by_|country:", "countries"), Ok(4));
    assert!(project.read("pipeline.yaml").contains("file: by_country.sql"), "a file is no task");
    assert!(project.read("letter.md").contains("tasks.countries.rows"));
    project.run(["check"]).exits(0);
    editor.quit();
}

#[test]
fn what_cannot_be_renamed_without_changing_the_meaning_is_refused() {
    let project = shop();
    let before = project.files(".");
    let mut editor = Editor::of(&project);
    editor.open("pipeline.yaml");
    let of_source = editor.rename("pipeline.yaml", "[coun|try]", "land").expect_err("it is the file's own name");
    assert!(of_source.contains("gets its name from the source of `raw`"), "{of_source}");
    let taken = editor.rename("pipeline.yaml", "  or|ders:", "raw").expect_err("there is one");
    assert!(taken.contains("`orders` cannot be renamed to `raw`"), "{taken}");
    let no_name = editor.rename("pipeline.yaml", "  or|ders:", "a b").expect_err("a blank is no letter");
    assert!(no_name.contains("`a b` is no name"), "{no_name}");
    assert_eq!(project.files("."), before);
    editor.quit();
}

/// Cuts, pastes and half-typed words; the long form takes `TIDEMILL_LSP_EDITS=10000`.
#[test]
fn no_edit_ends_the_server_and_at_last_it_says_what_check_says() {
    let edits = env::var("TIDEMILL_LSP_EDITS").ok().and_then(|edits| edits.parse().ok()).unwrap_or(150);
    let project = shop();
    let mut editor = Editor::of(&project);
    editor.open("pipeline.yaml");
    let (mut random, mut text) = (Random::new(19), PIPELINE.to_owned());
    let words =
        ["tasks:", "  ", "\n", "from: ", "${{ ", " }}", "{", "}", "[", "sum(", "'", "\"", "|", "- ", "@", "\u{1F600}"];
    let nests = [("{", "}"), ("[", "]"), ("${{ ", " }}")];
    let grammar = Grammar { seeds: &[PIPELINE.as_bytes()], words: &words, nests: &nests };
    for edit in 0..edits {
        if random.one_in(20) {
            text = PIPELINE.to_owned();
        }
        let bytes = Mutator::new(&grammar, &mut random).spoiled(text.as_bytes());
        text = String::from_utf8_lossy(&bytes).chars().take(4_000).collect();
        editor.edit("pipeline.yaml", &text);
        if edit % 5 == 0 {
            let at = json!({"line": random.below(30), "character": random.below(40)});
            let mut asked = editor.at("pipeline.yaml", "|");
            asked["position"] = at;
            for method in ["hover", "completion", "definition", "prepareRename"] {
                editor.ask(&format!("textDocument/{method}"), asked.clone());
            }
        }
    }
    let broken = PIPELINE.replace("amount * 2", "amuont * 2").replace("from: raw", "from: rwa");
    let told = editor.edit("pipeline.yaml", &broken);
    std::fs::write(project.root().join("pipeline.yaml"), &broken).expect("it is ours");
    let check = project.run(["check"]).exits(2).stderr;
    assert!(!told.is_empty());
    for message in messages(&told) {
        let first = message.lines().next().unwrap_or_default();
        assert!(check.contains(first.split(" (").next().unwrap_or_default()), "{first} is not in {check}");
    }
    assert_eq!(told.len(), check.matches("error: ").count(), "{told:?}\n{check}");
    editor.quit();
}
