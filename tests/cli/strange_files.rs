//! Files as other programs and people make them: what can be read is read, and what is done to them is told.

use crate::project::{Outcome, Project};

/// A project of one file, of which `load` makes the table `t`; `rest` are more keys and tasks.
fn loading(file: &str, content: impl AsRef<[u8]>, rest: &str) -> Project {
    Project::new()
        .file(file, content)
        .pipeline(&format!("version: 1\ntasks:\n  t: {{type: load, path: {file}, output: out/t.csv{rest}\n"))
}

/// The table as it was loaded.
fn loaded(file: &str, content: impl AsRef<[u8]>, keys: &str) -> String {
    let project = loading(file, content, &format!("{keys}}}"));
    project.run(["run"]).exits(0);
    project.read("out/t.csv")
}

/// What a query makes of the table.
fn queried(file: &str, content: impl AsRef<[u8]>, keys: &str, query: &str) -> String {
    let rest = format!("{keys}}}\n  q: {{type: sql, sql: \"{query}\", output: out/q.csv}}");
    let project = loading(file, content, &rest);
    project.run(["run"]).exits(0);
    project.read("out/q.csv")
}

fn tells(outcome: &Outcome, words: &[&str]) {
    for word in words {
        assert!(outcome.stderr.contains(word), "{word} is not in\n{}", outcome.stderr);
    }
}

/// Objects of which only the last has the key `b`.
fn late(rows: usize, between: &str) -> String {
    let rows = (0..rows).map(|n| format!("{{\"a\": {n}}}{between}"));
    rows.collect::<String>() + "{\"a\": -1, \"b\": 7}"
}

#[test]
fn keys_that_come_late_are_columns() {
    let query = "select count(b) as n, sum(b) as b, min(a) as a from t";
    let expected = "n,b,a\n1,7,-1\n";
    assert_eq!(queried("t.ndjson", late(5_000, "\n"), "", query), expected);
    assert_eq!(queried("t.json", format!("[{}]", late(5_000, ",")), "", query), expected);
    assert_eq!(queried("t.ndjson", late(5_000, "\n"), ", columns: {a: int, b: int}", query), expected);
    let metrics = "}\n  g: {type: aggregate, from: t, metrics: {b: sum(b)}, output: out/g.csv}";
    let project = loading("t.ndjson", late(5_000, "\n"), metrics);
    project.run(["check"]).exits(0);
    project.run(["run"]).exits(0);
    assert_eq!(project.read("out/g.csv"), "b\n7\n");
    let outcome = project.run(["check", "--learn", "t"]).exits(0);
    tells(&outcome, &["a contract of 2 columns"]);
    project.run(["check"]).exits(0);
}

#[test]
fn a_key_that_no_row_has_is_unknown_and_a_late_one_of_another_type_is_told() {
    let rest = "}\n  q: {type: sql, sql: \"select c from t\"}";
    let outcome = loading("t.ndjson", late(5_000, "\n"), rest).run(["check"]).exits(2);
    tells(&outcome, &["there is no column `c`", "there is `a`, `b`"]);
    let outcome = loading("t.ndjson", late(5_000, "\n"), ", columns: {b: date}}").run(["check"]).exits(2);
    tells(&outcome, &["column `b` of `t.ndjson` is int, not date", "t.ndjson:5001: key `b`: `7` is not of type date"]);
}

#[test]
fn quoted_empty_fields_are_null_among_numbers_and_texts_among_texts() {
    let text = "n,x,flag,s\n\"1\",\"0.5\",\"true\",\"a\"\n\"\",\"\",\"\",\"\"\n3,1.5,false,b\n";
    let query = "select sum(n) as n, sum(x) as x, count(flag) as flags, count(s) as texts, count(*) as rows from t";
    assert_eq!(queried("t.csv", text, "", query), "n,x,flags,texts,rows\n4,2,2,3,3\n");
    let dated = "d,m\n2024-01-02,1.50\n\"\",\"\"\n";
    let query = "select count(d) as d, sum(m) as m from t";
    assert_eq!(queried("t.csv", dated, ", columns: {d: date, m: money}", query), "d,m\n1,1.50\n");
}

