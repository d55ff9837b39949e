//! Files that have no meaning: `check` refuses each, all at once, with its name and line.

use super::{Corpus, all_are_told, gz, utf16};

fn cut(bytes: Vec<u8>) -> Vec<u8> {
    bytes[..bytes.len() * 2 / 3].to_vec()
}

#[test]
fn what_has_no_meaning_is_refused_before_anything_runs() {
    let numbers: String = (0..5_000).map(|n| format!("{n},{}\n", n * 7919 % 1013)).collect();
    let table = format!("a,b\n{numbers}").into_bytes();
    let zst = zstd::encode_all(&table[..], 0).expect("memory");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let corpus = Corpus::new()
        .file("empty.csv", "", "", " is empty")
        .file("bom_only.csv", "\u{feff}", "", " is empty")
        .file("blank.csv", "\n\n\r\n", "", " is empty")
        .file("skipped.csv", "a\nb\n", "options: {skip_rows: 5}", " has nothing below its first 5 rows")
        .file("unclosed.csv", "a,b\n1,x\n2,\"y\n3,z\n", "", ":3: a quoted field begins here and never ends")
        .file("after_quote.csv", "a,b\n1,\"x\"y\n", "", ":2: text follows the closing quote of a field")
        .file("long_row.csv", "a,b\n1,x\n2,y,z\n", "", ":3: found 3 fields, expected 2")
        .file("short_row.csv", "a,b,c\n1,x,z\n2\n", "", ":3: found 1 field, expected 3")
        .file("trailing.csv", "a,b\n1,x,\n", "", ":2: found 3 fields, expected 2")
        .file("cut_row.csv", "a,b\n1,x\n2", "", ":3: found 1 field, expected 2")
        .file("latin1.csv", b"a,b\n1,x\n2,caf\xe9\n", "", ":3: is not valid UTF-8: byte 0xE9")
        .file("bad_utf8.csv", b"a,b\n1,\xff\xfe\x80\n", "", ":2: is not valid UTF-8: byte 0xFF")
        .file("half_utf16.csv", &utf16("a,b\n1,x\n", true, false)[..15], "", ":2: is not valid UTF-16LE")
        .file("no_encoding.csv", "a\n1\n", "options: {encoding: klingon}", ": there is no encoding `klingon`")
        .file(
            "binary.csv",
            [b"\x89PNG\r\n\x1a\n".as_slice(), &[0, 0, 0, 13, 0xff]].concat(),
            "",
            ":1: is not valid UTF-8",
        )
        .file("cut.csv.gz", cut(gz(&table)), "", " is damaged or cut off")
        .file("cut.csv.zst", cut(zst.clone()), "", " is damaged or cut off")
        .file("garbage.csv.gz", [gz(b"a\n1\n"), b"rubbish behind it".to_vec()].concat(), "", " is damaged or cut off")
        .file("garbage.csv.zst", [zst, b"rubbish behind it".to_vec()].concat(), "", " is damaged or cut off")
        .file("not.csv.gz", "a,b\n1,x\n", "", " is damaged or cut off")
        .file("gz_called.csv", gz(&table), "", " is packed")
        .file("zst_called.csv", zstd::encode_all(&b"a\n1\n"[..], 0).expect("memory"), "", " is packed")
        .file("parquet_called.csv", b"PAR1\x00\x00\xff\xfePAR1", "", " is a Parquet file")
        .file("cut.json", "[{\"a\": 1}, {\"a\": ", "", ":1: ")
        .file("cut2.json", "[\n{\"a\": 1},\n{\"a\": 2", "", ":3: ")
        .file("scalar.json", "42", "", ":1: ")
        .file("string.json", "\"x\"", "", ":1: ")
        .file("scalars.json", "[1, 2]", "", ":1: ")
        .file("two_keys.json", "[\n{\"a\": 1, \"a\": 2}]", "", ":2: ")
        .file("behind.json", "[{\"a\": 1}] x", "", ":1: ")
        .file("deep.json", &deep, "", ":1: ")
        .file("nan.json", "[{\"a\": NaN}]", "", ":1: ")
        .file("surrogate.json", r#"[{"a": "\ud800"}]"#, "", ":1: ")
        .file("empty.json", "", "", " is empty")
        .file("bad_line.ndjson", "{\"a\": 1}\n{\"a\": }\n", "", ":2: ")
        .file("list_line.ndjson", "{\"a\": 1}\n[1]\n", "", ":2: ")
        .file("csv_called.json", "a,b\n1,x\n", "", ":1: ")
        .file("garbage.parquet", "PAR1 this is no parquet file PAR1", "", " is not a whole Parquet file")
        .file("short.parquet", "PAR1", "", " is not a whole Parquet file")
        .file("empty.parquet", "", "", " is empty")
        .file("garbage.xlsx", "PK this is no workbook", "", " is not a workbook")
        .file("text.xlsx", "a,b\n1,x\n", "", " is not a workbook")
        .file("not.db", "no database, only a text ".repeat(20), "table: t", " is not an SQLite database")
        .with(|project| project.folder("folder").file("u/1.csv", "a,b\n1,2\n").file("u/2.csv", "a,c\n1,2\n"))
        .task("folder", "format: csv", " is a folder, not a file")
        .task("u/*.csv", "", "")
        .task("nothing/*.csv", "", "");
    let (project, mut expected) = corpus.written();
    expected.retain(|_, (_, message)| !message.is_empty());
    let outcome = project.run(["check"]).exits(2);
    all_are_told(&outcome, &expected);
    assert!(outcome.stderr.contains("u/2.csv has no column `b`, which u/1.csv has"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("nothing/*.csv"), "{}", outcome.stderr);
    // A run looks at the same and starts nothing.
    let outcome = project.run(["run", "--keep-going"]).exits(2);
    all_are_told(&outcome, &expected);
    assert!(!project.has("out"));
}
