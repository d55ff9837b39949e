//! Spoiled files of data.

use std::io::{Cursor, Read, Write};

use polars::prelude::{DataFrame, ParquetCompression, ParquetWriter, df};
use tidemill_core::table::{EngineError, ScanOptions};
use tidemill_fuzz::{Grammar, Mutator, Random, run};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::{Source, columns_of, infer_and_read, read};
use crate::io::formats::FormatCodecs;

/// Reads a file of that name in all ways, and says whether that went well. What one step has found the next must accept.
fn is_read(name: &str, bytes: &[u8], options: ScanOptions) -> bool {
    let mut source = Source::new(name, bytes).scan(|scan| scan.options = options);
    let _ = told(source.infer(Some(3)));
    let Some((schema, kept)) = told(infer_and_read(source.path(), &source.scan)) else { return false };
    source.scan.schema = schema;
    let files = super::files(source.path(), &source.scan).expect("it is there");
    let codec = FormatCodecs::all();
    let _ = told(super::super::remarks(codec.get(source.scan.format).expect("it is known"), &files, &source.scan));
    let Some(frame) = told(read(source.path(), &source.scan)) else {
        assert!(!name.contains("son") && !name.ends_with("csv"), "texts were read, and then were not");
        return false;
    };
    if let Some(kept) = kept.and_then(|kept| columns_of(&kept, &source.scan.schema)) {
        assert!(kept.equals_missing(&frame), "what was read with the columns is what is read for them");
    }
    if frame.height() > 0 {
        assert_eq!(source.places(&[0, frame.height() as u64 - 1]).len(), 2);
    }
    true
}

/// What there is; what there is not must be said in words for the user.
fn told<T>(result: Result<T, EngineError>) -> Option<T> {
    let error = match result {
        Ok(found) => return Some(found),
        Err(error) => error,
    };
    assert!(!matches!(error, EngineError::Internal(_) | EngineError::Cancelled), "{error}");
    assert!(error.to_string().len() > "a.csv: ".len(), "{error}");
    None
}

const CSV: Grammar<'_> = Grammar {
    seeds: &[
        b"id,name,amount,day,yes\n1,Ann,1.50,2024-02-29,true\n2,\"O'Hara, \"\"Bo\"\"\",-3,2024-03-01,false\n3,,1e3,,\n",
        b"\xef\xbb\xbfid;n;t\r\n1;1.234,50;10:30:00\r\n2;\"line\r\nbreak\";2024-11-20T19:45:00+01:00\r\n",
        b"a\tb\n007\t+5\n \t 6 \n\"\"\tx\n",
    ],
    words: &[
        ",",
        ";",
        "\t",
        "|",
        "\"",
        "\"\"",
        "\n",
        "\r\n",
        "\r",
        "\0",
        " ",
        "+",
        "-",
        ".",
        "e",
        "NaN",
        "inf",
        "null",
        "NULL",
        "true",
        "\u{feff}",
        "\u{a0}",
        "é",
        "\u{2028}",
        "2024-02-30",
        "24:00:00",
        "12/31/2024",
        "Z",
        "+05:00",
        "id",
        "\u{1f}\u{8b}",
    ],
    nests: &[("\"", "\""), (",", ""), ("\n", ""), ("a,", "b\n")],
};

fn csv_options(random: &mut Random) -> ScanOptions {
    let some = |random: &mut Random| random.one_in(3);
    ScanOptions {
        delimiter: some(random).then(|| *random.pick(&[',', ';', '\t', '"', '\n', 'é', '\0'])),
        decimal: some(random).then_some(','),
        header: some(random).then_some(false),
        encoding: some(random)
            .then(|| (*random.pick(&["utf-8", "latin1", "utf-16le", "shift_jis", "none"])).to_owned()),
        records: None,
        null_values: if some(random) { vec!["null".into(), "1".into()] } else { Vec::new() },
        skip_rows: if some(random) { random.below(4) } else { 0 },
        comment: some(random).then(|| *random.pick(&['#', '"', ','])),
        thousands: some(random).then(|| *random.pick(&[',', '.', '\'', ' '])),
        fill_ragged: random.one_in(3),
        filename: some(random).then(|| "file".to_owned()),
    }
}

