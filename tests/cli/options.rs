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
              lines: {type: load, path: a.ndjson, options: {thousands: ','}}
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

    error: `thousands` has no meaning for ndjson
     --> pipeline.yaml:4:60
      |
    4 |   lines: {type: load, path: a.ndjson, options: {thousands: ','}}
      |                                                            ^^^ only for csv

    error: `null_values` has no meaning for sqlite
     --> pipeline.yaml:5:65
      |
    5 |   db: {type: load, path: a.db, table: t, options: {null_values: "-", header: false}}
      |                                                                 ^^^ only for csv and json and ndjson and xlsx

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

/// What each option makes of a file, as the table that is read.
#[test]
fn options_of_sources_take_effect() {
    for (name, content, options, table) in [
        ("a.csv", "# by hand\na,b\n#1,x\n2,#y\n# end\n", "comment: '#'", "a,b\n2,#y\n"),
        ("b.csv", "a,b\n# a \" quote\n1,\"x\n#y\"\n", "comment: '#'", "a,b\n1,\"x\n#y\"\n"),
        (
            "c.csv",
            "a;b\n1,234;x\n-1,234,567.5;y\n12;z\n",
            "delimiter: ';', thousands: ','",
            "a,b\n1234,x\n-1234567.5,y\n12,z\n",
        ),
        ("d.csv", "a\n1,234\n12,34\n", "delimiter: ';', thousands: ','", "a\n\"1,234\"\n\"12,34\"\n"),
        ("e.csv", "a;b\n1 234,5;1\n2;2\n", "delimiter: ';', decimal: ',', thousands: ' '", "a,b\n1234.5,1\n2,2\n"),
        ("f.csv", "a,b,c\n1\n2,x\n3,y,z\n", "ragged: fill", "a,b,c\n1,,\n2,x,\n3,y,z\n"),
        (
            "g.json",
            r#"[{"a": 1, "b": {"c": "n/a"}}, {"a": -999, "b": {"c": "x"}}]"#,
            "null_values: [n/a, '-999']",
            "a,b.c\n1,\n,x\n",
        ),
        ("h.ndjson", "{\"a\": \"-\"}\n{\"a\": 5}\n", "null_values: '-'", "a\n\n5\n"),
    ] {
        let project = Project::new().file(name, content).pipeline(&format!(
            "
            version: 1
            tasks:
              t: {{type: load, path: {name}, options: {{{options}}}, output: out.csv}}
            "
        ));
        project.run(["run"]).exits(0);
        assert_eq!(project.read("out.csv"), table, "{name}");
    }
}

#[test]
fn options_of_sources_that_cannot_be() {
    let said = |content: &str, options: &str| {
        let load = format!("{{type: load, path: a.csv, options: {{{options}}}}}");
        let project = Project::new().file("a.csv", content).pipeline(&format!("version: 1\ntasks: {{t: {load}}}\n"));
        project.run(["check"]).exits(2).stderr
    };
    for (content, options, wanted) in [
        ("a\n1\n", "comment: '//'", "`comment` is one character"),
        ("a\n1\n", "comment: ','", "cannot begin a comment"),
        ("a\n1\n", "thousands: '.'", "`.` stands before the fraction of numbers"),
        ("a\n1\n", "ragged: cut", "ragged"),
        ("a,b,c\n1,2\n", "", "`ragged: fill` takes missing fields for NULL"),
        ("a,b\n1,2,3\n", "ragged: fill", "found 3 fields, expected 2"),
    ] {
        let said = said(content, options);
        assert!(said.contains(wanted), "{said}");
    }
}
