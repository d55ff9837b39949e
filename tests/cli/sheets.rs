//! Workbooks of several sheets.

use std::io::Read;

use crate::project::Project;

const SALES: &str = "day,country,total\n2024-01-01,Chad,1234.5\n2024-01-02,Peru,10.25\n";

/// A workbook with these sheets.
fn book(sheets: &str) -> Project {
    Project::new().file("sales.csv", SALES).pipeline(&format!(
        "
        version: 1
        tasks:
          sales: {{type: load, path: sales.csv, columns: {{day: date, country: string, total: 'decimal(10,2)'}}}}
          figure: {{type: chart, from: sales, kind: bar, x: country, y: total, size: 4x3in, dpi: 40, output: figure.png}}
          drawing: {{type: chart, from: sales, kind: bar, x: country, y: total, size: 4x3in, output: drawing.svg}}
          book: {{type: workbook, output: book.xlsx, sheets: {sheets}}}
        "
    ))
}

/// One part of the workbook.
fn part(project: &Project, name: &str) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(project.bytes("book.xlsx"))).expect("an archive");
    let mut text = String::new();
    archive.by_name(name).expect("a part").read_to_string(&mut text).expect("text");
    text
}

#[test]
fn tables_and_figures_are_sheets_of_one_workbook() {
    let project = book(
        "{All: sales, Some: {from: sales, select: [total, country], columns: {total: {heading: Revenue, format: '0.0', width: 20}}, figures: [figure]}, Figure: {figures: [figure]}}",
    );
    let told = project.run(["run"]).exits(0).stderr;
    assert!(told.contains("3 sheets"), "{told}");
    let names = part(&project, "xl/workbook.xml");
    let places: Vec<_> = ["\"All\"", "\"Some\"", "\"Figure\""].map(|name| names.find(name)).into();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{names}");
    for sheet in ["xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"] {
        assert!(part(&project, sheet).contains("state=\"frozen\""), "{sheet}");
    }
    let some = part(&project, "xl/worksheets/sheet2.xml");
    assert!(some.contains("<col min=\"1\" max=\"1\" width=\"20.7") && some.contains("<drawing "), "{some}");
    assert!(part(&project, "xl/styles.xml").contains("formatCode=\"0.0\""));
    let before = project.bytes("book.xlsx");
    project.run(["run", "--force"]).exits(0);
    assert!(project.bytes("book.xlsx") == before, "equal tables give equal bytes");
}

#[test]
fn a_sheet_is_read_as_the_table_was() {
    let project = book("{All: sales, Some: {from: sales, select: [total, day], columns: {total: {heading: Revenue}}}}");
    project.run(["run"]).exits(0);
    let reading = Project::new().file("book.xlsx", project.bytes("book.xlsx")).pipeline(
        "
        version: 1
        tasks:
          all: {type: load, path: book.xlsx, output: all.csv}
          some: {type: load, path: book.xlsx, sheet: Some, columns: {Revenue: 'decimal(10,2)', day: date}, output: some.csv}
        ",
    );
    reading.run(["run"]).exits(0);
    assert_eq!(reading.read("some.csv"), "Revenue,day\n1234.50,2024-01-01\n10.25,2024-01-02\n");
    assert!(reading.read("all.csv").starts_with("day,country,total\n"), "{}", reading.read("all.csv"));
}

#[test]
fn what_a_workbook_cannot_hold_is_told_where_it_stands() {
    for (sheets, told) in [
        ("{}", "a workbook needs a sheet"),
        ("{'a/b': sales}", "`a/b` is no sheet's name"),
        ("{A: sales, a: sales}", "a sheet before it has it"),
        ("{ThisNameHasMoreThanThirtyOneLetters: sales}", "1 to 31 letters"),
        ("{A: {select: [x]}}", "sheet `A` is empty"),
        ("{A: {from: sales, select: [totl]}}", "unknown column `totl`"),
        ("{A: {from: sales, columns: {totl: {width: 5}}}}", "unknown column `totl`"),
        ("{A: {from: sales, columns: {total: {width: 0}}}}", "up to 255 letters wide"),
        ("{A: {from: sales, columns: {total: {format: '[Red0'}}}}", "`[Red0` is no format of `total`"),
        ("{A: nothing}", "`nothing`"),
    ] {
        let said = book(sheets).run(["check"]).exits(2).stderr;
        assert!(said.contains(told) && said.contains("pipeline.yaml:6:"), "{sheets}: {said}");
    }
    let said = book("{A: {figures: [drawing]}}").run(["run"]).exits(1).stderr;
    assert!(said.contains("publishes no picture that a sheet can hold") && said.contains("png"), "{said}");
}

#[test]
fn formats_of_charts_and_tables_are_those_of_sheets() {
    let project = book(
        "{A: {from: sales, columns: {total: {format: '$,.2f'}, day: {format: '%d %b %Y'}}}, B: {from: sales, columns: {total: {format: '#,##0.00'}, day: {format: dd.mm.yyyy}}}}",
    );
    project.run(["run"]).exits(0);
    let styles = part(&project, "xl/styles.xml");
    for code in ["$#,##0.00", "dd mmm yyyy", "#,##0.00", "dd.mm.yyyy"] {
        assert!(styles.contains(&format!("formatCode=\"{code}\"")), "{code}: {styles}");
    }
}

#[test]
fn what_is_no_format_of_a_column_is_told_at_its_letters() {
    let project = book(
        "{A: {from: sales, columns: {total: {format: '%b %Y'}, day: {format: '$,.2f'}, country: {format: '0 kg'}}}}",
    );
    insta::assert_snapshot!(project.run(["check"]).exits(2).stderr, @r#"
    error: `%b %Y` is no format of `total`
     --> pipeline.yaml:6:97
      |
    6 | ...om: sales, columns: {total: {format: '%b %Y'}, day: {format: '$,.2f'}, country: {format: '0 kg'}}}}}
      |                                         ^^^^^^^ it is of dates, and the column is decimal(10,2)
      |
      = help: write one of numbers, `$,.2f` or `.1%`, or of dates, `%d %b %Y`; or Excel's own code, `#,##0.00` or `dd.mm.yyyy`

    error: `$,.2f` is no format of `day`
     --> pipeline.yaml:6:121
      |
    6 | ...{total: {format: '%b %Y'}, day: {format: '$,.2f'}, country: {format: '0 kg'}}}}}
      |                                             ^^^^^^^ it is of numbers, and the column is date
      |
      = help: write one of numbers, `$,.2f` or `.1%`, or of dates, `%d %b %Y`; or Excel's own code, `#,##0.00` or `dd.mm.yyyy`

    error: `0 kg` is no format of `country`
     --> pipeline.yaml:6:149
      |
    6 | ...'$,.2f'}, country: {format: '0 kg'}}}}}
      |                                ^^^^^^ `k` means nothing there: texts stand in quotes, as in `0 "pieces"`
      |
      = help: write one of numbers, `$,.2f` or `.1%`, or of dates, `%d %b %Y`; or Excel's own code, `#,##0.00` or `dd.mm.yyyy`

    3 errors
    "#);
}
