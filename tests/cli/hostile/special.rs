//! What is no plain file of text: pipes, links, rights, databases, workbooks.

use rusqlite::Connection;

use super::{Corpus, all_are_told};
use crate::project::Project;

#[cfg(unix)]
#[test]
fn pipes_devices_and_loops_are_refused_without_waiting() {
    let pipe = |project: Project| {
        super::pipe(&project, "pipe.csv");
        project.link("loop.csv", "loop.csv").link("zero.csv", "/dev/zero").link("gone.csv", "nowhere.csv")
    };
    let (project, expected) = Corpus::new()
        .with(pipe)
        .task("pipe.csv", "", "` cannot be read: it is a pipe, not a regular file")
        .task("zero.csv", "", "` cannot be read: it is a device, not a regular file")
        .task("loop.csv", "", "` does not exist")
        .task("gone.csv", "", "` does not exist")
        .written();
    let outcome = project.run(["check"]).exits(2);
    all_are_told(&outcome, &expected);
    project.run(["run"]).exits(2);
}

/// The superuser may read everything, so there the binary runs as somebody else.
#[cfg(unix)]
#[test]
fn what_may_not_be_read_is_told() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65_534;
    let (project, expected) =
        Corpus::new().file("secret.csv", "a\n1\n", "", " may not be read (permission denied)").written();
    let secret = project.root().join("secret.csv");
    let rights = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("the folder is ours");
    };
    rights(&secret, 0o000);
    let mut command = project.command(["check"]);
    if std::fs::File::open(&secret).is_ok() {
        rights(project.root().parent().expect("it lies in a folder"), 0o755);
        command.uid(NOBODY);
    }
    match command.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn() {
        Ok(child) => all_are_told(&project.wait(child).exits(2), &expected),
        // Nobody may not even start the binary where it lies.
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied),
    }
}

#[test]
fn databases_say_what_they_hold() {
    let (project, expected) = Corpus::new()
        .with(|project| {
            project.sqlite(
                "shop.db",
                "create table t (n integer, x real, s text, b blob);
                 insert into t values (9223372036854775807, 1, 'a', x'00ff');
                 create table mixed (v integer);
                 insert into mixed values (1), ('two'), (3.5), (null);
                 create table large (v); insert into large values (9007199254740993), (0.5);
                 create view seen as select n from t;
                 create table none (a, b);
                 create table \"odd \"\"name\" (a); insert into \"odd \"\"name\" values ('x');
                 create table real_ints (v real); insert into real_ints values (1), (2), (1e300);",
            )
        })
        .task("shop.db", "table: mixed", "v\n1\ntwo\n3.5\n\n")
        .task("shop.db", "table: large", "v\n9007199254740993\n0.5\n")
        .task("shop.db", "table: seen", "n\n9223372036854775807\n")
        .task("shop.db", "table: none", "a,b\n")
        .task("shop.db", "table: 'odd \"name'", "a\nx\n")
        .task("shop.db", "query: 'select n, x, s from t'", "n,x,s\n9223372036854775807,1,a\n")
        .task("shop.db", "query: 'select hex(b) as b from t'", "b\n00FF\n")
        .task("shop.db", "table: real_ints", "v\n1\n2\n1000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\n")
        .written();
    let outcome = project.run(["run", "--keep-going"]).exits(0);
    super::all_are_right(&project, &expected, &outcome);
}

#[test]
fn a_database_that_another_program_writes_to_is_read_as_it_is_committed() {
    let project = Project::new().pipeline(
        "
        version: 1
        tasks:
          wal: {type: load, path: wal.db, table: t, output: out/wal.csv}
        ",
    );
    let wal = Connection::open(project.root().join("wal.db")).expect("a database");
    wal.execute_batch("pragma journal_mode = wal; create table t (a); insert into t values (1), (2)").expect("rows");
    wal.execute_batch("begin; insert into t values (3)").expect("a row that is not committed");
    project.run(["run"]).exits(0);
    assert_eq!(project.read("out/wal.csv"), "a\n1\n2\n");
    wal.execute_batch("commit").expect("a commit");
    project.run(["run"]).exits(0);
    assert_eq!(project.read("out/wal.csv"), "a\n1\n2\n3\n");
}

#[test]
fn databases_and_workbooks_that_cannot_be_read_are_told() {
    let (project, expected) = Corpus::new()
        .with(|project| {
            project
                .sqlite("shop.db", "create table orders (a); create table blobs (b); insert into blobs values (x'00')")
                .sqlite("locked.db", "create table t (a); insert into t values (1)")
                .sqlite("cut.db", &format!("create table t (a); insert into t values ('{}')", "x".repeat(20_000)))
                .file("sheet.xlsx", super::readable::workbook("one", &[&["a"], &["x"]]))
                .file("empty.xlsx", super::readable::workbook("one", &[]))
        })
        .task("shop.db", "table: order", " has no table `order`")
        .task("shop.db", "table: blobs", ": column `b` holds a blob in the row with rowid 1")
        .task("shop.db", "query: 'select nope from orders'", ": SQLite says: no such column: nope")
        .task("shop.db", "query: 'delete from orders'", ": the query is not a SELECT")
        .task("shop.db", "query: 'select 1; select 2'", ": the query has more than one statement")
        .task("locked.db", "table: t", " is locked by another program")
        .task("cut.db", "table: t", " is damaged: ")
        .task("sheet.xlsx", "sheet: two", " has no sheet `two`")
        .task("empty.xlsx", "", ": sheet `one` is empty")
        .written();
    let cut = project.bytes("cut.db");
    let project = project.file("cut.db", &cut[..8_192]);
    let other = Connection::open(project.root().join("locked.db")).expect("a database");
    other.execute_batch("begin exclusive").expect("a lock");
    let outcome = project.run(["check"]).exits(2);
    all_are_told(&outcome, &expected);
    drop(other);
}

/// A sheet that unpacks to far more than it holds: many cells, all of one short text.
#[test]
fn a_workbook_that_is_small_only_when_packed_is_read() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let page = book.add_worksheet();
    for row in 0..20_000 {
        for column in 0..10 {
            page.write_string(row, column, if row == 0 { format!("c{column}") } else { "x".to_owned() })
                .expect("a cell");
        }
    }
    page.write_string(1_048_575, 0, "far below").expect("the last row there is");
    let project = Project::new().file("far.xlsx", book.save_to_buffer().expect("memory")).pipeline(
        "
        version: 1
        tasks:
          far: {type: load, path: far.xlsx}
          count: {type: aggregate, from: far, metrics: {n: count(*), x: count(c0), last: last(c0)}, output: out.csv}
        ",
    );
    project.run(["run"]).exits(0);
    assert_eq!(project.read("out.csv"), "n,x,last\n1048575,20000,far below\n");
}
