//! Tables of more rows than a batch has, as people and programs look at them.

use std::fmt::Write;

use crate::project::Project;

/// More than a batch of 65,536 rows, and more than a block of four.
const ROWS: usize = 270_000;

/// Every 1,000th row has another amount, and every 5,000th is not there, in the later one.
fn numbers(is_later: bool) -> String {
    let mut text = "id,name,amount\n".to_owned();
    for id in 0..ROWS {
        let amount = id % 97 + usize::from(is_later && id % 1_000 == 7);
        if !is_later || id % 5_000 != 3 {
            writeln!(text, "{id},n{},{amount}.50", id % 11).expect("a text grows");
        }
    }
    text
}

fn project() -> Project {
    let pipeline = "
        version: 1
        name: batches
        tasks:
          t: {type: load, path: t.csv, columns: {id: int, name: string, amount: 'decimal(9,2)'}, checks: [{unique: id}]}
          report: {type: report, template: r.md, inputs: {t: t}, output: report.md}
        ";
    let template = "${{ inputs.t | length }} ${{ (inputs.t | last).id }}\n${{ inputs.t[65534:65538] | table }}\n\
                    ${{ inputs.t | sum(attribute='amount') | money }}\n";
    Project::new().file("t.csv", numbers(false)).file("r.md", template).pipeline(pipeline)
}

#[test]
fn a_table_of_several_batches_is_shown_whole_and_read_by_templates() {
    let project = project();
    project.run(["run"]).exits(0);
    assert_eq!(project.run(["preview", "t", "--csv", "-n", "300000"]).exits(0).stdout, numbers(false));
    let lines = project.run(["preview", "t", "--json", "-n", "65538"]).exits(0).stdout;
    assert_eq!(lines.lines().count(), 65_538);
    assert_eq!(lines.lines().last(), Some(r#"{"id":65537,"name":"n10","amount":"62.50"}"#));
    let shown = project.run(["preview", "t", "-n", "1"]).exits(0).stdout;
    // The first line says when the table was made.
    insta::assert_snapshot!(shown.lines().skip(1).collect::<Vec<_>>().join("\n"), @r"

    column  type          nulls  distinct  min   max         mean  spread
    id      int               0   270,000  0     269999  134999.5  ████████
    name    string            0        11  n0    n9
    amount  decimal(9,2)      0        97  0.50  96.50       48.5  ████████

    id  name  amount
     0  n0      0.50
    … 269,999 rows more
    ");
    let report = project.read("report.md");
    let told: Vec<&str> = report.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(
        told,
        [
            "270000 269999",
            "| id | name | amount |",
            "| ---: | --- | ---: |",
            "| 65534 | n7 | 59.50 |",
            "| 65535 | n8 | 60.50 |",
            "| 65536 | n9 | 61.50 |",
            "| 65537 | n10 | 62.50 |",
            "13,093,824.00",
        ]
    );
}

#[test]
fn tables_of_several_batches_are_compared_row_by_row() {
    let project = project();
    project.run(["run"]).exits(0);
    let project = project.file("t.csv", numbers(true));
    project.run(["run"]).exits(0);
    let told = project.run(["diff", "t", "--json"]).exits(0).stdout;
    let lines: Vec<serde_json::Value> =
        told.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect();
    assert_eq!(lines[0]["key"], serde_json::json!(["id"]));
    let counts = ["added", "removed", "changed", "equal"].map(|count| lines[0][count].as_u64());
    assert_eq!(counts, [Some(0), Some(54), Some(270), Some(ROWS as u64 - 54 - 270)]);
    let changed: Vec<_> = lines.iter().filter(|line| line["change"] == "changed").collect();
    for (at, line) in changed.iter().enumerate() {
        assert_eq!(line["columns"], serde_json::json!(["amount"]));
        assert_eq!((&line["before"]["id"], &line["after"]["id"]), (&(at * 1_000 + 7).into(), &(at * 1_000 + 7).into()));
        assert_ne!(line["before"]["amount"], line["after"]["amount"]);
    }
    let removed = lines.iter().filter(|line| line["change"] == "removed").map(|line| line["before"]["id"].as_u64());
    assert!(removed.eq((0..54).map(|at| Some(at * 5_000 + 3))));
}
