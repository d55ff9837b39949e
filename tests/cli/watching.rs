//! `check --data`, `check --learn`, and drift: what is noticed of tables without anybody asking for it in the file.

use crate::project::Project;

fn shop() -> Project {
    Project::new()
        .file("orders.csv", "id,shop,amount\n1,a,10\n2,b,-5\n3,c,7\n")
        .file("shops.csv", "shop,city\na,Paris\nb,Rome\n")
        .pipeline(
            r"
            version: 1
            name: shop
            tasks:
              raw: {type: load, path: orders.csv, columns: {id: int, shop: string, amount: int}}
              shops: {type: load, path: shops.csv}
              orders:
                type: normalize
                from: raw
                checks:
                  - unique: [id]
                  - range: {amount: {min: 0}}
                    severity: warn
                  - relationship: {shop: shops.shop}
                    severity: warn
              part:
                type: aggregate
                foreach: [a, b]
                from: orders
                where: shop = ${{ item }}
                metrics: {n: count(*)}
                checks: [{row_count: {min: 1}}]
            ",
        )
}

#[test]
fn checks_are_run_on_what_is_cached() {
    let shop = shop();
    let before = shop.run(["check", "--data"]).exits(1);
    insta::assert_snapshot!("nothing_cached", format!("{}{}", before.stdout, before.stderr));
    assert!(!shop.has(".tidemill"));
    shop.run(["run"]).exits(0);
    let after = shop.run(["check", "--data"]).exits(0);
    insta::assert_snapshot!("held", format!("{}{}", after.stdout, after.stderr));
}

#[test]
fn a_check_written_later_is_run_on_the_table_that_is_there() {
    let shop = shop();
    shop.run(["run"]).exits(0);
    let stricter = shop.read("pipeline.yaml").replace("severity: warn", "severity: error");
    let shop = shop.file("pipeline.yaml", stricter);
    let found = shop.run(["check", "--data", "orders", "part"]).exits(1);
    insta::assert_snapshot!("failed", format!("{}{}", found.stdout, found.stderr));
    // The file and its contract are others now; the table in the cache is not.
    let dates = shop.read("pipeline.yaml").replace("id: int", "id: date");
    let shop = shop.file("pipeline.yaml", dates).file("orders.csv", "id,shop,amount\n2024-01-01,a,1\n");
    let contract = shop.run(["check", "--data", "raw", "--json"]).exits(1).stdout;
    insta::assert_snapshot!(
        contract,
        @r#"{"task":"raw","status":"failed","check":"columns: 3","severity":"error","bad_rows":1,"samples":[],"detail":"`id` is int, not date"}"#
    );
}

