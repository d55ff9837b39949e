//! Options of sources and outputs: each has an effect, or is refused where it stands.

use crate::project::Project;

#[test]
fn an_option_that_a_format_has_no_use_for_is_refused_where_it_stands() {
    let project = Project::new()
        .file("a.csv", "a\n1\n")
        .file("a.json", "[{\"a\": 1}]")
        .file("a.ndjson", "{\"a\": 1}\n")
        .sqlite("a.db", "create table t (a); insert into t values (1)")
        .pipeline(
            "
            version: 1
            tasks:
              json: {type: load, path: a.json, options: {skip_rows: 1}}
              lines: {type: load, path: a.ndjson, options: {null_values: [x]}}
              db: {type: load, path: a.db, table: t, options: {null_values: \"-\", header: false}}
              csv:
                type: load
                path: a.csv
                output:
                  - {path: out/a.json, delimiter: ';'}
                  - {path: out/a.parquet, 'null': '-'}
                  - {path: out/a.xlsx, bom: true}
                  - {path: out/a.db, escape_formulas: true}
            ",
        );
    insta::assert_snapshot!(project.run(["check"]).exits(2).stderr, @r#"
    error: `skip_rows` has no meaning for json
     --> pipeline.yaml:3:57
      |
    3 |   json: {type: load, path: a.json, options: {skip_rows: 1}}
      |                                                         ^ only for csv and xlsx

    error: `null_values` has no meaning for ndjson
     --> pipeline.yaml:4:49
      |
    4 |   lines: {type: load, path: a.ndjson, options: {null_values: [x]}}
      |                                                 ^^^^^^^^^^^ only for csv and xlsx

    error: `null_values` has no meaning for sqlite
     --> pipeline.yaml:5:65
      |
    5 |   db: {type: load, path: a.db, table: t, options: {null_values: "-", header: false}}
      |                                                                 ^^^ only for csv and xlsx

    error: `header` has no meaning for sqlite
     --> pipeline.yaml:5:78
      |
    5 |   db: {type: load, path: a.db, table: t, options: {null_values: "-", header: false}}
      |                                                                              ^^^^^ only for csv and xlsx

    error: `delimiter` has no meaning for json
      --> pipeline.yaml:10:39
       |
    10 |       - {path: out/a.json, delimiter: ';'}
       |                                       ^^^ only for csv

    error: `null` has no meaning for parquet
      --> pipeline.yaml:11:39
       |
    11 |       - {path: out/a.parquet, 'null': '-'}
       |                                       ^^^ only for csv

    error: `bom` has no meaning for xlsx
      --> pipeline.yaml:12:33
       |
    12 |       - {path: out/a.xlsx, bom: true}
       |                                 ^^^^ only for csv

    error: `escape_formulas` has no meaning for sqlite
      --> pipeline.yaml:13:43
       |
    13 |       - {path: out/a.db, escape_formulas: true}
       |                                           ^^^^ only for csv and xlsx

    8 errors
    "#);
}

#[test]
fn null_values_are_what_the_cells_of_a_workbook_show() {
    let project =
        Project::new().file("a.csv", "code,amount,day\nA,1,2024-01-01\nnone,-999,2024-01-02\nn/a,3,\n").pipeline(
            "
            version: 1
            tasks:
              raw: {type: load, path: a.csv, columns: {day: date}, output: out/a.xlsx}
              book:
                type: load
                path: out/a.xlsx
                depends_on: [raw]
                columns: {code: string, amount: int, day: date}
                options: {null_values: [none, n/a, \"-999\"]}
                output: out/book.csv
            ",
        );
    project.run(["run"]).exits(0);
    assert_eq!(project.read("out/book.csv"), "code,amount,day\nA,1,2024-01-01\n,,2024-01-02\n,3,\n");
}
