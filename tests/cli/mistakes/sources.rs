//! Files that are not there.

use super::{check, shop};

#[test]
fn missing_sources_templates_and_queries() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders: {type: load, path: data/order.csv}
          parts: {type: load, path: 'data/parts-*.csv'}
          far: {type: load, path: nowhere/x.csv}
          totals: {type: sql, file: sql/totals.sql}
          text: {type: report, template: templates/summary.md, output: outputs/summary.md}
          letter: {type: email, to: [a@example.com], subject: Hi, template: templates/mail.txt}
        "
    ), @r"
    error: file `data/order.csv` does not exist
     --> pipeline.yaml:3:30
      |
    3 |   orders: {type: load, path: data/order.csv}
      |                              ^^^^^^^^^^^^^^ task `orders` reads it
      |
      = help: did you mean `data/orders.csv`?

    error: no file matches `data/parts-*.csv`
     --> pipeline.yaml:4:29
      |
    4 |   parts: {type: load, path: 'data/parts-*.csv'}
      |                             ^^^^^^^^^^^^^^^^^^ task `parts` reads these files

    error: file `nowhere/x.csv` does not exist
     --> pipeline.yaml:5:27
      |
    5 |   far: {type: load, path: nowhere/x.csv}
      |                           ^^^^^^^^^^^^^ task `far` reads it
      |
      = help: there is no folder [folder]/project/nowhere

    error: SQL file `sql/totals.sql` does not exist
     --> pipeline.yaml:6:29
      |
    6 |   totals: {type: sql, file: sql/totals.sql}
      |                             ^^^^^^^^^^^^^^ task `totals` reads it
      |
      = help: there is no folder [folder]/project/sql

    error: template `templates/summary.md` does not exist
     --> pipeline.yaml:7:34
      |
    7 |   text: {type: report, template: templates/summary.md, output: outputs/summary.md}
      |                                  ^^^^^^^^^^^^^^^^^^^^ task `text` reads it
      |
      = help: there is no folder [folder]/project/templates

    error: template `templates/mail.txt` does not exist
     --> pipeline.yaml:8:69
      |
    8 |   letter: {type: email, to: [a@example.com], subject: Hi, template: templates/mail.txt}
      |                                                                     ^^^^^^^^^^^^^^^^^^ task `letter` reads it
      |
      = help: there is no folder [folder]/project/templates

    6 errors
    ");
}

#[test]
fn a_file_of_no_known_format() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          orders: {type: load, path: data/orders.dat}
          book: {type: load, path: data/orders.csv, format: ods}
        "
    ), @r"
    error: the ending of `data/orders.dat` does not say its format
     --> pipeline.yaml:3:30
      |
    3 |   orders: {type: load, path: data/orders.dat}
      |                              ^^^^^^^^^^^^^^^ a table is read here
      |
      = help: add `format:` csv, json, ndjson, parquet, sqlite or xlsx

    error: `ods` is not known here: expected `csv`, `json`, `ndjson`, `parquet`, `sqlite` or `xlsx`
     --> pipeline.yaml:4:53
      |
    4 |   book: {type: load, path: data/orders.csv, format: ods}
      |                                                     ^^^

    2 errors
    ");
}