#[test]
fn blanks_and_plus_signs_around_numbers_are_read_over() {
    let text = "id, delta, share ,phone\n1, +5 ,\t0.5,+49301234\n2,  -3, ,+49301235\n 3,7,1.5 ,+49301236\n";
    let query = "select sum(id) as id, sum(delta) as delta, avg(share) as share, min(phone) as phone from t";
    assert_eq!(queried("t.csv", text, "", query), "id,delta,share,phone\n6,9,1,+49301234\n");
    // Alone they are no numbers, for so are dialling codes, unless a contract says that they are.
    assert_eq!(loaded("t.csv", "code\n+49\n+1\n", ""), "code\n+49\n+1\n");
    assert_eq!(loaded("t.csv", "code\n+49\n+1\n", ", columns: {code: int}"), "code\n49\n1\n");
    assert_eq!(loaded("t.csv", "s,zip\n x ,007\n", ""), "s,zip\n x ,007\n");
}

#[test]
fn columns_of_one_name_are_told_apart() {
    let project =
        loading("t.csv", "id,amount,amount, id\n1,2,3,4\n", "}\n  q: {type: sql, sql: select amount_2 from t}");
    let words =
        ["t.csv: names stand twice in the header: `amount` (column 3) is `amount_2`, `id` (column 4) is `id_2`"];
    tells(&project.run(["check"]).exits(0), &words);
    let ran = project.run(["run"]).exits(0);
    tells(&ran, &words);
    // Said where the run begins, and kept for later.
    assert_eq!(ran.stderr.matches("stand twice").count(), 1, "{}", ran.stderr);
    assert!(project.run(["show"]).exits(0).stdout.contains("stand twice"));
    assert_eq!(project.read("out/t.csv"), "id,amount,amount_2,id_2\n1,2,3,4\n");
    assert_eq!(loaded("t.csv", "a,a_2,a,,\n1,2,3,4,5\n", ""), "a,a_2,a_3,column_4,column_5\n1,2,3,4,5\n");
}

#[test]
fn columns_without_values_fit_any_type() {
    let query = "select sum(x) as s, avg(x) as m, min(x) as least, count(x) as n, sum(x * 2 + 1) as y from t where x > 5 or x is null";
    assert_eq!(queried("t.csv", "id,x\n", "", query), "s,m,least,n,y\n,,,0,\n");
    assert_eq!(queried("t.csv", "id,x\n1,\n2,\n", "", query), "s,m,least,n,y\n,,,0,\n");
    assert_eq!(queried("t.json", "[{\"id\": 1, \"x\": null}]", "", query), "s,m,least,n,y\n,,,0,\n");
    let other = "select upper(x) || 'a' as t, coalesce(x, 3) as i, extract(year from x) as y, case when x then 1 else 2 end as c from t";
    assert_eq!(queried("t.csv", "id,x\n1,\n", "", other), "t,i,y,c\n,3,,2\n");
    let rest = "}
  n: {type: normalize, from: t, missing: {x: zero}, derive: {z: x + id}, output: out/n.csv}
  g: {type: aggregate, from: t, group_by: [x], metrics: {n: count(*), s: sum(x)}, output: out/g.csv}
  j: {type: join, from: t, with: {o: {table: t2, on: x}}, output: out/j.parquet}
  t2: {type: load, path: t2.csv}";
    let project = loading("t.csv", "id,x\n1,\n2,\n", rest).file("t2.csv", "x,y\n1,2\n");
    let outcome = project.run(["check"]);
    assert!(!outcome.stderr.contains("string"), "{}", outcome.stderr);
}

#[test]
fn columns_of_blobs_are_left_out_unless_they_are_wanted() {
    let made = "create table pictures (id int, photo blob, name text); \
                insert into pictures values (1, x'ff00', 'a'), (2, null, 'b')";
    let project = Project::new().sqlite("t.db", made).pipeline(
        "version: 1\ntasks:\n  t: {type: load, path: t.db, table: pictures, output: out/t.csv}\n  q: {type: sql, sql: select \
         sum(id) as id from t, output: out/q.csv}\n",
    );
    let words = ["t.db: column `photo` of table `pictures` is left out: it holds blobs"];
    tells(&project.run(["check"]).exits(0), &words);
    tells(&project.run(["run"]).exits(0), &words);
    assert_eq!(project.read("out/t.csv"), "id,name\n1,a\n2,b\n");
    assert_eq!(project.read("out/q.csv"), "id\n3\n");
    let wanted = project
        .pipeline("version: 1\ntasks:\n  t: {type: load, path: t.db, table: pictures, columns: {photo: string}}\n");
    tells(&wanted.run(["check"]).exits(2), &["column `photo` holds a blob in the row with rowid 1", "hex("]);
}

