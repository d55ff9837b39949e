use std::fs;

use insta::assert_snapshot;
use rusqlite::Connection;
use tidemill_core::spec::SqlText;
use tidemill_core::table::DataType;

use super::{Source, columns_of, infer, infer_and_read, read};

fn database(sql: &str) -> Source {
    let source = Source::new("a.db", "");
    let connection = Connection::open(source.path().join("a.db")).unwrap();
    connection.execute_batch(sql).unwrap();
    source
}

fn table(source: Source, name: &str) -> Source {
    source.scan(|scan| scan.table = Some(name.into()))
}

#[test]
fn stored_values_outrank_declared_types() {
    let source = database(
        "CREATE TABLE t (i TEXT, f INTEGER, money REAL, mixed, yes BOOLEAN, many BOOLEAN, big REAL, none INTEGER);
         INSERT INTO t VALUES ('a', 1, '$1.50', 1, 1, 1, 9007199254740993, NULL);
         INSERT INTO t VALUES (NULL, 0.5, 2.5, 'x', 0, 2, 1, NULL);",
    );
    assert_snapshot!(table(source, "t").table(), @r#"
    i: str, f: f64, money: str, mixed: str, yes: bool, many: i64, big: f64, none: i64
    "a" | 1.0 | "$1.50" | "1" | true | 1 | 9.0072e15 | ·
    · | 0.5 | "2.5" | "x" | false | 2 | 1.0 | ·
    "#);
}

#[test]
fn rows_come_in_the_order_of_their_keys() {
    let mut source = table(
        database(
            "CREATE TABLE t (a); INSERT INTO t (rowid, a) VALUES (30, 'c'), (10, 'a'), (20, 'b'); CREATE INDEX x ON t (a DESC);",
        ),
        "T",
    );
    assert_eq!(source.table(), "a: str\n\"a\"\n\"b\"\n\"c\"");
    assert_eq!(source.places(&[2, 0]), [("a.db".to_owned(), 30), ("a.db".to_owned(), 10)]);
    let mut keyed = table(
        database(
            "CREATE TABLE k (v, a INT, b TEXT, PRIMARY KEY (b, a)) WITHOUT ROWID; INSERT INTO k VALUES (1, 2, 'x'), (2, 1, 'x'), (3, 9, 'a');",
        ),
        "k",
    );
    assert_eq!(keyed.table(), "v: i64, a: i64, b: str\n3 | 9 | \"a\"\n2 | 1 | \"x\"\n1 | 2 | \"x\"");
    assert_eq!(keyed.places(&[1]), [("a.db".to_owned(), 2)]);
}

#[test]
fn a_query_is_one_select() {
    let ask = |query: &str| {
        let source = database("CREATE TABLE t (a INT); INSERT INTO t VALUES (1), (2), (3);");
        source
            .scan(|scan| scan.query = Some(SqlText { raw: query.into(), text: query.into(), ..SqlText::default() }))
            .table()
    };
    assert_eq!(
        ask("-- newest first\nSELECT a, a * 0.5 AS half FROM t WHERE a > 1 ORDER BY a DESC;"),
        "a: i64, half: f64\n3 | 1.5\n2 | 1.0"
    );
    assert_eq!(ask("WITH x AS (SELECT 1 AS one) SELECT * FROM x"), "one: i64\n1");
    let refused =
        ["DELETE FROM t", "SELECT 1; SELECT 2", "PRAGMA table_list", "", "SELECT b FROM t", "SELECT a, a FROM t"];
    let said: Vec<String> = refused.into_iter().map(ask).collect();
    assert_snapshot!(said.join("\n"));
}

#[test]
fn what_is_not_there_is_named() {
    let two = || database("CREATE TABLE orders (a); CREATE TABLE users (a);");
    assert_snapshot!(table(two(), "order").error(), @r"
    a.db has no table `order`
    help: did you mean `orders`?
    ");
    assert_snapshot!(two().error(), @r"
    a.db has several tables: `orders`, `users`
    help: say which with `table`
    ");
    assert_snapshot!(Source::new("a.db", "no database at all").error(), @"a.db is not an SQLite database");
    assert_snapshot!(Source::new("a.db", "").error(), @"a.db is empty");
    let blob = database("CREATE TABLE t (a); INSERT INTO t (rowid, a) VALUES (5, 1), (7, x'00');");
    assert_snapshot!(blob.error(), @r"
    a.db: column `a` holds a blob in the row with rowid 7
    help: leave the column out with a `query`, or turn it into text there with `hex(…)`
    ");
}

#[test]
fn a_value_that_does_not_fit_is_named_by_its_rowid() {
    let source = database("CREATE TABLE t (a); INSERT INTO t (rowid, a) VALUES (5, 1), (7, 'x');");
    let source = source.scan(|scan| scan.schema = [("a", DataType::Int)].into_iter().collect());
    assert_snapshot!(source.rows(), @r"
    a.db: column `a` in the row with rowid 7: the text `x` is not of type int
    help: correct the value, or load the column as string and convert it in a `normalize` task
    ");
}

#[test]
fn nothing_is_left_beside_a_database_in_wal_mode() {
    let mut source = database("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1);");
    assert_eq!(source.table(), "a: i64\n1");
    let files: Vec<_> = fs::read_dir(source.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["a.db"]);
}

#[test]
fn what_is_only_in_the_log_is_read_too() {
    let source = database("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1);");
    let writer = Connection::open(source.path().join("a.db")).unwrap();
    writer.execute_batch("PRAGMA wal_autocheckpoint = 0; INSERT INTO t VALUES (2);").unwrap();
    let mut source = source;
    assert_eq!(source.table(), "a: i64\n1\n2");
    // A copy without the index, as a backup has it.
    let copy = Source::new("a.db", fs::read(source.path().join("a.db")).unwrap());
    fs::copy(source.path().join("a.db-wal"), copy.path().join("a.db-wal")).unwrap();
    let mut copy = copy;
    assert_eq!(copy.table(), "a: i64\n1\n2");
    assert!(!copy.path().join("a.db-shm").exists());
}

/// Ten thousand rows, of which the `special` one, from 1, has another value.
fn many(special: usize, value: &str) -> Source {
    let source = database("CREATE TABLE t (n, word, half);");
    let mut connection = Connection::open(source.path().join("a.db")).unwrap();
    let transaction = connection.transaction().unwrap();
    for row in 1..=10_000 {
        let n = if row == special { value.to_owned() } else { row.to_string() };
        let sql = format!("INSERT INTO t VALUES ({n}, 'word {}', {row} * 0.5)", row % 7);
        transaction.execute(&sql, []).unwrap();
    }
    transaction.commit().unwrap();
    drop(connection);
    source
}

#[test]
fn rows_that_were_read_with_their_columns_are_those_that_are_read_later() {
    let source = many(0, "");
    let (schema, kept) = infer_and_read(source.path(), &source.scan).unwrap();
    assert_eq!(schema, infer(source.path(), &source.scan, None).unwrap());
    // In another order, and not all of them.
    let wanted = [("half", DataType::Float), ("n", DataType::Int)].into_iter().collect();
    let source = source.scan(|scan| scan.schema = wanted);
    let kept = columns_of(&kept.unwrap(), &source.scan.schema).unwrap();
    assert_eq!((kept.height(), kept.width()), (10_000, 2));
    assert!(kept.equals_missing(&read(source.path(), &source.scan).unwrap()));
    // The types that are wanted are tried first.
    let wanted = [("n", DataType::String)].into_iter().collect();
    let source = source.scan(|scan| scan.schema = wanted);
    let (schema, kept) = infer_and_read(source.path(), &source.scan).unwrap();
    assert_eq!(schema.get("n"), Some(DataType::Int));
    let kept = columns_of(&kept.unwrap(), &source.scan.schema).unwrap();
    assert!(kept.equals_missing(&read(source.path(), &source.scan).unwrap()));
}

#[test]
fn a_late_surprise_is_seen() {
    let surprised = |special: usize, value: &str| {
        let source = many(special, value);
        let (schema, kept) = infer_and_read(source.path(), &source.scan).unwrap();
        assert!(kept.is_none_or(|kept| columns_of(&kept, &schema).is_none()), "{value}");
        (schema.get("n").unwrap(), source)
    };
    assert_eq!(surprised(9_000, "'x'").0, DataType::String);
    assert_eq!(surprised(9_000, "0.5").0, DataType::Float);
    // What is asked for counts: the value in row 9,000 is named, and not what comes after it.
    let (_, source) = surprised(9_000, "'x'");
    let source = source.scan(|scan| scan.schema = [("n", DataType::Int)].into_iter().collect());
    assert_snapshot!(source.rows(), @r"
    a.db: column `n` in the row with rowid 9000: the text `x` is not of type int
    help: correct the value, or load the column as string and convert it in a `normalize` task
    ");
    assert_eq!(many(9_000, "x'00'").types(None), "word: string, half: float");
    let wanted = many(9_000, "x'00'").scan(|scan| scan.schema = [("n", DataType::Int)].into_iter().collect());
    assert_snapshot!(wanted.error(), @r"
    a.db: column `n` holds a blob in the row with rowid 9000
    help: leave the column out with a `query`, or turn it into text there with `hex(…)`
    ");
}