#[test]
fn a_contract_is_learnt_into_the_file() {
    let shop = Project::new()
        .file("orders.csv", "id,is on,amount,empty\n1,true,1.5,\n2,false,2,\n")
        .file("pipeline.yaml", "version: 1\nname: shop\ninclude: [more.yaml]\ntasks:\n  one: {type: load, path: orders.csv} # short\n")
        .file("more.yaml", "# more\ntasks:\n  raw:                 # today\n    type: load\n    path: orders.csv   # here\n\n    tags: [x]\n");
    insta::assert_snapshot!(shop.run(["check", "--learn", "raw"]).exits(0).stderr, @r"
    ok more.yaml: `raw` has a contract of 3 columns now
    note left out, for they have no values and so no type: `empty`
    ");
    insta::assert_snapshot!(shop.read("more.yaml"));
    shop.run(["check", "--learn", "one"]).exits(0);
    insta::assert_snapshot!(shop.read("pipeline.yaml"));
    shop.run(["check"]).exits(0);
    insta::assert_snapshot!(shop.run(["check", "--learn", "raw"]).exits(0).stderr, @"ok the contract of `raw` is what its source has today");

    // Now the source is another: the contract stays, and what it would be is shown.
    let shop = shop.file("orders.csv", "id,amount,empty,extra\nx,1.5,,2024\n");
    let differs = shop.run(["check", "--learn", "raw"]).exits(0);
    insta::assert_snapshot!(format!("{}{}", differs.stderr, differs.stdout));
}

#[test]
fn a_column_without_values_is_not_promised_to_be_text() {
    let shop = Project::new().file("t.csv", "id,later\n1,\n").pipeline(
        "
        version: 1
        tasks:
          t:
            type: load
            path: t.csv
          sum: {type: aggregate, from: t, metrics: {later: sum(later)}, output: sum.csv}
        ",
    );
    shop.run(["check", "--learn", "t"]).exits(0);
    let shop = shop.file("t.csv", "id,later\n1,5\n2,6\n");
    shop.run(["run"]).exits(0);
    assert_eq!(shop.read("sum.csv"), "later\n11\n");
    let empty = Project::new().file("t.csv", "id,later\n").pipeline(
        "
        version: 1
        tasks:
          t:
            type: load
            path: t.csv
        ",
    );
    insta::assert_snapshot!(empty.run(["check", "--learn", "t"]).exits(2).stderr, @r"
    error: no column of `t` has values, so none has a type
      help: write `columns` by hand, or learn them when the source has rows
    ");
}

#[test]
fn a_file_that_cannot_be_changed_safely_is_left_as_it_is() {
    let text = "version: 1\nname: shop\ntasks:\n  raw: &raw\n    type: load\n    path: orders.csv\n  again: *raw\n";
    let shop = Project::new().file("orders.csv", "id\n1\n").file("pipeline.yaml", text);
    let refused = shop.run(["check", "--learn", "again"]).exits(2);
    insta::assert_snapshot!(format!("{}{}", refused.stdout, refused.stderr));
    assert_eq!(shop.read("pipeline.yaml"), text);
    insta::assert_snapshot!(shop.run(["check", "--learn", "agin"]).exits(2).stderr);
}

/// A day's orders: so many rows, every so-manieth without an amount.
fn day(seed: usize, rows: usize, nulls: usize, countries: &[&str]) -> String {
    let mut text = String::from("id,amount,country\n");
    for row in 0..rows {
        let amount = if row % nulls == 0 { String::new() } else { (seed * 100 + row).to_string() };
        text += &format!("{row},{amount},{}\n", countries[row % countries.len()]);
    }
    text
}

#[test]
fn a_table_that_drifts_is_said_and_only_once() {
    let mut shop = Project::new().pipeline(
        r"
        version: 1
        name: shop
        tasks:
          raw: {type: load, path: orders.csv}
          sums: {type: aggregate, from: raw, group_by: [country], metrics: {amount: sum(amount)}}
          told: {type: report, template: told.md, output: out.md, depends_on: [raw]}
        ",
    );
    shop = shop.file("told.md", "${{ tasks.raw.warnings | join('; ') }}\n");
    let warnings = |shop: &Project| {
        let lines = shop.run(["run"]).exits(0).stderr;
        lines.lines().filter(|line| line.contains("drift")).map(str::to_owned).collect::<Vec<_>>()
    };
    for seed in 1..=5 {
        shop = shop.file("orders.csv", day(seed, 100 + seed, 10, &["DE", "FR"]));
        assert_eq!(warnings(&shop), Vec::<String>::new(), "day {seed}");
        // What is cached, or computed again as it was, is no history.
        assert_eq!(warnings(&shop), Vec::<String>::new());
        shop.run(["run", "--force"]).exits(0);
    }
    shop = shop.file("orders.csv", day(6, 20, 2, &["DE", "Oz"]));
    insta::assert_snapshot!(warnings(&shop).join("\n"), @r"
    warning raw: drift: 20 rows; the last 5 tables had 101 to 105
    warning raw: drift: `amount` is NULL in 50.0 % of the rows; in the last 5 tables 10.5 % to 10.9 %
    warning raw: drift: `country` has values that none of the last 5 tables had: 'Oz'
    ");
    // Templates have them too.
    assert_eq!(shop.read("out.md").matches("drift: ").count(), 3);
    assert!(shop.run(["show"]).exits(0).stdout.contains("warning raw: drift: "));
    shop = shop.file("orders.csv", day(7, 21, 2, &["DE", "Oz"]));
    assert_eq!(warnings(&shop), Vec::<String>::new());
    // A column that comes or goes is said at once.
    let wider = day(8, 100, 10, &["DE"]).replace("country\n", "country,extra\n").replace("DE\n", "DE,1\n");
    shop = shop.file("orders.csv", wider.replacen("amount", "total", 1));
    let pipeline = shop.read("pipeline.yaml").replace("sum(amount)", "count(*)");
    shop = shop.file("pipeline.yaml", pipeline);
    assert_eq!(
        warnings(&shop),
        [
            "warning raw: drift: column `total` (int) is new",
            "warning raw: drift: column `extra` (int) is new",
            "warning raw: drift: column `amount` (int) is gone",
        ]
    );
    // Other keys, another table: its history begins anew.
    let other = shop.read("pipeline.yaml").replace("path: orders.csv", "path: few.csv");
    shop = shop.file("pipeline.yaml", other).file("few.csv", "country\nDE\n");
    assert_eq!(warnings(&shop), Vec::<String>::new());
}
