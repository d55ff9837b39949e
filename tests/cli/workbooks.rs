//! Workbooks as programs other than ours write them: formulas, long numbers, durations, errors, and hostile ones.

use std::io::Write;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::project::Project;

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const LINKS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A workbook of one sheet. Style 1 is a date, 2 hours beyond a day, 3 a time.
fn workbook(properties: &str, rows: &str, texts: &str) -> Vec<u8> {
    let parts = [
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r\" Type=\"{LINKS}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{LINKS}\"><workbookPr{properties}/><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"s\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"s\" Type=\"{LINKS}/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"t\" Type=\"{LINKS}/styles\" Target=\"styles.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/styles.xml",
            format!(
                "<styleSheet xmlns=\"{MAIN}\"><cellXfs count=\"4\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"46\"/><xf numFmtId=\"20\"/></cellXfs></styleSheet>"
            ),
        ),
        ("xl/sharedStrings.xml", format!("<sst xmlns=\"{MAIN}\"{texts}></sst>")),
        ("xl/worksheets/sheet1.xml", format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>")),
    ];
    let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in parts {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A row of cells: `=` begins a formula, `#` an error, `s:` the style of a number; the rest are texts or numbers.
fn row(number: u32, cells: &[&str]) -> String {
    let cell = |(column, text): (u8, &&str)| {
        let place = format!("{}{number}", char::from(b'A' + column));
        match *text {
            "" => String::new(),
            text if text.starts_with('=') => format!("<c r=\"{place}\"><f>{}</f></c>", &text[1..]),
            text if text.starts_with('#') => format!("<c r=\"{place}\" t=\"e\"><v>{text}</v></c>"),
            text if text.as_bytes().get(1) == Some(&b':') => {
                format!("<c r=\"{place}\" s=\"{}\"><v>{}</v></c>", &text[..1], &text[2..])
            }
            text if text.parse::<f64>().is_ok() => format!("<c r=\"{place}\"><v>{text}</v></c>"),
            text => format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>"),
        }
    };
    format!("<row r=\"{number}\">{}</row>", (0..).zip(cells).map(cell).collect::<String>())
}

fn rows(rows: &[&[&str]]) -> Vec<u8> {
    let rows: String = (1..).zip(rows).map(|(number, cells)| row(number, cells)).collect();
    workbook("", &rows, "")
}

fn loaded(workbook: Vec<u8>, keys: &str) -> Project {
    Project::new()
        .file("a.xlsx", workbook)
        .pipeline(&format!("version: 1\ntasks:\n  a: {{type: load, path: a.xlsx, output: a.csv{keys}}}\n"))
}

#[test]
fn formulas_that_were_never_computed_are_counted() {
    let book = rows(&[&["n", "calc", "other"], &["1", "=A2*2", "=1/3"], &["2", "=A3*2", "5"], &["3", "6", "7"]]);
    let project = loaded(book.clone(), "");
    insta::assert_snapshot!(project.run(["run"]).exits(0).warnings(), @"warning a: 3 formulas of a.xlsx have never been computed and are NULL, the first in B2: open the workbook in a spreadsheet program and save it");
    assert_eq!(project.read("a.csv"), "n,calc,other\n1,,\n2,,5\n3,6,7\n");
    // Told again when the table comes from the cache, and only of what is below the header.
    let project = loaded(rows(&[&["=1", "n"], &["1", "2"], &["x", "y"], &["1", "=2"]]), ", options: {skip_rows: 2}");
    insta::assert_snapshot!(project.run(["run"]).exits(0).warnings(), @"warning a: the formula in B4 of a.xlsx has never been computed and is NULL: open the workbook in a spreadsheet program and save it");
}

#[test]
fn formulas_with_a_value_shared_or_empty_are_not() {
    let cells = "<row r=\"1\"><c r=\"A1\" t=\"str\"><f>\"n\"</f><v>n</v></c></row><row r=\"2\"><c r=\"A2\"><f t=\"shared\" ref=\"A2:A3\" si=\"0\">1+1</f><v>2</v></c></row><row r=\"3\"><c r=\"A3\"><f t=\"shared\" si=\"0\"/><v>2</v></c></row><row r=\"4\"><c r=\"A4\" t=\"str\"><f>\"\"</f><v></v></c></row>";
    let project = loaded(workbook("", cells, ""), "");
    assert_eq!(project.run(["run"]).exits(0).warnings(), "");
    let cells = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>n</t></is></c></row><row r=\"2\"><c r=\"A2\"><f t=\"shared\" ref=\"A2:A3\" si=\"0\">1+1</f></c></row><row r=\"3\"><c r=\"A3\"><f t=\"shared\" si=\"0\"/></c></row><row r=\"4\"><c r=\"A4\"><v>4</v></c></row>";
    let project = loaded(workbook("", cells, ""), "");
    let warnings = project.run(["run"]).exits(0).warnings();
    assert!(warnings.contains("2 formulas of a.xlsx have never been computed"), "{warnings}");
}

#[test]
fn numbers_have_all_the_digits_that_are_written() {
    let book = rows(&[
        &["id", "amount", "ratio", "mixed"],
        &["1234567890123456789", "12345678901234567.89", "0.30000000000000004", "9007199254740993"],
        &["-8086931554011838357", "0.10", "1234567890.125", "x"],
        &["9007199254740993", "2", "1.5E+20", "12"],
    ]);
    let project = loaded(book.clone(), "");
    project.run(["run"]).exits(0);
    assert_eq!(
        project.read("a.csv"),
        "id,amount,ratio,mixed\n1234567890123456789,12345678901234567.89,0.30000000000000004,9007199254740993\n-8086931554011838357,0.1,1234567890.125,x\n9007199254740993,2,150000000000000000000,12\n"
    );
    let project = loaded(book, ", columns: {id: int, amount: 'decimal(20,2)', ratio: float, mixed: string}");
    project.run(["run"]).exits(0);
    assert!(project.read("a.csv").contains("1234567890123456789,12345678901234567.89,"), "{}", project.read("a.csv"));
}

#[test]
fn durations_dates_of_1904_and_what_is_no_date() {
    let cells = [
        row(1, &["day", "span", "time", "odd"]),
        row(2, &["1:43889", "2:10.63206018518519", "3:0.3541666666666667", "1:-5"]),
        row(3, &["1:0", "2:0.0625", "3:0.5", "1:99999999"]),
    ];
    let book = workbook(" date1904=\"1\"", &cells.concat(), "");
    let project = loaded(book, ", columns: {day: string, span: string}");
    project.run(["run"]).exits(0);
    assert_eq!(
        project.read("a.csv"),
        "day,span,time,odd\n2024-02-29,255:10:10,08:30:00,-5\n00:00:00,01:30:00,12:00:00,99999999\n"
    );
}

#[test]
fn errors_in_cells_are_told_and_can_be_null() {
    let book = rows(&[&["n", "m"], &["1", "#DIV/0!"], &["#N/A", "2"], &["3", "#N/A"]]);
    let project = loaded(book.clone(), "");
    insta::assert_snapshot!(project.run(["run"]).exits(0).warnings(), @r##"warning a: 3 cells of a.xlsx hold errors, the first #DIV/0! in B2, read as a text: `options: {null_values: ["#DIV/0!"]}` makes it NULL"##);
    assert_eq!(project.read("a.csv"), "n,m\n1,#DIV/0!\n#N/A,2\n3,#N/A\n");
    let project = loaded(book, ", columns: {n: int, m: int}, options: {null_values: ['#N/A', '#DIV/0!']}");
    assert_eq!(project.run(["run"]).exits(0).warnings(), "");
    assert_eq!(project.read("a.csv"), "n,m\n1,\n,2\n3,\n");
}

#[test]
fn a_cell_far_out_does_not_fill_the_memory() {
    let cells = format!("{}<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>", row(1, &["a"]));
    let stderr = loaded(workbook("", &cells, ""), "").run(["check"]).exits(2).stderr;
    let told = "a.xlsx: sheet `S` has 2 cells that hold something, in a table of 17179869184";
    assert!(stderr.contains(told) && stderr.contains("such as XFD1048576"), "{stderr}");
    // A long and narrow one is a table.
    let cells = format!("{}<row r=\"40000\"><c r=\"B40000\"><v>1</v></c></row>", row(1, &["a", "b"]));
    let project = loaded(workbook("", &cells, ""), "");
    project.run(["run"]).exits(0);
    assert_eq!(project.read("a.csv").lines().count(), 40_000);
}

#[test]
fn archives_that_would_fill_the_memory_are_refused() {
    let book = workbook("", &row(1, &["a"]), " count=\"1\" uniqueCount=\"4294967296\"");
    let stderr = loaded(book, "").run(["check"]).exits(2).stderr;
    assert!(stderr.contains("a.xlsx is damaged: it says that it holds 4294967296 texts, more than fit"), "{stderr}");
    let mut book = rows(&[&["a"], &["1"]]);
    // The size that the list of parts gives for the first of them.
    let part = book.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    book[part + 24..part + 28].copy_from_slice(&0xf000_0000_u32.to_le_bytes());
    let stderr = loaded(book, "").run(["check"]).exits(2).stderr;
    assert!(stderr.contains("a.xlsx is refused: its ") && stderr.contains(" bytes would unpack to 4"), "{stderr}");
}