#[test]
fn spoiled_csv_is_read_or_refused() {
    let make = |random: &mut Random| Mutator::new(&CSV, random).input();
    run("csv", make, |random, bytes| is_read("a.csv", bytes, csv_options(random)));
}

const JSON: Grammar<'_> = Grammar {
    seeds: &[
        b"[{\"id\": 1, \"o\": {\"x\": 1.5, \"y\": [1, {\"z\": null}]}, \"s\": \"a\\u00e9\\n\"},\n {\"id\": 12345678901234567890, \"late\": true}]\n",
        b"{\"count\": 2, \"data\": {\"items\": [{\"a\": 1, \"b\": \"2024-02-29\"}, {\"a\": -0.5e3}]}}",
        b"{\"a\": 1, \"b\": {\"c\": \"x\"}}\n\n{\"a\": null, \"b\": []}\r\n{\"d\": 1e400}\n",
    ],
    words: &[
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\ud83d", "\\u0000", "null", "true", "NaN", "-", "1e", "0.", "\"a\": ", "\"\": 1", "{\"a\": 1}",
        "\n", "\u{feff}", "\0", "é", "//", "[]", "{}", "\"a.b\": 1, ",
    ],
    nests: &[("[", "]"), ("{\"a\": ", "}"), ("[{\"a\": ", "}]"), ("{\"a\": 1}\n", ""), ("[", "")],
};

#[test]
fn spoiled_json_is_read_or_refused() {
    let make = |random: &mut Random| Mutator::new(&JSON, random).input();
    run("json", make, |random, bytes| {
        let records = random.one_in(3).then(|| (*random.pick(&["data.items", "", "a"])).to_owned());
        let name = *random.pick(&["a.json", "a.ndjson"]);
        is_read(name, bytes, ScanOptions { records, ..ScanOptions::default() })
    });
}

const XML: Grammar<'_> = Grammar {
    seeds: &[
        b"<c r=\"B2\" s=\"1\" t=\"s\"><f>A1+1</f><v>0</v></c>",
        b"<row r=\"3\"><c r=\"A3\" t=\"inlineStr\"><is><t>x</t></is></c></row>",
    ],
    words: &[
        "<",
        ">",
        "/>",
        "\"",
        "&",
        "&amp;",
        "&#0;",
        "&#x110000;",
        "<![CDATA[",
        "]]>",
        "<!--",
        "<!DOCTYPE x [<!ENTITY a \"&a;\">]>",
        "r=\"XFD1048576\"",
        "r=\"ZZZZZZZ99999999999\"",
        "r=\"\"",
        "t=\"e\"",
        "t=\"b\"",
        "t=\"d\"",
        "t=\"str\"",
        "t=\"s\"",
        "<v>-1</v>",
        "<v>1e308</v>",
        "<v></v>",
        "<mergeCell ref=\"A1:XFD1048576\"/>",
        "ref=\"A1:A\"",
        "numFmtId=\"14\"",
        "date1904=\"1\"",
        "count=\"4294967295\"",
        "uniqueCount=\"4294967295\"",
        "\u{feff}",
        "\0",
        "table:number-columns-repeated=\"16384\" ",
        "table:number-rows-repeated=\"1048576\" ",
        "office:value-type=\"date\" ",
        "xml:space=\"preserve\"",
        "é",
    ],
    nests: &[("<c>", "</c>"), ("<row>", "</row>"), ("<si><t>", "</t></si>"), ("<f>", "</f>")],
};

