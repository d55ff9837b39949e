use super::*;
use DataType::{Int, String as Text};

fn t() -> DataFrame {
    table(&[("id", Int, "1 2 2 - -"), ("s", Text, "a b - d e")])
}

fn check(name: &str, kind: CheckKind) -> Check {
    Check { name: name.to_owned(), severity: CheckSeverity::Error, kind }
}

fn outcome(checks: Vec<Check>) -> Result<TableReport, EngineError> {
    let other = table(&[("key", Int, "1 3")]);
    run_job(&TableJob { rel: input("t", &t()), checks }, &[("t", &t()), ("other", &other)])
}

#[test]
fn failed_checks_say_how_many_rows_and_which() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let checks = vec![
        check("not_null: s", CheckKind::NotNull("s".to_owned())),
        check("unique: [id]", CheckKind::Unique(names(&["id"]))),
        check(
            "id < 2",
            CheckKind::RowsSatisfy {
                predicate: compare(CmpOp::Lt, col("id", Int), int(2)),
                columns: names(&["id", "s"]),
            },
        ),
        check("row_count", CheckKind::RowCount { min: Some(10), max: None }),
        check(
            "relationship",
            CheckKind::Relationship { column: "id".to_owned(), task: "other".to_owned(), other: "key".to_owned() },
        ),
    ];
    insta::assert_snapshot!(message(outcome(checks)), @r#"
    not_null: s: 1 row does not hold: s=NULL, id=2
    unique: [id]: 2 rows do not hold: id=2
    id < 2: 2 rows do not hold: id=2, s="b"; id=2, s=NULL
    row_count: expected at least 10 rows, found 5
    relationship: 2 rows do not hold: id=2
    "#);
}

#[test]
fn what_holds_and_what_only_warns_lets_the_table_pass() {
    let mut unique = check("unique: [id, s]", CheckKind::Unique(vec!["id".to_owned(), "s".to_owned()]));
    let mut missing = check("not_null: id", CheckKind::NotNull("id".to_owned()));
    missing.severity = CheckSeverity::Warn;
    unique.severity = CheckSeverity::Error;
    let report = outcome(vec![unique, missing]).unwrap();
    let counts: Vec<u64> = report.account.checks.iter().map(|check| check.bad_rows).collect();
    assert_eq!(counts, [0, 2]);
    assert_eq!(report.account.checks[1].samples, ["id=NULL, s=\"d\"", "id=NULL, s=\"e\""]);
}
