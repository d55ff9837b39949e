//! Large Parquet sources: their tables stay in their files, and are what they would be as copies.

use std::time::{Duration, SystemTime};

use crate::project::Project;

/// More rows than are kept as a copy.
const ROWS: usize = 40_000;

/// `sales.parquet` with so many rows.
fn sales(rows: usize, factor: usize) -> Vec<u8> {
    let line = |row: usize| match row % 11 {
        0 => format!("{row},,\n"),
        _ => format!("{row},shop {},{}.25\n", row % 7, row * factor % 97),
    };
    let made = Project::new().file("sales.csv", format!("id,shop,amount\n{}", (0..rows).map(line).collect::<String>()));
    let made = made.pipeline(
        "
        version: 1
        name: made
        tasks:
          rows: {type: load, path: sales.csv, columns: {amount: 'decimal(9,2)'}}
          file: {type: sql, sql: select * from rows, output: sales.parquet}
        ",
    );
    made.run(["run"]).exits(0);
    made.bytes("sales.parquet")
}

fn project(source: &[u8]) -> Project {
    Project::new().file("data/sales.parquet", source).pipeline(
        "
        version: 1
        name: view
        params: {least: 90}
        tasks:
          sales:
            type: load
            path: data/sales.parquet
            checks: [{not_null: id}, {unique: id}, {row_count: {min: 1000}}, {expr: amount < 90, severity: warn}]
          shops:
            type: sql
            sql: select shop, count(*) as n, sum(amount) as amount from sales group by shop order by shop
            output: shops.csv
          large:
            type: sql
            sql: select * from sales where amount > ${{ params.least }} order by id
            output: [large.csv, large.parquet]
          all: {type: sql, sql: select * from sales, output: all.csv}
        ",
    )
}

fn stored_bytes(project: &Project) -> usize {
    project.files(".tidemill/cache").values().map(Vec::len).sum()
}

#[test]
fn a_large_table_stays_in_its_file() {
    let source = sales(ROWS, 3);
    let project = project(&source);
    let run = project.run(["run", "sales", "shops"]).exits(0);
    assert!(run.stderr.contains("check `expr: amount < 90`"), "{}", run.stderr);
    assert!(stored_bytes(&project) < source.len() / 20, "{} of {}", stored_bytes(&project), source.len());
    let shops = project.read("shops.csv");
    let whole: usize =
        shops.lines().skip(1).map(|line| line.split(',').nth(1).and_then(|n| n.parse().ok()).unwrap_or(0)).sum();
    assert_eq!(whole, ROWS, "{shops}");
    assert!(shops.starts_with("shop,n,amount\nshop 0,"), "{shops}");

    // A further process takes it up for tasks that have not run yet.
    project.run(["run"]).exits(0);
    let lines = project.read("all.csv").lines().count();
    assert_eq!(lines, ROWS + 1);
    assert!(project.read("all.csv").starts_with("id,shop,amount\n0,,\n1,shop 1,3.25\n"));
    let preview = project.run(["preview", "sales"]).exits(0).stdout;
    assert!(preview.contains("shop 1") && preview.contains("40,000 rows"), "{preview}");
    assert!(project.run(["run"]).exits(0).stderr.contains("nothing to do"));
}

#[test]
fn what_counts_is_what_is_in_the_file() {
    let source = sales(ROWS, 3);
    let project = project(&source);
    project.run(["run"]).exits(0);
    let before = project.read("shops.csv");

    // Touched, or written again with the same bytes: nothing has changed.
    let path = project.root().join("data/sales.parquet");
    let touch = |file: std::fs::File| file.set_modified(SystemTime::now() - Duration::from_secs(60));
    std::fs::File::options().write(true).open(&path).and_then(touch).expect("it is there");
    let again = project.run(["run"]).exits(0).stderr;
    assert!(again.contains("nothing to do") || again.contains("4 cached"), "{again}");
    let other = project.run(["run", "-p", "least=95"]).exits(0).stderr;
    assert!(other.contains("1 ran") && other.contains("cached"), "{other}");

    // Other rows.
    std::fs::write(&path, sales(ROWS + 5, 4)).expect("it is there");
    let preview = project.run(["preview", "sales"]);
    assert!(preview.stderr.contains("data/sales.parquet has changed since it was loaded"), "{}", preview.stderr);
    let changed = project.run(["run"]).exits(0).stderr;
    assert!(changed.contains("4 ran"), "{changed}");
    assert_ne!(project.read("shops.csv"), before);
    assert_eq!(project.read("all.csv").lines().count(), ROWS + 6);
}

#[test]
fn a_damaged_column_is_told_of_by_the_task_that_reads_it() {
    let mut source = sales(ROWS, 3);
    // The head of the first page, of the column `id`.
    source[4..40].fill(0xff);
    let project = Project::new().file("data/sales.parquet", source).pipeline(
        "
        version: 1
        name: view
        tasks:
          sales: {type: load, path: data/sales.parquet}
          shops: {type: sql, sql: 'select shop, count(*) as n from sales group by shop', output: shops.csv}
          ids: {type: sql, sql: select max(id) as id from sales, output: ids.csv}
        ",
    );
    let run = project.run(["run"]).exits(1).stderr;
    assert!(run.contains("error task ids (sql): data/sales.parquet is not a whole Parquet file"), "{run}");
    assert!(run.contains("1 failed"), "{run}");
    assert!(project.has("shops.csv") && !project.has("ids.csv"));
}

/// Row groups whose values a filter rules out are not read: there the columns may be as damaged as they like.
#[test]
fn what_a_filter_rules_out_is_not_read() {
    let mut source = sales(600_000, 3);
    // The head of the first page: of `id`, of the first of three row groups.
    source[4..40].fill(0xff);
    let project = Project::new().file("data/sales.parquet", source).pipeline(
        "
        version: 1
        name: view
        tasks:
          sales: {type: load, path: data/sales.parquet}
          late: {type: aggregate, from: sales, where: id >= 590000, metrics: {n: count(*), least: min(id)}, output: late.csv}
          early: {type: aggregate, from: sales, where: id < 590000, metrics: {n: count(*)}, output: early.csv}
        ",
    );
    let run = project.run(["run"]).exits(1).stderr;
    assert!(run.contains("error task early (aggregate): data/sales.parquet is not a whole Parquet file"), "{run}");
    assert_eq!(project.read("late.csv"), "n,least\n10000,590000\n");
    let shown = project.run(["show", "--json"]).exits(0).stdout;
    let late = shown.lines().find(|line| line.contains("\"task\":\"late\""));
    let dropped = late.is_some_and(|line| line.contains("\"step\":\"where\",\"rows\":590000"));
    assert!(dropped, "rows that were not read are accounted for: {shown}");
}
