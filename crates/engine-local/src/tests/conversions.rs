use super::*;
use DataType::{Bool, Date, Datetime, Float, Int, String as Text};

fn raw(name: &str, cells: &[&str]) -> DataFrame {
    DataFrame::new_infer_height(vec![column_of(Text, cells).with_name(name.into()).into()]).unwrap()
}

fn conversion(column: &str, data_type: DataType) -> Conversion {
    Conversion {
        column: column.to_owned(),
        data_type,
        money: false,
        formats: vec![],
        trim: false,
        case: None,
        strip: None,
        map: vec![],
    }
}

fn converted(cells: &[&str], conversion: Conversion) -> TableReport {
    let t = raw("c", cells);
    run(
        Rel::Convert { input: Box::new(input("t", &t)), columns: vec![conversion], on_invalid: OnInvalid::Null },
        &[("t", &t)],
    )
}

fn cells(cells: &[&str], conversion: Conversion) -> Vec<String> {
    rows(converted(cells, conversion).table.as_ref().unwrap())
}

pub fn scan() -> Scan {
    Scan {
        files: vec![Location::new("data/marketing.csv")],
        format: FileFormat("csv"),
        table: None,
        query: None,
        sheet: None,
        is_selection: false,
        options: ScanOptions::default(),
        schema: Schema::new(),
    }
}

#[test]
fn money_is_exact_and_strict() {
    let money = || Conversion { money: true, ..conversion("c", D2) };
    let good = ["$1,234.50", "€ 12", "-3.4", "1\u{a0}000\u{202f}000.00", "£-5", "-£5", "7 $", "0.10"];
    let report = converted(&good, money());
    assert_eq!(
        rows(report.table.as_ref().unwrap()),
        ["1234.50", "12.00", "-3.40", "1000000.00", "-5.00", "-5.00", "7.00", "0.10"]
    );
    assert_eq!(report.account.warnings, ["column c holds amounts in several currencies: $ € £"]);
    let bad = ["1,23", "12,34.00", "1.234", "(5.00)", "$5€", "5$0", "", ".", ",123", "1,234,", "12a", "1.2,345"];
    let report = converted(&bad, money());
    assert!(rows(report.table.as_ref().unwrap()).iter().all(|cell| cell == "-"));
    assert_eq!(report.account.warnings, ["12 values of c were not an amount of money and became NULL"]);
}

#[test]
fn dates_are_read_by_format() {
    let dates = Conversion { formats: vec!["%m/%d/%Y".to_owned(), "%d.%m.%Y".to_owned()], ..conversion("c", Date) };
    assert_eq!(
        cells(
            &["7/21/2024", "07/21/2024", "21.7.2024", "13/45/2024", "2/30/2024", "7/21/24", "2024-07-21", "-"],
            dates
        ),
        ["2024-07-21", "2024-07-21", "2024-07-21", "-", "-", "-", "-", "-"]
    );
    assert_eq!(
        cells(&["2024-02-29", "2023-02-29", " 2024-01-01 "], conversion("c", Date)),
        ["2024-02-29", "-", "2024-01-01"]
    );
    assert_eq!(
        cells(&["2024-02-29 08:30:00", "2024-02-29"], conversion("c", Datetime)),
        ["2024-02-29T08:30:00", "2024-02-29T00:00:00"]
    );
}

#[test]
fn numbers_and_bools_take_what_is_meant() {
    assert_eq!(cells(&["12", "12.0", "12.5", "x", "+3"], conversion("c", Int)), ["12", "12", "-", "-", "3"]);
    assert_eq!(cells(&["1.5", "2e3", "nan", "1,5"], conversion("c", Float)), ["1.5", "2000", "-", "-"]);
    assert_eq!(cells(&["Yes", "0", "TRUE", "maybe"], conversion("c", Bool)), ["true", "false", "true", "-"]);
    assert_eq!(cells(&["1.10", "1.105"], conversion("c", D2)), ["1.10", "-"]);
}

#[test]
fn steps_come_in_their_order() {
    let conversion = Conversion {
        strip: Some("'\"".to_owned()),
        trim: true,
        case: Some(TextCase::Title),
        map: vec![("N/A".to_owned(), Value::Null), ("Uk".to_owned(), Value::String("United Kingdom".to_owned()))],
        ..conversion("c", Text)
    };
    assert_eq!(
        cells(&[" 'new york' ", "n/a", "uk", "''", "o’neill-smith"], conversion),
        ["New York", "-", "United Kingdom", "-", "O’neill-Smith"]
    );
}

#[test]
fn other_types_convert_too() {
    let t = table(&[("c", Float, "12 12.5")]);
    let rel = |data_type| Rel::Convert {
        input: Box::new(input("t", &t)),
        columns: vec![conversion("c", data_type)],
        on_invalid: OnInvalid::Null,
    };
    assert_eq!(result(rel(Int), &[("t", &t)]), ["12", "-"]);
    assert_eq!(result(rel(D2), &[("t", &t)]), ["12.00", "12.50"]);
    assert_eq!(result(rel(Text), &[("t", &t)]), ["12", "12.5"]);
}