#[test]
fn a_source_that_cannot_be_read() {
    let project = shop()
        .file("data/broken.json", "[{\"a\": 1}, {\"a\": 2")
        .file("data/ragged.csv", "a,b\n1,2\n1,2,3\n")
        .file("data/empty.csv", "")
        .file("data/no.db", "this is no database at all, only text")
        .file("data/no.parquet", "PAR2")
        .pipeline(
            "
            version: 1
            tasks:
              json: {type: load, path: data/broken.json}
              ragged: {type: load, path: data/ragged.csv}
              empty: {type: load, path: data/empty.csv}
              database: {type: load, path: data/no.db, table: t}
              parquet: {type: load, path: data/no.parquet}
            ",
        );
    insta::assert_snapshot!(project.run(["check"]).exits(2).stderr, @r"
    error: data/broken.json:1: is not valid JSON: EOF while parsing an object
     --> pipeline.yaml:3:28
      |
    3 |   json: {type: load, path: data/broken.json}
      |                            ^^^^^^^^^^^^^^^^ read here

    error: data/ragged.csv:3: found 3 fields, expected 2
     --> pipeline.yaml:4:30
      |
    4 |   ragged: {type: load, path: data/ragged.csv}
      |                              ^^^^^^^^^^^^^^^ read here
      |
      = help: a field with a delimiter in it must be quoted; rows above the header need `options: {skip_rows: N}`

    error: data/empty.csv is empty
     --> pipeline.yaml:5:29
      |
    5 |   empty: {type: load, path: data/empty.csv}
      |                             ^^^^^^^^^^^^^^ read here

    error: data/no.db is not an SQLite database
     --> pipeline.yaml:6:32
      |
    6 |   database: {type: load, path: data/no.db, table: t}
      |                                ^^^^^^^^^^ read here

    error: data/no.parquet is not a whole Parquet file: parquet: File out of specification: A Parquet file must contain a header and footer with at least 12 bytes
     --> pipeline.yaml:7:31
      |
    7 |   parquet: {type: load, path: data/no.parquet}
      |                               ^^^^^^^^^^^^^^^ read here

    5 errors
    ");
}

#[test]
fn a_template_with_a_mistake() {
    let project = shop()
        .file("templates/a.md", "# Orders\n\n{% for row in inputs.orders %}\n- ${{ row.id }\n{% endfor %}\n")
        .pipeline(
            "
        version: 1
        tasks:
          orders: {type: load, path: data/orders.csv}
          text: {type: report, template: templates/a.md, inputs: {orders: orders}, output: outputs/a.md}
        ",
        );
    insta::assert_snapshot!(project.run(["check"]).exits(2).stderr, @r"
    error: `${{` is never closed
     --> templates/a.md:4:3
      |
    4 | - ${{ row.id }
      |   ^^^ opened here
      |
      = help: close it with `}}`, or write `$${{` for a literal `${{`

    1 error
    ");
}

#[test]
fn no_pipeline_file() {
    insta::assert_snapshot!(shop().run(["check"]).exits(2).stderr, @r"
    error: there is no file `pipeline.yaml`
     |
     = help: name the pipeline file with `-f FILE`, or its folder with `-C DIR`

    1 error
    ");
    insta::assert_snapshot!(shop().run(["-f", "pipelin.yaml", "run"]).exits(2).stderr, @r"
    error: there is no file `pipelin.yaml`
     |
     = help: name the pipeline file with `-f FILE`, or its folder with `-C DIR`

    1 error
    ");
    insta::assert_snapshot!(shop().run(["-C", "nowhere", "run"]).exits(2).stderr, @"error: cannot go to nowhere: No such file or directory (os error 2)");
}

#[test]
fn locations_of_other_schemes() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          web: {type: load, path: 'rsync://example.com/orders.csv', output: 'r2://bucket/orders.csv'}
          shop: {type: load, path: 'informix://user@host/shop'}
          script: {type: command, run: 'true', inputs: {x: 'b2://bucket/x'}, outputs: {y: 'r2://bucket/y'}}
        "
    ), @r"
    error: `rsync://` is neither a connection of the file nor a kind of URL that is known here
     --> pipeline.yaml:3:27
      |
    3 |   web: {type: load, path: 'rsync://example.com/orders.csv', output: 'r2://bucket/orders.csv'}
      |                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this does not lead to a file of this machine
      |
      = help: name a path; a `command` task can fetch a file, or send one

    error: `r2://` is neither a connection of the file nor a kind of URL that is known here
     --> pipeline.yaml:3:69
      |
    3 |   web: {type: load, path: 'rsync://example.com/orders.csv', output: 'r2://bucket/orders.csv'}
      |                                                                     ^^^^^^^^^^^^^^^^^^^^^^^^ this does not lead to a file of this machine
      |
      = help: name a path; a `command` task can fetch a file, or send one

    error: `informix://` is neither a connection of the file nor a kind of URL that is known here
     --> pipeline.yaml:4:28
      |
    4 |   shop: {type: load, path: 'informix://user@host/shop'}
      |                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^ this does not lead to a file of this machine
      |
      = help: name a path; a `command` task can fetch a file, or send one

    error: `b2://` is neither a connection of the file nor a kind of URL that is known here
     --> pipeline.yaml:5:52
      |
    5 |   script: {type: command, run: 'true', inputs: {x: 'b2://bucket/x'}, outputs: {y: 'r2://bucket/y'}}
      |                                                    ^^^^^^^^^^^^^^^ this does not lead to a file of this machine
      |
      = help: name a path; a `command` task can fetch a file, or send one

    error: `r2://` is neither a connection of the file nor a kind of URL that is known here
     --> pipeline.yaml:5:83
      |
    5 |   script: {type: command, run: 'true', inputs: {x: 'b2://bucket/x'}, outputs: {y: 'r2://bucket/y'}}
      |                                                                                   ^^^^^^^^^^^^^^^ this does not lead to a file of this machine
      |
      = help: name a path; a `command` task can fetch a file, or send one

    5 errors
    ");
}
