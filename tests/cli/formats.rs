//! `load` and `output`: what is written can be read again.

use crate::project::Project;

#[test]
fn every_format_is_read_as_it_was_written() {
    let formats = ["csv", "json", "ndjson", "parquet", "xlsx", "sqlite"];
    let mut text = String::from(
        "version: 1\ntasks:\n  raw: {type: load, path: raw.csv}\n  t:\n    type: normalize\n    from: raw\n    columns: {day: date, price: money, at: datetime}\n    output: [",
    );
    text += &formats.map(|format| format!("out/t.{format}")).join(", ");
    text += "]\n";
    for format in formats {
        let table = if format == "sqlite" { ", table: t" } else { "" };
        text += &format!(
            "  {format}: {{type: load, path: out/t.{format}{table}, depends_on: [t], output: again/{format}.csv}}\n"
        );
    }
    let project = Project::new()
        .file("raw.csv", "id,name,day,price,flag,ratio,at\n1,\"a, \"\"b\"\"\",2024-02-29,1.50,true,0.25,2024-01-02T03:04:05\n2,,,,,,\n3,é,1999-12-31,-0.01,false,1e10,2024-01-02T00:00:00\n")
        .pipeline(&text);
    project.run(["run"]).exits(0);
    let all = formats.map(|format| format!("{format}\n{}", project.read(&format!("again/{format}.csv"))));
    insta::assert_snapshot!(all.join("\n"), @r#"
    csv
    id,name,day,price,flag,ratio,at
    1,"a, ""b""",2024-02-29,1.5,true,0.25,2024-01-02T03:04:05
    2,,,,,,
    3,é,1999-12-31,-0.01,false,10000000000,2024-01-02T00:00:00

    json
    id,name,day,price,flag,ratio,at
    1,"a, ""b""",2024-02-29,1.5,true,0.25,2024-01-02T03:04:05
    2,,,,,,
    3,é,1999-12-31,-0.01,false,10000000000,2024-01-02T00:00:00

    ndjson
    id,name,day,price,flag,ratio,at
    1,"a, ""b""",2024-02-29,1.5,true,0.25,2024-01-02T03:04:05
    2,,,,,,
    3,é,1999-12-31,-0.01,false,10000000000,2024-01-02T00:00:00

    parquet
    id,name,day,price,flag,ratio,at
    1,"a, ""b""",2024-02-29,1.50,true,0.25,2024-01-02T03:04:05
    2,,,,,,
    3,é,1999-12-31,-0.01,false,10000000000,2024-01-02T00:00:00

    xlsx
    id,name,day,price,flag,ratio,at
    1,"a, ""b""",2024-02-29,1.5,true,0.25,2024-01-02T03:04:05
    2,,,,,,
    3,é,1999-12-31,-0.01,false,10000000000,2024-01-02T00:00:00

    sqlite
    id,name,day,price,flag,ratio,at
    1,"a, ""b""",2024-02-29,1.5,true,0.25,2024-01-02T03:04:05
    2,,,,,,
    3,é,1999-12-31,-0.01,false,10000000000,2024-01-02T00:00:00
    "#);
}

#[test]
fn options_of_an_output() {
    let project = Project::new().file("raw.csv", "a,b\n1,=x\n,\"y;z\"\n").pipeline(
        "
        version: 1
        tasks:
          raw:
            type: load
            path: raw.csv
            output: {path: out.csv, delimiter: ';', bom: true, 'null': NA, escape_formulas: true}
        ",
    );
    project.run(["run"]).exits(0);
    assert_eq!(project.read("out.csv"), "\u{feff}a;b\n1;'=x\nNA;\"y;z\"\n");
}

#[test]
fn several_files_are_one_table_in_the_order_of_their_names() {
    let project = Project::new()
        .file("in/2024-02.csv", "a,b\n3,z\n")
        .file("in/2024-01.csv", "a,b\n1,x\n2,y\n")
        .file("in/other.txt", "no")
        .pipeline("version: 1\ntasks:\n  all: {type: load, path: 'in/2024-*.csv', output: all.csv}\n");
    project.run(["run"]).exits(0);
    assert_eq!(project.read("all.csv"), "a,b\n1,x\n2,y\n3,z\n");
}

#[test]
fn csv_has_delimiters_encodings_and_words_for_null() {
    let project = Project::new()
        .file("a.tsv", "a\tb\n1\tx\n")
        .file("b.csv", b"made by hand\nname;n\ncaf\xe9;-\n\"\";2\n")
        .file("c.csv", "1,007\n2,010\n")
        .pipeline(
            "
            version: 1
            tasks:
              a: {type: load, path: a.tsv, output: out/a.csv}
              b:
                type: load
                path: b.csv
                options: {delimiter: ';', encoding: latin1, skip_rows: 1, null_values: '-'}
                output: out/b.csv
              c: {type: load, path: c.csv, options: {header: false}, output: out/c.csv}
            ",
        );
    project.run(["run"]).exits(0);
    insta::assert_snapshot!(["a", "b", "c"].map(|name| project.read(&format!("out/{name}.csv"))).join("--\n"), @r#"
    a,b
    1,x
    --
    name,n
    café,
    "",2
    --
    column_1,column_2
    1,007
    2,010
    "#);
}

#[test]
fn json_and_json_lines() {
    let project = Project::new()
        .file("a.json", r#"[{"a": 1, "b": "x"}, {"b": null, "a": 2.5, "c": true}]"#)
        .file("b.ndjson", "{\"a\": 1}\n{\"a\": null, \"b\": \"2024-01-01\"}\n")
        .pipeline(
            "
            version: 1
            tasks:
              a: {type: load, path: a.json, output: out/a.csv}
              b: {type: load, path: b.ndjson, output: out/b.csv}
            ",
        );
    project.run(["run"]).exits(0);
    insta::assert_snapshot!(project.read("out/a.csv") + "--\n" + &project.read("out/b.csv"), @r"
    a,b,c
    1,x,
    2.5,,true
    --
    a,b
    1,
    ,2024-01-01
    ");
}

#[test]
fn a_database_is_queried_with_parameters() {
    let project = Project::new()
        .sqlite(
            "shop.db",
            "create table orders (id integer, country text, amount real);
             insert into orders values (1, 'FR', 1.5), (2, 'DE', '$2'), (3, 'O''Neil; drop table orders', 3);",
        )
        .pipeline(
            "
            version: 1
            params: {country: FR, ids: [2, 3]}
            tasks:
              one: {type: load, path: shop.db, query: 'select id from orders where country = ${{ params.country }}', output: one.csv}
              many: {type: load, path: shop.db, query: 'select id, amount from orders where id in ${{ params.ids }}', output: many.csv}
            ",
        );
    project.run(["run"]).exits(0);
    insta::assert_snapshot!(project.read("one.csv") + "--\n" + &project.read("many.csv"), @r"
    id
    1
    --
    id,amount
    2,$2
    3,3
    ");
    project.run(["run", "-p", "country=O'Neil; drop table orders"]).exits(0);
    assert_eq!(project.read("one.csv"), "id\n3\n");
}

#[test]
fn a_source_that_changes_its_type_after_its_head_fails_the_task_that_uses_it() {
    let mut text = String::from("n\n");
    (0..1_200).for_each(|n| text += &format!("{n}\n"));
    text += "many\n";
    let project = Project::new().file("n.csv", text).pipeline(
        "
        version: 1
        tasks:
          n: {type: load, path: n.csv}
          total: {type: aggregate, from: n, metrics: {n: sum(n)}, output: total.csv}
        ",
    );
    project.run(["check"]).exits(0);
    insta::assert_snapshot!(project.run(["run", "-j", "1"]).exits(1).stderr, @r"
    done    n  1,201 rows  [time]
    failed  total  pipeline.yaml:4:54: `sum` takes numbers (this is a string)
      task   rows in  rows out  rejected  time
      n        1,201     1,201  [time]
      total                               failed

    error task total (aggregate): pipeline.yaml:4:54: `sum` takes numbers (this is a string)
      help: convert it: `cast(… as float)`, or give the column a type in a `normalize` task
      help: n.csv:1202: column `n`: `many` is not of type int; the first rows, which `check` looks at, were int
      log: logs/[run]/total.log

    failed in [time]: 1 ran, 1 failed
    ");
}