#[test]
fn json_records_are_found_where_they_are() {
    let expected = "a\n1\n2\n";
    for text in [
        "{\"data\": {\"items\": [{\"a\": 1}, {\"a\": 2}]}, \"page\": {\"next\": null}}",
        "{\"errors\": [], \"results\": [{\"a\": 1}, {\"a\": 2}], \"tags\": [\"x\"]}",
        "{\"a\": 1}\n{\"a\": 2}\n",
        "{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}",
        "[{\"a\": 1}, {\"a\": 2}]",
    ] {
        assert_eq!(loaded("t.json", text, ""), expected, "{text}");
    }
    assert_eq!(loaded("t.ndjson", "[{\"a\": 1},\n{\"a\": 2}]", ""), expected);
    assert_eq!(loaded("t.json", "{\"a\": 1, \"b\": {\"c\": 2}}", ""), "a,b.c\n1,2\n");
    let two = "{\"old\": [{\"a\": 9}], \"new\": {\"items\": [{\"a\": 1}, {\"a\": 2}]}}";
    let outcome = loading("t.json", two, "}").run(["check"]).exits(2);
    tells(&outcome, &["several arrays of objects", "options: {records: old}", "`old`, `new.items`"]);
    assert_eq!(loaded("t.json", two, ", options: {records: new.items}"), expected);
    let outcome = loading("t.json", two, ", options: {records: items}}").run(["check"]).exits(2);
    tells(&outcome, &["has no array `items`", "there is `old`, `new.items`"]);
    assert_eq!(loaded("t.json", late(9_000, "\n"), "").lines().count(), 9_002);
}

#[test]
fn the_encodings_that_fit_are_shown_with_what_they_read() {
    let outcome = loading("t.csv", b"city\nZ\x9frich\nK\x9aln\n", "}").run(["check"]).exits(2);
    tells(&outcome, &["t.csv:2: is not valid UTF-8: byte 0x9F", "`macintosh` reads `Z\u{fc}rich`"]);
    assert_eq!(loaded("t.csv", b"city\nZ\x9frich\n", ", options: {encoding: macroman}"), "city\nZ\u{fc}rich\n");
    let outcome = loading("t.csv", b"city\nZ\xfcrich\n", "}").run(["check"]).exits(2);
    tells(&outcome, &["`latin1` reads `Z\u{fc}rich`"]);
    let utf_16: Vec<u8> = "id,name\n1,x\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    tells(
        &loading("t.csv", utf_16, "}").run(["check"]).exits(2),
        &["is UTF-16LE without a mark", "encoding: utf-16le"],
    );
    let outcome = loading("t.csv", "city\nZ\u{fc}rich\n", ", options: {encoding: latin1}}").run(["check"]).exits(0);
    tells(&outcome, &["is UTF-8, but is read as `latin1`"]);
}

#[test]
fn a_delimiter_that_does_not_fit_is_told_with_the_one_that_does() {
    let german = "datum;betrag;ort\n01.02.2024;1.234,50;K\u{f6}ln\n02.02.2024;7,25;Bonn\n";
    let outcome = loading("t.csv", german, "}").run(["check"]).exits(2);
    tells(
        &outcome,
        &[
            "found 2 fields, expected 1",
            "the delimiter seems to be `;`: say `options: {delimiter: \";\", decimal: \",\"}`",
        ],
    );
    let outcome = loading("t.csv", "\"a\";\"b\"\n\"1\";\"2\"\n", "}").run(["check"]).exits(2);
    tells(&outcome, &["the delimiter seems to be `;`: say `options: {delimiter: \";\"}`"]);
    let outcome = loading("t.csv", "a\tb\n1\t2\n", "}").run(["check"]).exits(0);
    tells(&outcome, &["the delimiter seems to be a tab; if it is, say `options: {delimiter: tab}`"]);
    let outcome = loading("t.csv", "name;amount,net\nx;1,5\ny;2,3\n", "}").run(["check"]).exits(0);
    tells(&outcome, &["the delimiter seems to be `;`"]);
    let outcome = loading("t.csv", "Report\n\na,b\n1,2\n", "}").run(["check"]).exits(2);
    tells(&outcome, &["if the header is line 3, say `options: {skip_rows: 2}`"]);
    let told = loading("t.csv", "a,b\n\"x; y\",1\n", "}").run(["check"]).exits(0);
    assert!(!told.stderr.contains("delimiter"), "{}", told.stderr);
}

