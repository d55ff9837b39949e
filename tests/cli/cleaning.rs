//! `normalize`: names, types, missing and wrong values, rejects.

use crate::project::Project;

const ORDERS: &str = "id,day,country,amount\n1,01/02/2024,fr, $1.50\n2,02/30/2024,de,12\n3,,FR,x\n4,12/31/2024,,\n";

fn orders(keys: &str) -> Project {
    Project::new().file("orders.csv", ORDERS).pipeline(&format!(
        "version: 1\nname: orders\ntasks:\n  raw: {{type: load, path: orders.csv}}\n  clean:\n    type: normalize\n    from: raw\n    output: clean.csv\n{keys}"
    ))
}

const TYPED: &str = "    columns: {day: {type: date, format: '%m/%d/%Y'}, country: {case: upper}, amount: money}\n";

#[test]
fn a_value_that_does_not_fit_fails_the_task_by_row_column_and_value() {
    let project = orders(TYPED);
    insta::assert_snapshot!(project.run(["run", "-j", "1"]).exits(1).stderr, @r#"
    done    raw  4 rows  [time]
    failed  clean  orders.csv:3, column day: "02/30/2024" is not a date (%m/%d/%Y)
      task   rows in  rows out  rejected  time
      raw          4         4  [time]
      clean                               failed

    error task clean (normalize): orders.csv:3, column day: "02/30/2024" is not a date (%m/%d/%Y)
      help: correct the source, or say `on_invalid: reject` or `on_invalid: "null"`
      log: logs/[run]/clean.log

    failed in [time]: 1 ran, 1 failed
    "#);
    assert!(!project.has("clean.csv"));
}

#[test]
fn or_rejects_its_row() {
    let project = orders(&format!("{TYPED}    on_invalid: reject\n"));
    insta::assert_snapshot!(project.run(["run", "-j", "1"]).exits(0).stderr, @r"
    done    raw  4 rows  [time]
    done    clean  2 rows, 2 rejected  [time]
      task   rows in  rows out  rejected  time
      raw          4         4  [time]
      clean        4         2         2  [time]

    note clean: 1 rejected: day is not a date
    note clean: 1 rejected: amount is not an amount of money

    Results
      ./  clean.csv
      outputs/rejects/  clean.csv

    done in [time]: 2 ran
    ");
    insta::assert_snapshot!(project.read("clean.csv"), @r"
    id,day,country,amount
    1,2024-01-02,FR,1.50
    4,2024-12-31,,
    ");
    insta::assert_snapshot!(project.read("outputs/rejects/clean.csv"), @r#"
    _row,_file,_line,_reason,id,day,country,amount
    2,orders.csv,3,"day: ""02/30/2024"" is not a date (%m/%d/%Y)",2,02/30/2024,de,12
    3,orders.csv,4,"amount: ""x"" is not an amount of money",3,,FR,x
    "#);
}

#[test]
fn or_becomes_null_and_is_counted() {
    let project = orders(&format!("{TYPED}    on_invalid: 'null'\n"));
    insta::assert_snapshot!(project.run(["run", "-j", "1"]).exits(0).stderr, @r"
    done    raw  4 rows  [time]
    done    clean  4 rows  [time]
      task   rows in  rows out  rejected  time
      raw          4         4  [time]
      clean        4         4  [time]

    warning clean: 1 value of day was not a date and became NULL
    warning clean: 1 value of amount was not an amount of money and became NULL

    Results
      ./  clean.csv

    done in [time]: 2 ran
    ");
    insta::assert_snapshot!(project.read("clean.csv"), @r"
    id,day,country,amount
    1,2024-01-02,FR,1.50
    2,,DE,12.00
    3,,FR,
    4,2024-12-31,,
    ");
}

#[test]
fn missing_numbers_have_strategies() {
    let project = Project::new().file("n.csv", "i,f,t\n1,0.5,a\n2,,\n,1.5,c\n4,2.5,d\n").pipeline(
        "
            version: 1
            tasks:
              n: {type: load, path: n.csv}
              mean: {type: normalize, from: n, missing: mean, output: mean.csv}
              median: {type: normalize, from: n, missing: median, output: median.csv}
              zero: {type: normalize, from: n, missing: zero, output: zero.csv}
              dropped: {type: normalize, from: n, missing: drop, output: drop.csv}
              kept: {type: normalize, from: n, missing: keep, output: keep.csv}
              each: {type: normalize, from: n, missing: {i: 9, f: median, t: none}, output: each.csv}
            ",
    );
    project.run(["run"]).exits(0);
    let all = ["mean", "median", "zero", "drop", "keep", "each"].map(|name| project.read(&format!("{name}.csv")));
    insta::assert_snapshot!(all.join("--\n"), @r"
    i,f,t
    1,0.5,a
    2,1.5,
    2,1.5,c
    4,2.5,d
    --
    i,f,t
    1,0.5,a
    2,1.5,
    2,1.5,c
    4,2.5,d
    --
    i,f,t
    1,0.5,a
    2,0,
    0,1.5,c
    4,2.5,d
    --
    i,f,t
    1,0.5,a
    4,2.5,d
    --
    i,f,t
    1,0.5,a
    2,,
    ,1.5,c
    4,2.5,d
    --
    i,f,t
    1,0.5,a
    2,1.5,none
    9,1.5,c
    4,2.5,d
    ");
}

#[test]
fn columns_are_renamed_derived_selected_and_dropped() {
    let project = Project::new().file("n.csv", "a,b,c\n1,2,x\n1,2,x\n3,4,y\n3,5,y\n").pipeline(
        "
            version: 1
            tasks:
              n: {type: load, path: n.csv}
              renamed:
                type: normalize
                from: n
                rename: {a: b, b: a}
                derive: {sum: a + b, twice: sum * 2, a: a * 10}
                select: [twice, a, b]
                output: renamed.csv
              dropped: {type: normalize, from: n, drop: [b], distinct: true, output: dropped.csv}
              first: {type: normalize, from: n, distinct: [a], output: first.csv}
            ",
    );
    project.run(["run"]).exits(0);
    let all = ["renamed", "dropped", "first"].map(|name| project.read(&format!("{name}.csv")));
    insta::assert_snapshot!(all.join("--\n"), @r"
    twice,a,b
    6,20,1
    6,20,1
    14,40,3
    16,50,3
    --
    a,c
    1,x
    3,y
    3,y
    --
    a,b,c
    1,2,x
    3,4,y
    ");
}

#[test]
fn money_and_decimals_are_exact() {
    let project = Project::new().file("m.csv", "m,d\n\"$1,234.50\",0.1\n€ 0.10,0.2\n-3,0.30\n,1e2\n").pipeline(
        "
            version: 1
            tasks:
              m: {type: load, path: m.csv}
              clean:
                type: normalize
                from: m
                columns: {m: money, d: 'decimal(10,3)'}
                derive: {tenth: m / 10, more: m + 0.005, product: m * d}
                output: clean.csv
              total: {type: aggregate, from: clean, metrics: {m: sum(m), mean: avg(m), d: sum(d)}, output: total.csv}
            ",
    );
    insta::assert_snapshot!(project.run(["run", "-j", "1"]).exits(0).stderr, @r"
    done    m  4 rows  [time]
    done    clean  4 rows  [time]
    done    total  1 row  [time]
      task   rows in  rows out  rejected  time
      m            4         4  [time]
      clean        4         4  [time]
      total        4         1  [time]

    warning clean: column m holds amounts in several currencies: $ €

    Results
      ./  clean.csv  total.csv

    done in [time]: 3 ran
    ");
    insta::assert_snapshot!(project.read("clean.csv") + "--\n" + &project.read("total.csv"), @r"
    m,d,tenth,more,product
    1234.50,0.100,123.45000000,1234.505,123.45000
    0.10,0.200,0.01000000,0.105,0.02000
    -3.00,0.300,-0.30000000,-2.995,-0.90000
    ,100.000,,,
    --
    m,mean,d
    1231.60,410.53333333,100.600
    ");
}

#[test]
fn text_is_trimmed_mapped_and_stripped() {
    let project = Project::new().file("t.csv", "name,code,flag\n\" anna  \",A-1,yes\nBOB,B-2,no\n,n/a,\n").pipeline(
        "
            version: 1
            tasks:
              t: {type: load, path: t.csv}
              clean:
                type: normalize
                from: t
                columns:
                  name: {trim: true, case: title}
                  code: {map: {n/a: null}, strip: '-'}
                  flag: {type: bool, map: {'yes': 'true', 'no': 'false'}}
                output: clean.csv
            ",
    );
    project.run(["run"]).exits(0);
    insta::assert_snapshot!(project.read("clean.csv"), @r"
    name,code,flag
    Anna,A1,true
    Bob,B2,false
    ,,
    ");
}

#[test]
fn a_help_names_only_options_that_the_source_takes() {
    let helped = |project: Project, source: &str| {
        let pipeline = format!(
            "version: 1\ntasks:\n  raw: {source}\n  comma: {{type: normalize, from: raw, columns: {{x: 'decimal(9,2)'}}}}\n  \
             none: {{type: normalize, from: raw, columns: {{y: int}}}}\n"
        );
        let told = project.file("pipeline.yaml", pipeline).run(["run", "--keep-going"]).stderr;
        told.lines().filter(|line| line.contains("if ")).map(|line| line.trim().to_owned() + "\n").collect::<String>()
    };
    let database =
        Project::new().sqlite("t.db", "create table t (x text, y text); insert into t values ('1.234,50', 'n/a')");
    let csv = || Project::new().file("t.csv", "x;y\nsome;1\n\"1.234,50\";n/a\n");
    let all = [
        helped(database, "{type: load, path: t.db, table: t}"),
        helped(csv(), "{type: load, path: t.csv, options: {delimiter: ';'}, columns: {x: string, y: string}}"),
    ];
    insta::assert_snapshot!(all.join("--\n"), @r#"
    help: if the comma stands before the fraction, leave the column as it is here, and convert it: `derive: {x: "cast(replace(replace(x, '.', ''), ',', '.') as decimal(9,2))"}`, or say `on_invalid: reject` or `on_invalid: "null"`
    help: if that means NULL, say `map: {"n/a": null}`, or say `on_invalid: reject` or `on_invalid: "null"`
    --
    help: if that means NULL, say `map: {"n/a": null}`, or `null_values` where the file is loaded, or say `on_invalid: reject` or `on_invalid: "null"`
    "#);
}
