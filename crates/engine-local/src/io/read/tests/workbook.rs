use insta::assert_snapshot;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::Source;
use super::fuzz::open_document;

pub(super) fn workbook() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name("First").unwrap();
    let date = Format::new().set_num_format("yyyy-mm-dd");
    let time = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
    for (column, name) in (0..).zip(["whole", "float", "text", "day", "at", "yes", "mixed"]) {
        sheet.write_string(1, column, name).unwrap();
    }
    sheet.write_string(0, 0, "a line above the header").unwrap();
    for row in 2..4_u32 {
        sheet.write_number(row, 0, row).unwrap();
        sheet.write_number(row, 1, f64::from(row) + 0.5).unwrap();
        sheet.write_string(row, 2, format!("t{row}")).unwrap();
        let day =
            ExcelDateTime::from_ymd(2024, 2, 27 + row as u8).unwrap_or(ExcelDateTime::from_ymd(2024, 3, 1).unwrap());
        sheet.write_datetime_with_format(row, 3, &day, &date).unwrap();
        sheet.write_datetime_with_format(row, 4, day.and_hms(10, 30, 0).unwrap(), &time).unwrap();
        sheet.write_boolean(row, 5, row == 2).unwrap();
    }
    sheet.write_number(2, 6, 1.5).unwrap();
    sheet.write_string(3, 6, "x").unwrap();
    workbook.add_worksheet().set_name("Empty").unwrap();
    workbook.save_to_buffer().unwrap()
}

#[test]
fn cells_decide_the_types() {
    let mut source = Source::new("a.xlsx", workbook()).options(|options| options.skip_rows = 1);
    assert_snapshot!(source.table());
    assert_eq!(source.places(&[1]), [("a.xlsx".to_owned(), 4)]);
}

#[test]
fn sheets_that_are_not_there_or_empty_are_named() {
    let sheet = |name: &str| Source::new("a.xlsx", workbook()).scan(|scan| scan.sheet = Some(name.into())).error();
    assert_snapshot!(sheet("Frist"), @r"
    a.xlsx has no sheet `Frist`
    help: did you mean `First`?
    ");
    assert_snapshot!(sheet("Empty"), @"a.xlsx: sheet `Empty` is empty");
    let broken = Source::new("a.xlsx", "no workbook").error();
    assert!(broken.starts_with("a.xlsx is not a workbook: "), "{broken}");
}

#[test]
fn cells_that_are_repeated_without_end_are_refused() {
    assert_snapshot!(Source::new("a.ods", open_document(2, 1)).table(), @r"
    id: f64, day: date
    1.5 | 2024-02-29
    1.5 | 2024-02-29
    ");
    let error = Source::new("a.ods", open_document(1_048_576, 16_384)).error();
    assert!(error.starts_with("17,179,869,186 cells of a.ods would take about "), "{error}");
}
