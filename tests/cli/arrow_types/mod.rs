//! Parquet files of other programs: every type is read as it is meant, or left out with a word; and floats that other formats
//! cannot hold are told when they are written.

use insta::assert_snapshot;

use crate::project::Project;

/// Made by `make.py`.
const TYPES: &[u8] = include_bytes!("types.parquet");

fn one(columns: &str) -> Project {
    Project::new().file("types.parquet", TYPES).pipeline(&format!(
        "
        version: 1
        tasks:
          t: {{type: load, path: types.parquet{columns}, output: t.csv}}
        "
    ))
}

#[test]
fn every_type_is_read_or_left_out_with_a_word() {
    let project = one("");
    let story = project.run(["run"]).exits(0).stderr;
    let flat: Vec<String> =
        project.read("t.csv").lines().map(|line| line.split(',').take(10).collect::<Vec<_>>().join(",")).collect();
    assert_snapshot!(flat.join("\n"), @r#"
    seconds,millis,micros,nanos,moment,day,code,number,large,exact
    00:00:05,00:00:05.007,00:00:05.000007,00:00:05,2023-11-14T22:13:20,2024-02-29T00:00:00,x,10,a,1.50
    ,,,,,,,,,
    12:34:56,12:34:56,23:59:59.999999,00:00:00.000001,1969-12-31T23:59:59.999999,1969-12-31T00:00:00,y,20,"",-0.01
    "#);
    let told: Vec<&str> = story.lines().filter(|line| line.starts_with("warning: ")).collect();
    assert_snapshot!(told.join("\n"), @r"
    warning: types.parquet: column `half` is left out: it is of type float16, which tables cannot hold
    warning: types.parquet: column `wide` is left out: it is of type decimal(50,2), which tables cannot hold
    warning: types.parquet: column `raw` is left out: it is of type struct[x: int, raw: binary], which tables cannot hold
    warning: types.parquet: column `bytes` is left out: it is of type binary, which tables cannot hold
    warning: types.parquet: column `id` is left out: it is of type arrow.uuid, which tables cannot hold
    warning: types.parquet: column `lasts` is left out: it is of type duration, which tables cannot hold
    ");
}

#[test]
fn what_is_nested_is_json() {
    let project = one(", select: [pair, words, point, lookup, deep, prices]");
    assert_snapshot!(project.run(["run"]).exits(0).stderr.contains("warning"), @"false");
    assert_snapshot!(project.read("t.csv"), @r#"
    pair,words,point,lookup,deep,prices
    "[1, 2]","[""a""]","{""x"": 1}","[{""key"": ""a"", ""value"": 1}, {""key"": ""b"", ""value"": null}]","[{""at"": ""2024-01-02T03:04:05"", ""tags"": [""a \""b\"""", null]}, null]","{""net"": 1.50, ""rates"": [0.5, ""NaN""], ""when"": ""01:02:03""}"
    ,,,,,
    "[3, 4]",[],"{""x"": 2}",[],"[{""at"": null, ""tags"": []}, {""at"": null, ""tags"": null}]","{""net"": null, ""rates"": [null], ""when"": null}"
    "#);
    let told = one(", select: [seconds, pair], columns: {pair: int}").run(["check"]).exits(2).stderr;
    assert_snapshot!(told.lines().next().unwrap_or_default(), @"error: column `pair` of `types.parquet` is string, not int");
    let project = Project::new().file("types.parquet", TYPES).pipeline(
        "
        version: 1
        tasks:
          t: {type: load, path: types.parquet, select: [pair, prices]}
          items:
            type: sql
            sql: select item, prices ->> 'net' as net from t, json_array_elements_text(pair) as x (item)
            output: items.csv
        ",
    );
    project.run(["run"]).exits(0);
    assert_eq!(project.read("items.csv"), "item,net\n1,1.50\n2,1.50\n3,\n4,\n");
}

#[test]
fn a_column_that_tables_cannot_hold_is_refused_where_it_is_asked_for() {
    assert_snapshot!(one(", columns: {wide: 'decimal(38,2)'}").run(["check"]).exits(2).stderr, @r"
    error: types.parquet: column `wide` is of type decimal(50,2), which tables cannot hold
     --> pipeline.yaml:3:25
      |
    3 |   t: {type: load, path: types.parquet, columns: {wide: 'decimal(38,2)'}, output: t.csv}
      |                         ^^^^^^^^^^^^^ read here
      |
      = help: leave it out, or flatten it, where the file is made

    1 error
    ");
}

#[test]
fn floats_that_a_format_cannot_hold_are_counted_by_file_and_column() {
    let project = Project::new().file("a.csv", "x,y\n1,2\n0,3\n-1,4\n").pipeline(
        "
        version: 1
        tasks:
          a: {type: load, path: a.csv}
          b:
            type: normalize
            from: a
            derive: {big: x * 1e308 * 10, none: big - big, fine: y / 2}
            output: [b.json, b.ndjson.gz, b.db, b.csv, b.parquet, b.xlsx]
          c:
            type: command
            run: cat ${{ inputs.b }} > ${{ outputs.o }}
            inputs: {b: {task: b, format: json}}
            outputs: {o: c.json}
        ",
    );
    let story = project.run(["run"]).exits(0).stderr;
    let told: Vec<&str> =
        story.lines().skip_while(|line| !line.starts_with("warning")).take_while(|line| !line.is_empty()).collect();
    assert_snapshot!(told.join("\n"), @r"
    warning b: b.json: 2 infinite values of column `big` became NULL: JSON has no such numbers
    warning b: b.json: 2 NaN of column `none` became NULL: JSON has no such numbers
    warning b: b.ndjson.gz: 2 infinite values of column `big` became NULL: JSON has no such numbers
    warning b: b.ndjson.gz: 2 NaN of column `none` became NULL: JSON has no such numbers
    warning b: b.db: 2 NaN of column `none` became NULL: SQLite stores no such numbers
    warning c: the input b.json: 2 infinite values of column `big` became NULL: JSON has no such numbers
    warning c: the input b.json: 2 NaN of column `none` became NULL: JSON has no such numbers
    ");
    assert_eq!(project.read("b.csv"), "x,y,big,none,fine\n1,2,inf,NaN,1\n0,3,0,0,1.5\n-1,4,-inf,NaN,2\n");
}