/// A workbook of the other kind that is read, with so many equal rows and days in each.
pub(super) fn open_document(rows: u32, days: u32) -> Vec<u8> {
    let cell = |kind: &str, value: &str, text: &str| {
        format!("<table:table-cell office:value-type=\"{kind}\" {value}><text:p>{text}</text:p></table:table-cell>")
    };
    let content = [
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><office:body><office:spreadsheet><table:table table:name=\"A\">",
        "<table:table-row>",
        &cell("string", "", "id"),
        &cell("string", "", "day"),
        &format!("</table:table-row><table:table-row table:number-rows-repeated=\"{rows}\">"),
        &cell("float", "office:value=\"1.5\"", "1.5"),
        &cell("date", &format!("office:date-value=\"2024-02-29\" table:number-columns-repeated=\"{days}\""), "29.2."),
        "<table:table-cell table:number-columns-repeated=\"3\"/></table:table-row></table:table></office:spreadsheet></office:body></office:document-content>",
    ]
    .concat();
    let manifest = "<?xml version=\"1.0\"?><manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"/>";
    let part = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    packed(&[
        part("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        part("META-INF/manifest.xml", manifest),
        part("content.xml", &content),
    ])
}

fn unpacked(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    let mut parts = Vec::new();
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).expect("a part");
        let mut content = Vec::new();
        part.read_to_end(&mut content).expect("its content");
        parts.push((part.name().expect("its name").into_owned(), content));
    }
    parts
}

fn packed(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer.start_file(name.as_str(), SimpleFileOptions::default()).expect("a part begins");
        writer.write_all(content).expect("it is written");
    }
    writer.finish().expect("the archive ends").into_inner()
}

#[test]
fn spoiled_workbooks_are_read_or_refused() {
    let books = [super::workbook::workbook(), open_document(2, 1)];
    let parts = books.each_ref().map(|book| unpacked(book));
    let make = |random: &mut Random| {
        let chosen = random.below(books.len());
        if random.one_in(4) {
            return Mutator::new(&XML, random).spoiled(&books[chosen]);
        }
        let mut parts = parts[chosen].clone();
        let at = random.below(parts.len());
        parts[at].1 = Mutator::new(&XML, random).spoiled(&parts[at].1);
        packed(&parts)
    };
    run("xlsx", make, |random, bytes| {
        let skip_rows = random.below(3);
        let null_values = if random.one_in(3) { vec!["1.5".to_owned()] } else { Vec::new() };
        is_read("a.xlsx", bytes, ScanOptions { skip_rows, null_values, ..ScanOptions::default() })
    });
}

const THRIFT: Grammar<'_> = Grammar {
    seeds: &[b"\x15\x02\x19\x2c\x35\x00\x18\x06schema", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"],
    words: &["\0", "\u{1}", "\u{15}", "\u{19}", "\u{7f}", "PAR1", "ARROW:schema", "\u{7f}\u{7f}\u{7f}"],
    nests: &[("\u{1c}", "\0"), ("\u{19}\u{1c}", "\0")],
};

fn parquet(compression: ParquetCompression) -> Vec<u8> {
    let mut table: DataFrame = df!(
        "id" => [1_i64, 2, 3, 4],
        "name" => [Some("Ann"), None, Some("Ann"), Some("é")],
        "amount" => [Some(1.5), Some(f64::NAN), None, Some(-0.0)],
        "yes" => [Some(true), None, Some(false), Some(true)],
        "small" => [1_u8, 2, 3, 255],
    )
    .expect("a table");
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes)
        .with_compression(compression)
        .with_row_group_size(Some(3))
        .finish(&mut table)
        .expect("it is written");
    bytes
}

#[test]
fn spoiled_parquet_is_read_or_refused() {
    let files = [parquet(ParquetCompression::Uncompressed), parquet(ParquetCompression::Zstd(None))];
    let make = |random: &mut Random| {
        let file = random.pick(&files).as_slice();
        // The footer, then its length in four bytes, then `PAR1`.
        let (rest, mark) = file.split_at(file.len() - 4);
        let (rest, length) = rest.split_last_chunk().expect("a length");
        let (pages, footer) = rest.split_at(rest.len() - u32::from_le_bytes(*length) as usize);
        match random.below(3) {
            0 => Mutator::new(&THRIFT, random).spoiled(file),
            1 => [&Mutator::new(&THRIFT, random).spoiled(pages), footer, length, mark].concat(),
            _ => {
                let footer = Mutator::new(&THRIFT, random).spoiled(footer);
                [pages, &footer, &(footer.len() as u32).to_le_bytes(), mark].concat()
            }
        }
    };
    run("parquet", make, |_, bytes| is_read("a.parquet", bytes, ScanOptions::default()));
}
