//! Files that look wrong and have a meaning: their values arrive unchanged.

use super::{Corpus, gz, utf16};

/// A workbook of these rows of texts, one sheet.
pub fn workbook(sheet: &str, rows: &[&[&str]]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let page = book.add_worksheet();
    page.set_name(sheet).expect("a short name");
    for (number, row) in rows.iter().enumerate() {
        for (column, text) in row.iter().enumerate() {
            page.write_string(number as u32, column as u16, *text).expect("a cell");
        }
    }
    book.save_to_buffer().expect("memory takes everything")
}

/// An object in an object, so often that a parser that calls itself would run out of stack.
fn nested(levels: usize) -> String {
    format!("{}1{}", "{\"b\":".repeat(levels), "}".repeat(levels))
}

fn many_columns() -> (String, String) {
    let names: Vec<String> = (0..10_000).map(|at| format!("c{at}")).collect();
    let cells: Vec<String> = (0..10_000).map(|at| at.to_string()).collect();
    let text = format!("{}\n{}\n", names.join(","), cells.join(","));
    (text.clone(), text)
}

#[test]
fn odd_texts_are_read_as_what_they_say() {
    let (wide, wide_out) = many_columns();
    let long = "x".repeat(3_000_000);
    let corpus = Corpus::new()
        // Line ends, blank lines, missing last line end.
        .file("cr.csv", "a,b\r1,x\r2,y\r", "", "a,b\n1,x\n2,y\n")
        .file("crlf.csv", "a,b\r\n1,x\r\n2,\"y\r\nz\"\r\n", "", "a,b\n1,x\n2,\"y\r\nz\"\n")
        .file("mixed_ends.csv", "a,b\n1,x\r\n2,y\r3,z", "", "a,b\n1,x\n2,y\n3,z\n")
        .file("blank_lines.csv", "\n\na,b\n\n1,x\n\n\n2,y\n\n", "", "a,b\n1,x\n2,y\n")
        .file("no_last_end.csv", "a,b\n1,x", "", "a,b\n1,x\n")
        .file("one_column_nulls.csv", "a\n1\n\n3\n", "", "a\n1\n\n3\n")
        // Headers.
        .file("header_only.csv", "a,b\n", "", "a,b\n")
        .file("header_only_cut.csv", "a,b", "", "a,b\n")
        .file("emoji.csv", "😀,🏳️‍🌈\n1,👨‍👩‍👧\n", "", "😀,🏳️‍🌈\n1,👨‍👩‍👧\n")
        .file("rtl.csv", "שלום,السعر\nא,1\n", "", "שלום,السعر\nא,1\n")
        .file("empty_names.csv", "a,,\n1,2,3\n", "", "a,column_2,column_3\n1,2,3\n")
        .file("quoted_header.csv", "\"a,b\",\"c\"\"d\",\"e\nf\"\n1,2,3\n", "", "\"a,b\",\"c\"\"d\",\"e\nf\"\n1,2,3\n")
        .file("spaces.csv", " a , b \n 1 , x \n", "", "a,b\n1, x \n")
        .file("duplicate.csv", "a,b,a\n1,2,3\n", "", "a,b,a_2\n1,2,3\n")
        .file("wide.csv", wide, "", &wide_out)
        // Bytes.
        .file("bom8.csv", "\u{feff}a,b\n1,x\n", "", "a,b\n1,x\n")
        .file("bom8_quoted.csv", "\u{feff}\"a\",b\n1,x\n", "", "a,b\n1,x\n")
        .file("bom16le.csv", utf16("a,b\n1,é😀\n", true, false), "", "a,b\n1,é😀\n")
        .file("bom16be.csv", utf16("a,b\n1,é😀\n", true, true), "", "a,b\n1,é😀\n")
        .file("utf16le.csv", utf16("a,b\n1,é\n", false, false), "options: {encoding: utf-16le}", "a,b\n1,é\n")
        .file("utf16be.csv", utf16("a,b\n1,é\n", false, true), "options: {encoding: utf-16be}", "a,b\n1,é\n")
        .file("latin1.csv", b"a,b\n1,caf\xe9\n", "options: {encoding: latin1}", "a,b\n1,café\n")
        .file("nul.csv", "a,b\n1,x\0y\n", "", "a,b\n1,x\0y\n")
        .file("controls.csv", "a,b\n1,\u{1b}[31mred\u{7}\n", "", "a,b\n1,\u{1b}[31mred\u{7}\n")
        // Delimiters and quotes.
        .file("semicolon.csv", "a;b\n1;x\n", "options: {delimiter: ';'}", "a,b\n1,x\n")
        .file("tab.tsv", "a\tb\n1\tx y\n", "", "a,b\n1,x y\n")
        .file("pipe.csv", "a|b\n1|x,y\n", "options: {delimiter: '|'}", "a,b\n1,\"x,y\"\n")
        .file("decimal_commas.csv", "a;b\n1,5;2,25\n", "options: {delimiter: ';'}", "a,b\n\"1,5\",\"2,25\"\n")
        .file("quotes.csv", "a,b\n\"x\"\"y\",5\" pipe\n\"\",\n", "", "a,b\n\"x\"\"y\",\"5\"\" pipe\"\n\"\",\n")
        .file("quoted_lines.csv", "a,b\n\"1\n2\n3\",x\n", "", "a,b\n\"1\n2\n3\",x\n")
        .file("huge_field.csv", format!("a,b\n1,{long}\n"), "", &format!("a,b\n1,{long}\n"))
        // Numbers that are none, or too large, or would lose digits.
        .file("too_large.csv", "a\n1\n9223372036854775808\n", "", "a\n1\n9223372036854775808\n")
        .file(
            "largest.csv",
            "a\n9223372036854775807\n-9223372036854775808\n",
            "",
            "a\n9223372036854775807\n-9223372036854775808\n",
        )
        .file("big_beside_float.csv", "a\n9007199254740993\n0.5\n", "", "a\n9007199254740993\n0.5\n")
        .file("nan.csv", "a\n1.5\nNaN\n", "", "a\n1.5\nNaN\n")
        .file("inf.csv", "a\ninf\n-Infinity\n", "", "a\ninf\n-Infinity\n")
        .file("e400.csv", "a\n1\n1e400\n", "", "a\n1\n1e400\n")
        .file("e_minus_400.csv", "a\n1\n1e-400\n", "", "a\n1\n1e-400\n")
        .file("zeros.csv", "a,b\n007,-0\n010,0\n", "", "a,b\n007,0\n010,0\n")
        .file("minus_zero.csv", "a\n-0.0\n0.5\n", "", "a\n-0\n0.5\n")
        .file("plus.csv", "a\n+5\n", "", "a\n+5\n")
        .file("hex.csv", "a,b\n0x10,1_000\n", "", "a,b\n0x10,1_000\n")
        .file("long_decimals.csv", "a\n12345678901234567.89\n0.1\n", "", "a\n12345678901234567.89\n0.1\n")
        .file("long_fraction.csv", "a\n33.333333333333333333\n", "", "a\n33.333333333333336\n")
        .file(
            "shortest.csv",
            "a\n0.1\n1e21\n123456789012345.6\n",
            "",
            "a\n0.1\n1000000000000000000000\n123456789012345.6\n",
        )
        .file("trailing_zeros.csv", "a\n1.50\n2.00\n", "", "a\n1.5\n2\n")
        .file("arabic_digits.csv", "a\n١٢\n", "", "a\n١٢\n")
        .file("bools.csv", "a,b\ntrue,yes\nFALSE,no\n", "", "a,b\ntrue,yes\nfalse,no\n")
        .file("mixed_bool.csv", "a\ntrue\n1\n", "", "a\ntrue\n1\n")
        .file("nulls.csv", "a,b\nNA,1\n-,2\n", "options: {null_values: [NA, '-']}", "a,b\n,1\n,2\n")
        .file("all_null.csv", "a,b\n,1\n,2\n", "", "a,b\n,1\n,2\n")
        // Packed.
        .file("a.csv.gz", gz(b"a,b\n1,x\n"), "", "a,b\n1,x\n")
        .file("two.csv.gz", [gz(b"a,b\n1,x\n"), gz(b"2,y\n")].concat(), "", "a,b\n1,x\n2,y\n")
        .file("a.csv.zst", zstd::encode_all(&b"a,b\n1,x\n"[..], 0).expect("memory"), "", "a,b\n1,x\n")
        // Under other names.
        .file("plain.txt", "a,b\n1,x\n", "format: csv", "a,b\n1,x\n")
        .file("skip.csv", "made by hand\n\nname,n\nx,1\n", "options: {skip_rows: 1}", "name,n\nx,1\n")
        .file("no_header.csv", "1,x\n2,y\n", "options: {header: false}", "column_1,column_2\n1,x\n2,y\n")
        .file("a b#?%.csv", "a\n1\n", "", "a\n1\n")
        // JSON.
        .file("blank.ndjson", "\n{\"a\": 1}\n\n  \n{\"a\": 2}\n", "", "a\n1\n2\n")
        .file("large.json", "[{\"a\": 9223372036854775808}, {\"a\": 1}]", "", "a\n9223372036854775808\n1\n")
        .file("e400.json", "[{\"a\": 1e400}]", "", "a\n1e400\n")
        .file("digits.json", "[{\"a\": 12345678901234567.89}, {\"a\": 0.1}]", "", "a\n12345678901234567.89\n0.1\n")
        .file("mixed.json", "[{\"a\": 1}, {\"a\": \"x\"}, {\"a\": true}]", "", "a\n1\nx\ntrue\n")
        .file("nested.json", "[{\"a\": {\"b\": 1, \"c\": \"x\"}}]", "", "a.b,a.c\n1,x\n")
        .file("list.json", "[{\"a\": [1, 2], \"b\": 3}]", "", "a,b\n\"[1, 2]\",3\n")
        .file(
            "deep.json",
            format!("[{{\"a\": {}}}]", nested(100_000)),
            "",
            &format!("a.b\n\"{}\"\n", nested(99_999).replace('"', "\"\"")),
        )
        .file("escapes.json", r#"[{"a": "\u00e9\ud83d\ude00\n\""}]"#, "", "a\n\"é😀\n\"\"\"\n")
        .file("bom.json", "\u{feff}[{\"a\": 1}]", "", "a\n1\n")
        .file("missing_keys.json", "[{\"a\": 1}, {\"b\": 2}, {}]", "", "a,b\n1,\n,2\n,\n")
        .file("minus_zero.json", "[{\"a\": -0}, {\"a\": 1}]", "", "a\n0\n1\n")
        // Globs: the files' columns in another order.
        .with(|project| project.file("g/1.csv", "a,b\n1,x\n").file("g/2.csv", "b,a\ny,2\n"))
        .task("g/*.csv", "", "a,b\n1,x\n2,y\n")
        .with(|project| project.file("h/1.csv", "a\n1\n").file("h/2.csv", "a\n2.5\n").file("h/3.csv", "a\n007\n"))
        .task("h/*.csv", "", "a\n1\n2.5\n007\n")
        // Workbooks: text is text.
        .file("texts.xlsx", workbook("one", &[&["a", "b"], &["007", "=1+1"]]), "", "a,b\n007,=1+1\n")
        .file("sheet.xlsx", workbook("my sheet", &[&["a"], &["x"]]), "sheet: my sheet", "a\nx\n");
    let (project, expected) = corpus.written();
    project.run(["check"]).exits(0);
    let outcome = project.run(["run", "--keep-going"]).exits(0);
    super::all_are_right(&project, &expected, &outcome);
}
