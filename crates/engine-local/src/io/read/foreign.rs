//! Content that is no text, whatever the file's name says.

/// What begins with these bytes is that, and what to do about it.
const MARKS: [(&[u8], &str, &str); 12] = [
    (&[0x1f, 0x8b], "is packed by gzip, which its name does not say", "unpack it, or let its name end with `.gz`"),
    (
        &[0x28, 0xb5, 0x2f, 0xfd],
        "is packed by zstd, which its name does not say",
        "unpack it, or let its name end with `.zst`",
    ),
    (b"PK\x03\x04", "is a ZIP archive or an Excel workbook", "unpack it; a workbook is read by `format: xlsx`"),
    (b"BZh", "is packed by bzip2", "unpack it first"),
    (b"\xfd7zXZ", "is packed by xz", "unpack it first"),
    (b"7z\xbc\xaf", "is a 7z archive", "unpack it first"),
    (b"PAR1", "is a Parquet file", "read it by `format: parquet`"),
    (b"SQLite format 3\0", "is an SQLite database", "read it by `format: sqlite`, and name its `table`"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook or another Office file", "a workbook is read by `format: xlsx`"),
    (b"%PDF", "is a PDF document", "export the table as CSV"),
    (&[0xff, 0xfe, 0, 0], UTF_32, TO_UTF_8),
    (&[0, 0, 0xfe, 0xff], UTF_32, TO_UTF_8),
];

const UTF_32: &str = "is encoded in UTF-32, which is not read";
const TO_UTF_8: &str = "write it in UTF-8: `iconv -f UTF-32 -t UTF-8`";

/// What the file is and what to do, if it is not the text that it is read as.
pub(super) fn content(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let marked = MARKS.iter().find(|(mark, ..)| bytes.starts_with(mark)).map(|(_, what, help)| (*what, *help));
    marked.or_else(|| is_utf_32(bytes).then_some((UTF_32, TO_UTF_8))).or_else(|| {
        let help = "it is perhaps a page of login or of an error: download the file itself";
        is_html(bytes).then_some(("is an HTML page", help))
    })
}

/// Whether three of four bytes are zero, as in UTF-32 without a mark.
fn is_utf_32(bytes: &[u8]) -> bool {
    let letters: Vec<&[u8]> = bytes[..bytes.len().min(256)].chunks_exact(4).collect();
    let all = |is: fn(&[u8]) -> bool| letters.len() > 1 && letters.iter().all(|letter| is(letter));
    all(|letter| letter[0] != 0 && letter[1..] == [0; 3]) || all(|letter| letter[..3] == [0; 3] && letter[3] != 0)
}

fn is_html(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let starts = |tag: &str| bytes.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag.as_bytes()));
    ["<!doctype html", "<html", "<head>", "<?xml"].iter().any(|tag| starts(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_known_by_its_beginning() {
        let what = |bytes: &[u8]| content(bytes).map_or("a text", |(what, _)| what);
        assert_eq!(what(b"id,name\n1,x\n"), "a text");
        assert_eq!(what(b"PK,total\n1,2\n"), "a text");
        assert_eq!(what(b"PK\x03\x04\x14"), "is a ZIP archive or an Excel workbook");
        assert_eq!(what(b"\n <!DOCTYPE HTML><html>"), "is an HTML page");
        assert_eq!(what(b"<html_tag>,x\n"), "is an HTML page");
        for bytes in
            ["id,name\n1,x\n"].map(|text| text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect::<Vec<_>>())
        {
            assert_eq!(what(&bytes), UTF_32);
        }
        let big: Vec<u8> = "id,n\n".chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
        assert_eq!(what(&big), UTF_32);
        assert_eq!(what(b"\0\0\0\0\0\0\0\0"), "a text");
    }
}
