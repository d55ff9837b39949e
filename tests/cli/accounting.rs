//! Where every row came from and went: counts that add up, rejected rows with their places, what joins did.

use crate::project::Project;

/// The same three rows as each kind of source, the second of them bad, read by a task that rejects it.
#[test]
fn rejected_rows_are_found_in_every_kind_of_source() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let page = book.add_worksheet();
    for (row, cells) in
        [["id", "day"], ["1", "2024-01-01"], ["2", "31/02/2024"], ["3", "2024-01-03"]].iter().enumerate()
    {
        for (column, cell) in cells.iter().enumerate() {
            // The table begins on the sheet's third row.
            page.write_string(row as u32 + 2, column as u16, *cell).expect("a cell");
        }
    }
    let mut text = String::from("version: 1\ntasks:\n");
    for (name, keys) in [
        ("csv", "path: a.csv"),
        ("json", "path: a.json"),
        ("ndjson", "path: a.ndjson"),
        ("sqlite", "path: a.db, table: t"),
        ("xlsx", "path: a.xlsx"),
        ("glob", "path: 'g/*.csv'"),
        ("packed", "path: p.csv.gz"),
    ] {
        text += &format!(
            "  {name}: {{type: load, {keys}}}\n  {name}-days:\n    type: normalize\n    from: {name}\n    columns: {{day: date}}\n    on_invalid: reject\n"
        );
    }
    let project = Project::new()
        .file("a.csv", "id,day\n1,\"2024-01-01\"\n\n2,31/02/2024\n3,2024-01-03\n")
        .file("a.json", "[{\"id\": 1, \"day\": \"2024-01-01\"},\n{\"id\": 2, \"day\": \"31/02/2024\"},\n{\"id\": 3}]")
        .file("a.ndjson", "{\"id\": 1, \"day\": \"2024-01-01\"}\n\n{\"id\": 2, \"day\": \"31/02/2024\"}\n")
        .sqlite("a.db", "create table t (id, day); insert into t (rowid, id, day) values (7, 1, '2024-01-01'), (9, 2, '31/02/2024')")
        .file("a.xlsx", book.save_to_buffer().expect("memory takes everything"))
        .file("g/1.csv", "id,day\n1,2024-01-01\n")
        .file("g/2.csv", "day,id\n31/02/2024,2\n2024-01-03,3\n")
        .file("p.csv.gz", crate::hostile::gz(b"id,day\n1,2024-01-01\n2,31/02/2024\n"))
        .file("pipeline.yaml", text);
    project.run(["run"]).exits(0);
    let names = ["csv", "json", "ndjson", "sqlite", "xlsx", "glob", "packed"];
    let all = names.map(|name| project.read(&format!("outputs/rejects/{name}-days.csv")));
    insta::assert_snapshot!(all.join(""), @r#"
    _row,_file,_line,_reason,id,day
    2,a.csv,4,"day: ""31/02/2024"" is not a date",2,31/02/2024
    _row,_file,_line,_reason,id,day
    2,a.json,2,"day: ""31/02/2024"" is not a date",2,31/02/2024
    _row,_file,_line,_reason,id,day
    2,a.ndjson,3,"day: ""31/02/2024"" is not a date",2,31/02/2024
    _row,_file,_line,_reason,id,day
    2,a.db,9,"day: ""31/02/2024"" is not a date",2,31/02/2024
    _row,_file,_line,_reason,id,day
    2,a.xlsx,5,"day: ""31/02/2024"" is not a date",2,31/02/2024
    _row,_file,_line,_reason,id,day
    2,g/2.csv,2,"day: ""31/02/2024"" is not a date",2,31/02/2024
    _row,_file,_line,_reason,id,day
    2,p.csv.gz,3,"day: ""31/02/2024"" is not a date",2,31/02/2024
    "#);
}