#[test]
fn a_value_that_does_not_fit_fails_by_name() {
    let t = raw("order_date", &["7/21/2024", "13/45/2024", "x"]);
    let columns = vec![Conversion { formats: vec!["%m/%d/%Y".to_owned()], ..conversion("order_date", Date) }];
    let rel = Rel::Convert { input: Box::new(input("t", &t)), columns, on_invalid: OnInvalid::Fail };
    assert_eq!(
        message(try_run(rel, &[("t", &t)])),
        "row 2, column order_date: \"13/45/2024\" is not a date (%m/%d/%Y); 1 more value does not fit"
    );
}

#[test]
fn an_instant_with_an_offset_is_one_in_utc() {
    let texts =
        ["2024-01-05T10:00:00", "2024-01-05 10:00", "2024-01-05T10:00:00Z", "2024-01-05T10:00:00+02:00", "2024-01-05"];
    let expected = [
        "2024-01-05T10:00:00",
        "2024-01-05T10:00:00",
        "2024-01-05T10:00:00",
        "2024-01-05T08:00:00",
        "2024-01-05T00:00:00",
    ];
    assert_eq!(cells(&texts, conversion("c", Datetime)), expected);
}

/// Campaigns: converted, then those that end before they start are rejected.
fn campaigns(source: Rel) -> Rel {
    let formats = vec!["%m/%d/%Y".to_owned()];
    let renamed = Rel::Project {
        input: Box::new(source),
        columns: vec![("from".to_owned(), col("start", Text)), ("to".to_owned(), col("end", Text))],
    };
    let converted = Rel::Convert {
        input: Box::new(renamed),
        columns: vec![
            Conversion { formats: formats.clone(), ..conversion("from", Date) },
            Conversion { formats, ..conversion("to", Date) },
        ],
        on_invalid: OnInvalid::Reject,
    };
    Rel::Reject {
        input: Box::new(converted),
        rules: vec![RejectRule {
            predicate: compare(CmpOp::Lt, col("to", Date), col("from", Date)),
            reason: "ends before it starts".to_owned(),
        }],
    }
}

fn marketing() -> DataFrame {
    let start = column_of(Text, &["1/1/2024", "2/1/2024", "x", "3/1/2024"]).with_name("start".into());
    let end = column_of(Text, &["1/2/2024", "1/1/2024", "y", "-"]).with_name("end".into());
    DataFrame::new_infer_height(vec![start.into(), end.into()]).unwrap()
}

#[test]
fn rejected_rows_keep_their_place_reason_and_values() {
    let t = marketing();
    let report = run(campaigns(input("t", &t)), &[("t", &t)]);
    assert_eq!(rows(report.table.as_ref().unwrap()), ["2024-01-01 2024-01-02", "2024-03-01 -"]);
    let rejects = report.rejects.unwrap();
    assert_eq!(rejects.schema.names().collect::<Vec<_>>(), ["_row", "_reason", "start", "end"]);
    assert_eq!(
        rows(&rejects),
        ["2 ends before it starts 2/1/2024 1/1/2024", "3 from: \"x\" is not a date (%m/%d/%Y) x y"]
    );
    let counts: Vec<(&str, u64)> = report.account.rejected.iter().map(|r| (r.reason.as_str(), r.rows)).collect();
    assert_eq!(counts, [("from is not a date", 1), ("ends before it starts", 1)]);
}

#[test]
fn directly_below_a_file_rejects_tell_file_and_line() {
    let t = marketing();
    let scan = Scan { schema: types::schema_of(&t).unwrap(), ..scan() };
    let engine = LocalEngine::with_files("/nowhere", Box::new(OneFile(t)));
    let job = TableJob { rel: campaigns(Rel::Scan(scan)), checks: vec![] };
    let report =
        engine.run(&job, &JobOptions { inputs: &[], origin: &|_| None, cancelled: &CancelToken::new() }).unwrap();
    assert_eq!(report.account.rows_in, [RowsIn { from: "data/marketing.csv".to_owned(), rows: 4 }]);
    assert_eq!(
        rows(report.rejects.as_ref().unwrap())[0],
        "2 data/marketing.csv 3 ends before it starts 2/1/2024 1/1/2024"
    );
}

#[test]
fn directly_below_a_load_rejects_and_messages_tell_file_and_line() {
    let t = marketing();
    let origin = |task: &str| (task == "t").then(scan);
    let engine = LocalEngine::with_files("/nowhere", Box::new(OneFile(t.clone())));
    let inputs = [("t".to_owned(), in_memory(t.clone()).unwrap())];
    let run = |rel| {
        let options = JobOptions { inputs: &inputs, origin: &origin, cancelled: &CancelToken::new() };
        engine.run(&TableJob { rel, checks: vec![] }, &options)
    };
    let rejects = run(campaigns(input("t", &t))).unwrap().rejects.unwrap();
    assert_eq!(rows(&rejects)[0], "2 data/marketing.csv 3 ends before it starts 2/1/2024 1/1/2024");
    let columns = vec![conversion("start", Date)];
    let strict = Rel::Convert { input: Box::new(input("t", &t)), columns, on_invalid: OnInvalid::Fail };
    let failure = run(strict).unwrap_err().to_string();
    assert!(failure.starts_with("data/marketing.csv:2, column start: \"1/1/2024\" is not a date"), "{failure}");
}

#[test]
fn there_is_a_table_of_rejects_even_without_rejects() {
    let t = marketing().head(Some(1));
    let report = run(campaigns(input("t", &t)), &[("t", &t)]);
    assert_eq!(report.rejects.map(|rejects| rejects.rows), Some(0));
}
