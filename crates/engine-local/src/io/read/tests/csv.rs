use insta::assert_snapshot;
use proptest::prelude::*;
use tidemill_core::table::{DataType, Location};

use super::Source;

#[test]
fn types_follow_from_all_values() {
    let text = "i,f,b,s,zero,big,huge,date,empty,mixed,nan\n\
                1,1,TRUE,a,007,9223372036854775807,9223372036854775808,2024-01-01,,1,1\n\
                -2,0.5,false,,00,-9223372036854775808,1,7/21/2024,,true,NaN\n\
                0,1e5,,\"\",1,,,,,,\n";
    assert_snapshot!(Source::new("a.csv", text).table(), @r#"
    i: i64, f: f64, b: bool, s: str, zero: str, big: i64, huge: str, date: str, empty: null, mixed: str, nan: f64
    1 | 1.0 | true | "a" | "007" | 9223372036854775807 | "9223372036854775808" | "2024-01-01" | · | "1" | 1.0
    -2 | 0.5 | false | · | "00" | -9223372036854775808 | "1" | "7/21/2024" | · | "true" | NaN
    0 | 100000.0 | · | "" | "1" | · | · | · | · | · | ·
    "#);
}

#[test]
fn quotes_do_not_make_a_text_of_a_number() {
    assert_snapshot!(Source::new("a.csv", "a,b\n\"5\",\"\"\n6,7\n").table(), @r#"
    a: i64, b: i64
    5 | ·
    6 | 7
    "#);
}

#[test]
fn an_int_that_no_float_holds_keeps_its_digits() {
    assert_eq!(Source::new("a.csv", "a\n9007199254740993\n0.5\n").types(None), "a: string");
    assert_eq!(Source::new("a.csv", "a\n9007199254740992\n0.5\n").types(None), "a: float");
}

#[test]
fn the_head_may_show_less_than_the_whole_and_reading_says_where() {
    let rows: String =
        (0..1500).map(|row| if row == 1200 { "oops,1\n".into() } else { format!("{row},2\n") }).collect();
    let mut source = Source::new("late.csv", format!("a,b\n{rows}"));
    assert_eq!(source.types(Some(1000)), "a: int, b: int");
    assert_eq!(source.types(None), "a: string, b: int");
    source.scan.schema = source.infer(Some(1000)).unwrap();
    assert_snapshot!(source.rows(), @r"
    late.csv:1202: column `a`: `oops` is not of type int
    help: correct the value, or load the column as string and convert it in a `normalize` task
    ");
}

#[test]
fn the_head_is_whole_records_even_where_the_text_is_cut_off() {
    // Longer than what is read at first, so that the cut falls into a number or a quoted field.
    let long = "x".repeat(100_000);
    let text = format!("a,b\n\"{long}\",1\n\"{long}\",2\n\"{long}\n\",3.5\n\"{long}\",x\n");
    let source = Source::new("a.csv", text);
    assert_eq!(source.types(Some(2)), "a: string, b: int");
    assert_eq!(source.types(Some(3)), "a: string, b: float");
    assert_eq!(source.types(Some(1000)), "a: string, b: string");
}

#[test]
fn line_ends_of_all_kinds_end_records() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["a,b", "1,\"x", "y\"", "", "2,z"].join(end);
        let mut source = Source::new("a.csv", text);
        let middle = end.escape_debug();
        assert_eq!(source.table(), format!("a: i64, b: str\n1 | \"x{end}y\"\n2 | \"z\""), "{middle}");
        assert_eq!(source.places(&[1, 0]), [("a.csv".to_owned(), 5), ("a.csv".to_owned(), 2)], "{middle}");
    }
}

#[test]
fn rows_of_one_column_may_be_null() {
    assert_snapshot!(Source::new("a.csv", "a\n1\n\n3\n").table(), @r"
    a: i64
    1
    ·
    3
    ");
}

#[test]
fn broken_files_are_refused_with_the_line() {
    let cases = [
        "a,b\n1,2\n\n1,2,3\n",
        "a,b\n\"x\ny\",2\n1\n",
        "a,b\n1,2\n\"x,2\n1,2\n",
        "a,b\n\"x\"y,2\n",
        "\"a\n",
        "\n\n",
        "",
    ];
    let said: Vec<String> = cases.iter().map(|text| Source::new("a.csv", text).error()).collect();
    assert_snapshot!(said.join("\n--\n"), @r#"
    a.csv:4: found 3 fields, expected 2
    help: a field with a delimiter in it must be quoted; rows above the header need `options: {skip_rows: N}`
    --
    a.csv:4: found 1 field, expected 2
    help: a field with a delimiter in it must be quoted; rows above the header need `options: {skip_rows: N}`; `ragged: fill` takes missing fields for NULL
    --
    a.csv:3: a quoted field begins here and never ends
    help: close it with `"`; a quote inside a quoted field is written twice
    --
    a.csv:2: text follows the closing quote of a field
    help: write a quote inside a quoted field twice: `""`
    --
    a.csv:1: a quoted field begins here and never ends
    help: close it with `"`; a quote inside a quoted field is written twice
    --
    a.csv is empty
    --
    a.csv is empty
    "#);
}

#[test]
fn a_header_alone_is_a_table_of_no_rows() {
    assert_eq!(Source::new("a.csv", "a,,🌊\n").table(), "a: null, column_2: null, 🌊: null");
    assert_eq!(Source::new("a.csv", "a").types(Some(1000)), "a: null");
}

#[test]
fn two_thousand_columns_are_columns_like_others() {
    let names: Vec<String> = (0..2000).map(|at| format!("c{at}")).collect();
    let values: Vec<String> = (0..2000).map(|at| at.to_string()).collect();
    let source = Source::new("a.csv", format!("{}\n{}\n", names.join(","), values.join(",")));
    let schema = source.infer(Some(1000)).unwrap();
    assert_eq!(schema.len(), 2000);
    assert!(schema.fields().iter().all(|field| field.data_type == DataType::Int));
}

#[test]
fn options_are_followed() {
    let source = Source::new("a.csv", "made by \"x\n;\n1;NA;true\n2;5;\n").options(|options| {
        options.delimiter = Some(';');
        options.header = Some(false);
        options.skip_rows = 2;
        options.null_values = vec!["NA".into()];
    });
    let mut source = source;
    assert_snapshot!(source.table(), @r"
    column_1: i64, column_2: i64, column_3: bool
    1 | · | true
    2 | 5 | ·
    ");
    assert_eq!(source.places(&[1]), [("a.csv".to_owned(), 4)]);
    assert_eq!(Source::new("a.tsv", "a\tb\n1\tx,y\n").table(), "a: i64, b: str\n1 | \"x,y\"");
    let refused = Source::new("a.csv", "a\n").options(|options| options.delimiter = Some('§'));
    assert_snapshot!(refused.error(), @r"
    a.csv: '§' cannot be a delimiter
    help: use one ASCII character that is no quote and no line end
    ");
}

#[test]
fn encodings_are_decoded_or_named() {
    assert_eq!(Source::new("a.csv", b"\xEF\xBB\xBFa\n1\n").table(), "a: i64\n1");
    let utf_16: Vec<u8> = "\u{feff}a,b\n1,é\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(Source::new("a.csv", utf_16).table(), "a: i64, b: str\n1 | \"é\"");
    let latin = b"a\ncaf\xE9\n";
    assert_snapshot!(Source::new("a.csv", latin).error(), @r"
    a.csv:2: is not valid UTF-8: byte 0xE9
    help: say how it is encoded, as `options: {encoding: …}`: `latin1` reads `café`, `windows-1250` reads `café`
    ");
    let encoded = |label: &str| Source::new("a.csv", latin).options(|options| options.encoding = Some(label.into()));
    assert_eq!(encoded("latin1").table(), "a: str\n\"café\"");
    assert_snapshot!(encoded("latin-one").error(), @r"
    a.csv: there is no encoding `latin-one`
    help: use `utf-8`, `latin1`, `macintosh`, `utf-16le`, `shift_jis` or another label of the WHATWG encoding standard
    ");
    assert_snapshot!(encoded("shift_jis").error(), @r"
    a.csv:2: is not valid Shift_JIS
    help: say how it is encoded, for example `options: {encoding: utf-8}`
    ");
    assert_eq!(Source::new("a.csv", b"a\nx\0y\n").types(None), "a: string");
}

#[test]
fn files_of_a_glob_are_united_by_name() {
    let mut source = Source::new("a.csv", "x,y\n1,a\n").file("b.csv", "y,x\n\"b\nc\",0.5\nd,2\n");
    assert_snapshot!(source.table(), @r#"
    x: f64, y: str
    1.0 | "a"
    0.5 | "b
    c"
    2.0 | "d"
    "#);
    assert_eq!(source.places(&[0, 2]), [("a.csv".to_owned(), 2), ("b.csv".to_owned(), 4)]);
    assert_snapshot!(Source::new("a.csv", "x,y\n").file("b.csv", "x\n").error(), @"b.csv has no column `y`, which a.csv has");
    assert_snapshot!(Source::new("a.csv", "x\n").file("b.csv", "x,y\n").error(), @"a.csv has no column `y`, which b.csv has");
}

#[test]
fn a_contract_is_kept_to_the_letter() {
    let text = "day,price,at,n\n2024-02-29,12.5,2024-01-01T10:00:00.5,1\n";
    let contract = |name: &str, data_type: DataType| {
        Source::new("a.csv", text).scan(|scan| scan.schema = [(name, data_type)].into_iter().collect()).rows()
    };
    assert_eq!(contract("day", DataType::Date), "day: date\n2024-02-29");
    assert_eq!(contract("price", DataType::MONEY), "price: decimal[18,2]\n12.50");
    assert_eq!(contract("at", DataType::Datetime), "at: datetime[μs]\n2024-01-01 10:00:00.500");
    assert_snapshot!(contract("price", DataType::Decimal { precision: 18, scale: 0 }), @r"
    a.csv:2: column `price`: `12.5` is not of type decimal(18,0)
    help: correct the value, or load the column as string and convert it in a `normalize` task
    ");
    assert_snapshot!(contract("prise", DataType::Float), @r"
    a.csv has no column `prise`
    help: did you mean `price`?
    ");
}

#[test]
fn parts_of_a_large_file_meet_at_records() {
    for quote in ["", "\""] {
        let rows: String = (0..400_000).map(|row| format!("{row},{quote}text {row}{quote}\n")).collect();
        let mut source = Source::new("a.csv", format!("n,t\n{rows}"));
        assert_eq!(source.types(None), "n: int, t: string");
        source.scan.schema = source.infer(None).unwrap();
        let frame = super::read(source.path(), &source.scan).unwrap();
        assert_eq!(frame.height(), 400_000);
        let numbers = frame.column("n").unwrap().i64().unwrap();
        assert!(numbers.iter().zip(0..).all(|(found, row)| found == Some(row)));
        assert_eq!(source.places(&[399_999]), [("a.csv".to_owned(), 400_001)]);
    }
}

proptest! {
    #[test]
    fn no_input_makes_it_panic(bytes in proptest::collection::vec(
        prop_oneof![Just(b','), Just(b'"'), Just(b'\n'), Just(b'\r'), Just(b'1'), Just(b'.'), any::<u8>()], 0..60)) {
        let mut source = Source::new("a.csv", &bytes);
        let _ = source.infer(Some(2));
        if let Ok(schema) = source.infer(None) {
            // What was inferred from the whole file always fits the whole file.
            source.scan.schema = schema;
            let frame = super::read(source.path(), &source.scan);
            prop_assert!(frame.is_ok(), "{:?}", frame.err());
            let rows: Vec<u64> = (0..frame.unwrap().height() as u64).collect();
            prop_assert_eq!(source.places(&rows).len(), rows.len());
        }
        source.scan.files = vec![Location::new("a.csv"); 2];
        let _ = source.infer(None);
    }
}