#[test]
fn every_row_that_does_not_come_out_is_told() {
    let project = Project::new().file("a.csv", "id,n,day\n1,5,x\n1,5,x\n2,,y\n3,-1,z\n4,7,?\n5,8,w\n").pipeline(
        "
            version: 1
            tasks:
              a: {type: load, path: a.csv}
              clean:
                type: normalize
                from: a
                columns: {day: {type: string, map: {'?': null}}}
                missing: {n: drop}
                reject:
                  - {where: n < 0, reason: negative}
                  - {where: day is null, reason: no day}
                distinct: true
              best: {type: aggregate, from: clean, where: n > 5, group_by: id, metrics: {n: sum(n)}, limit: 1}
            ",
    );
    insta::assert_snapshot!(project.run(["run", "-j", "1"]).exits(0).stderr, @r"
    done    a  6 rows  [time]
    done    clean  2 rows, 2 rejected  [time]
    done    best  1 row  [time]
      task   rows in  rows out  rejected  dropped  time
      a            6         6  [time]
      clean        6         2         2        2  [time]
      best         2         1                  1  [time]

    note clean: 1 rejected: negative
    note clean: 1 rejected: no day
    note clean: 1 dropped: missing n
    note clean: 1 dropped: distinct

    Results
      outputs/rejects/  clean.csv

    done in [time]: 3 ran
    ");
    insta::assert_snapshot!(project.log("clean"), @r"
    [instant] INFO  attempt 1 starts
    [instant] INFO  6 rows from a; 1 rejected: negative; 1 rejected: no day; 1 dropped by missing n; 1 dropped by distinct; 2 rows out; published outputs/rejects/clean.csv
    ");
    insta::assert_snapshot!(project.log("best"), @r"
    [instant] INFO  attempt 1 starts
    [instant] INFO  2 rows from clean; 1 dropped by where; 1 rows out
    ");
    let shown = project.run(["show"]).exits(0).stdout;
    for note in ["1 rejected: negative", "1 rejected: no day", "1 dropped: missing n", "1 dropped: distinct"] {
        assert!(shown.contains(&format!("note clean: {note}")), "{shown}");
    }
}

fn joined(how: &str) -> Project {
    Project::new()
        .file("orders.csv", "id,product\n1,7\n2,8\n3,\n4,9\n5,7\n")
        .file("products.csv", "product,name\n7,a\n10,b\n11,c\n12,d\n13,e\n,f\n")
        .pipeline(&format!(
            "
            version: 1
            tasks:
              orders: {{type: load, path: orders.csv}}
              products: {{type: load, path: products.csv}}
              both: {{type: join, left: orders, right: products, on: [product], how: {how}}}
              page:
                type: report
                template: page.md
                inputs: {{both: both}}
                output: page.md.out.md
            "
        ))
        .file("page.md", "{% for warning in tasks.both.warnings %}- ${{ warning }}\n{% endfor %}")
}

#[test]
fn rows_without_a_match_are_told_unasked() {
    for how in ["inner", "full"] {
        let project = joined(how);
        let said = project.run(["run"]).exits(0).stderr.replace("\n  ", " ");
        let warning = "3 of 5 rows of orders (product=8, product=9; 1 without a key) found no match in products; \
                       5 of 6 rows of products (product=10, product=11, product=12, …; 1 without a key) found none in orders";
        assert!(said.contains(&format!("warning both: {warning}")), "{said}");
        assert_eq!(project.read("page.md.out.md"), format!("- {warning}\n"));
    }
    for how in ["semi", "anti"] {
        let said = joined(how).run(["run"]).exits(0).stderr;
        assert!(!said.contains("warning"), "{said}");
    }
}

#[test]
fn of_an_outer_join_the_kept_side_decides_whether_that_is_worth_a_word() {
    let project = |left: &str, right: &str, how: &str| {
        Project::new().file("l.csv", left).file("r.csv", right).pipeline(&format!(
            "
            version: 1
            tasks:
              l: {{type: load, path: l.csv}}
              r: {{type: load, path: r.csv}}
              both: {{type: join, left: l, right: r, on: {{k: key}}, how: {how}}}
            "
        ))
    };
    let said = project("k\n1\n", "key\n1\n2\n", "left").run(["run"]).exits(0).stderr;
    assert!(!said.contains("warning"), "{said}");
    let said = project("k\n1\n", "key\n1\n2\n", "right").run(["run"]).exits(0).stderr;
    assert!(said.contains("warning both: 1 of 2 rows of r (key=2) found no match in l"), "{said}");
    let said = project("k\n1\n3\n", "key\n1\n", "left").run(["run"]).exits(0).stderr;
    assert!(said.contains("warning both: 1 of 2 rows of l (k=3) found no match in r"), "{said}");
}

#[test]
fn a_broken_promise_names_the_key_as_the_user_wrote_it() {
    let project = Project::new().file("l.csv", "k\n1\n2\n").file("r.csv", "k,v\n1.0,a\n1.0,b\n2.5,c\n").pipeline(
        "
        version: 1
        tasks:
          l: {type: load, path: l.csv}
          r: {type: load, path: r.csv}
          both: {type: join, left: l, right: r, on: [k], expect: many_to_one}
        ",
    );
    let said = project.run(["run"]).exits(1).stderr;
    assert!(said.contains("expected many_to_one, but the right side has key k=1 2 times"), "{said}");
}
