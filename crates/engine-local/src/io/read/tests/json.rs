use insta::assert_snapshot;
use proptest::prelude::*;

use super::Source;

#[test]
fn objects_become_rows_and_keys_columns() {
    let text = r#"[
  {"i": 1, "f": 1, "s": "5", "b": true, "o": {"x": 1, "y": {"z": [1, 2]}}, "big": 9223372036854775808},
  {"f": 0.50, "s": "aé\n😀", "list": [1, {"a": 2}], "mixed": 1.50, "i": null, "big": 12345678901234567890123},
  {"mixed": "text", "late": 1e400, "b": false}
]"#;
    assert_snapshot!(Source::new("a.json", text).table(), @r#"
    i: i64, f: f64, s: str, b: bool, o.x: i64, o.y: str, big: str, list: str, mixed: str, late: str
    1 | 1.0 | "5" | true | 1 | "{"z": [1, 2]}" | "9223372036854775808" | · | · | ·
    · | 0.5 | "aé
    😀" | · | · | · | "12345678901234567890123" | "[1, {"a": 2}]" | "1.50" | ·
    · | · | · | false | · | · | · | · | "text" | "1e400"
    "#);
}

#[test]
fn the_array_may_be_in_an_object_and_lines_may_be_objects() {
    assert_eq!(Source::new("a.json", r#"{"count": 1, "rows": [{"a": 1}]} "#).table(), "a: i64\n1");
    let mut lines = Source::new("a.ndjson", "{\"a\": 1}\n\n  {\"a\": 2, \"b\": \"x\"}\r\n");
    assert_eq!(lines.table(), "a: i64, b: str\n1 | ·\n2 | \"x\"");
    assert_eq!(lines.places(&[0, 1]), [("a.ndjson".to_owned(), 1), ("a.ndjson".to_owned(), 3)]);
    assert_eq!(Source::new("a.json", "[]").table(), "");
    assert_eq!(Source::new("a.json", "\u{feff}[{\"a\":1}]").table(), "a: i64\n1");
}

#[test]
fn places_are_the_lines_of_objects() {
    let mut source = Source::new("a.json", "[{\"a\":1},\n\n{\n\"a\":2},{\"a\":3}]");
    source.table();
    let lines: Vec<u64> = source.places(&[0, 1, 2]).into_iter().map(|(_, line)| line).collect();
    assert_eq!(lines, [1, 3, 4]);
}

#[test]
fn broken_documents_are_refused_with_the_line() {
    let cases = [
        "",
        "  \n",
        "[1, 2]",
        "[{\"a\": 1},\n{\"a\": }]",
        "[{\"a\": 1}\n{\"a\": 2}]",
        "[{\"a\": 1},\n",
        "[{\"a\": 1}]\n]",
        "[{\"a\": 1, \"a\": 2}]",
        "[\n{\"a.b\": 1, \"a\": {\"b\": 2}}]",
        "[{\"a\": 01}]",
        "[{\"a\": NaN}]",
        "[{\"a\": \"\\ud800\"}]",
        "a,b\n1,2",
    ];
    let said: Vec<String> = cases.iter().map(|text| Source::new("a.json", text).error()).collect();
    assert_snapshot!(said.join("\n"));
    let lines = ["{\"a\": 1}\n[1]\n", "{\"a\": 1}\n{\"a\": \n", "{\"a\":1} {\"a\":2}\n"];
    let said: Vec<String> = lines.iter().map(|text| Source::new("a.ndjson", text).error()).collect();
    assert_snapshot!(said.join("\n"));
}

#[test]
fn the_head_is_read_from_the_start_of_a_large_file() {
    let filler = "x".repeat(50_000);
    let rows: Vec<String> = (0..20)
        .map(|row| format!("{{\"n\": {row}{}, \"t\": \"{filler}\"}}", if row > 9 { ".5" } else { "" }))
        .collect();
    let array = Source::new("a.json", format!("[{}]", rows.join(",\n")));
    let lines = Source::new("a.jsonl", rows.join("\n"));
    for source in [array, lines] {
        assert_eq!(source.types(Some(5)), "n: int, t: string");
        assert_eq!(source.types(Some(1000)), "n: float, t: string");
        assert_eq!(source.types(None), "n: float, t: string");
    }
}

#[test]
fn a_value_that_turns_up_late_is_named() {
    let rows: Vec<String> =
        (0..1200).map(|row| if row == 1100 { "{\"a\": \"x\"}".into() } else { format!("{{\"a\": {row}}}") }).collect();
    let mut source = Source::new("a.json", format!("[{}]", rows.join(",\n")));
    source.scan.schema = source.infer(Some(1000)).unwrap();
    assert_snapshot!(source.rows(), @r"
    a.json:1101: key `a`: the text `x` is not of type int
    help: correct the value, or load the column as string and convert it in a `normalize` task
    ");
}

#[test]
fn nesting_without_end_is_no_crash() {
    for text in [format!("[{{\"a\": {}", "[".repeat(100_000)), format!("[{}", "{\"a\":".repeat(100_000))] {
        assert!(Source::new("a.json", text).infer(None).is_err());
    }
}

proptest! {
    #[test]
    fn no_input_makes_it_panic(text in r#"[\[\]{}:,"a1.e\\ntrue \n-]{0,40}"#, wrap in any::<bool>()) {
        let text = if wrap { format!("[{{\"a\": {text}}}]") } else { text };
        for name in ["a.json", "a.ndjson"] {
            let mut source = Source::new(name, &text);
            let _ = source.infer(Some(1));
            if let Ok(schema) = source.infer(None) {
                source.scan.schema = schema;
                let frame = super::read(source.path(), &source.scan);
                prop_assert!(frame.is_ok(), "{:?}", frame.err());
            }
        }
    }
}