#[test]
fn numbers_with_a_decimal_comma_are_read_if_the_options_say_so() {
    let german = "datum;betrag;n;s\n01.02.2024;1.234,50;7;a,b\n02.02.2024;-7,25;1.000;c\n";
    let keys = ", options: {delimiter: \";\", decimal: \",\"}";
    let query = "select sum(betrag) as betrag, sum(n) as n, min(datum) as datum, min(s) as s from t";
    assert_eq!(queried("t.csv", german, keys, query), "betrag,n,datum,s\n1227.25,1007,01.02.2024,\"a,b\"\n");
    let exact = format!("{keys}, columns: {{betrag: money}}");
    assert_eq!(queried("t.csv", german, &exact, "select sum(betrag) as b from t"), "b\n1227.25\n");
    let outcome = loading("t.csv", german, ", options: {delimiter: \";\"}}").run(["check"]).exits(0);
    tells(&outcome, &["column `betrag`: numbers with a comma", "`options: {decimal: \",\"}`"]);
    // Commas between thousands are none before a fraction.
    let told = loading("t.csv", "a,b\n\"1,234\",x\n\"12,500\",y\n", "}").run(["check"]).exits(0);
    assert!(!told.stderr.contains("comma"), "{}", told.stderr);
    let outcome = loading("t.csv", german, ", options: {decimal: x}}").run(["check"]).exits(2);
    tells(&outcome, &["a comma or a point"]);
    let outcome = loading("t.json", "[]", ", options: {decimal: \",\"}}").run(["check"]).exits(2);
    tells(&outcome, &["`decimal` has no meaning for json"]);
}

#[test]
fn a_broken_contract_names_the_line_and_what_would_read_the_value() {
    let rows: String = (0..50).map(|n| format!("{n},2024-01-0{},1.5\n", n % 9 + 1)).collect();
    let said = |line: &str, column: &str, words: &[&str]| {
        let text = format!("n,d,x\n{rows}{line}\n");
        let outcome = loading("t.csv", text, &format!(", columns: {{{column}}}}}")).run(["check"]).exits(2);
        tells(&outcome, words);
    };
    said("n/a,2024-01-01,1", "n: int", &["t.csv:52: column `n`: `n/a`", "null_values: [\"n/a\"]"]);
    said("1,2024-01-01,\"7,25\"", "x: float", &["t.csv:52: column `x`: `7,25`", "decimal: \",\""]);
    said("1,2024-01-01,$5", "x: float", &["t.csv:52: column `x`: `$5`", "`type: money`, or `strip`"]);
    let text = "d\n02.01.2024\n";
    let outcome = loading("t.csv", text, ", columns: {d: date}}").run(["run"]);
    tells(&outcome, &["t.csv:2: column `d`: `02.01.2024`", "{type: date, format: …}"]);
}

#[test]
fn a_column_gone_in_one_of_several_files_names_file_and_instance() {
    let tasks = "version: 1\ntasks:\n  raw: {type: load, path: \"${{ item }}.csv\", foreach: [a, b, c]}\n  q:\n    type: normalize\n    foreach: [a, b, c]\n    from: raw@${{ item }}\n    derive: {y: x + 1}\n";
    let project =
        Project::new().file("a.csv", "x\n1\n").file("b.csv", "z\n1\n").file("c.csv", "x\n1\n").pipeline(tasks);
    tells(&project.run(["check"]).exits(2), &["there is no column `x`", "only in `q@b`, which is of `b.csv`"]);
    let project = project.file("a.csv", "z\n1\n").file("c.csv", "z\n1\n");
    assert!(!project.run(["check"]).exits(2).stderr.contains("only in"));
}

#[test]
fn only_selected_columns_are_read_in_their_order() {
    let csv = "id,name,amount,note\n1,a,2.5,x\n2,b,3,y\n";
    assert_eq!(loaded("a.csv", csv, ", select: [amount, id]"), "amount,id\n2.5,1\n3,2\n");
    let json = late(2000, "\n");
    assert!(loaded("a.ndjson", json, ", select: [b, a]").ends_with("\n,1999\n7,-1\n"));
    assert_eq!(loaded("a.csv", csv, ", select: id, columns: {name: string}"), "id\n1\n2\n");
    let project = loading("a.csv", csv, ", select: [id, nam]}");
    tells(&project.run(["check"]).exits(2), &["unknown column `nam`", "did you mean `name`?", "pipeline.yaml:3:"]);
}

#[test]
fn content_that_is_no_text_is_called_by_its_name() {
    let utf_32 = |text: &str| text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect::<Vec<u8>>();
    let marked = [&[0xff, 0xfe, 0, 0][..], &utf_32("id\n1\n")].concat();
    for (content, what) in [
        (marked, "is encoded in UTF-32"),
        (utf_32("id,name\n1,x\n"), "is encoded in UTF-32"),
        (b"PK\x03\x04\x14\x00".to_vec(), "is a ZIP archive or an Excel workbook"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html><html>".to_vec(), "is an HTML page"),
        (b"PAR1\x15".to_vec(), "read it by `format: parquet`"),
    ] {
        tells(&loading("t.csv", content, "}").run(["check"]).exits(2), &[what]);
    }
    assert_eq!(loaded("t.csv", "PK,total\n1,2\n", ""), "PK,total\n1,2\n");
}

#[test]
fn floats_that_are_not_finite_are_read_as_they_are_written() {
    let written = "x,y\nNaN,NaN\n1.5,a\n-inf,b\ninf,\n";
    assert_eq!(loaded("t.csv", written, ""), written);
    assert_eq!(queried("t.csv", written, "", "select x > 5 as big from t"), "big\ntrue\nfalse\nfalse\ntrue\n");
    tells(&loading("t.csv", written, "}").run(["run"]).exits(0), &["1 value of column `x` is NaN, no NULL"]);
    let emptied = queried("t.csv", written, ", options: {null_values: [NaN]}", "select count(x) as n from t");
    assert_eq!(emptied, "n\n3\n");
}

#[test]
fn a_part_of_a_microsecond_is_refused() {
    let times = "at\n2024-01-01T10:00:00.123456000\n2024-01-01T10:00:00.1234567\n";
    let project = loading("t.csv", times, "}\n  n: {type: normalize, from: t, columns: {at: datetime}}");
    tells(
        &project.run(["run"]).exits(1),
        &["column at: \"2024-01-01T10:00:00.1234567\" is not a datetime", "cast(left(at, 26) as datetime)"],
    );
    assert_eq!(
        queried("t.csv", times, "", "select cast(left(at, 26) as datetime) as at from t"),
        "at\n2024-01-01T10:00:00.123456\n2024-01-01T10:00:00.123456\n"
    );
    assert_eq!(queried("t.csv", times, "", "select count(try_cast(at as datetime)) as n from t"), "n\n1\n");
    let constant =
        loading("t.csv", times, "}\n  q: {type: sql, sql: \"select timestamp '2024-01-01 10:00:00.1234567' as x\"}");
    tells(&constant.run(["check"]).exits(2), &["has more than six digits behind the second"]);
}

#[test]
fn each_row_says_which_file_it_comes_from() {
    let rows = |first: &str, second: &str, keys: &str| {
        let project = Project::new().file("w/berlin.csv", first).file("w/paris.csv", second).pipeline(&format!(
            "version: 1\ntasks:\n  t: {{type: load, path: \"w/*.csv\", output: t.csv, options: {{filename: file}}{keys}}}\n"
        ));
        (project.run(["run"]), project)
    };
    let (done, project) = rows("t\n1\n2\n", "t\n3.5\n", "");
    done.exits(0);
    assert_eq!(project.read("t.csv"), "t,file\n1,w/berlin.csv\n2,w/berlin.csv\n3.5,w/paris.csv\n");
    let (done, project) = rows("t\n1\n", "t\n2\n", ", select: [file]");
    done.exits(0);
    assert_eq!(project.read("t.csv"), "file\nw/berlin.csv\nw/paris.csv\n");
    let (refused, _) = rows("file\n1\n", "file\n2\n", "");
    tells(&refused.exits(2), &["w/berlin.csv has a column `file` already", "filename: source_file"]);
}
