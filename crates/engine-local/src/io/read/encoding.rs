//! How bytes that are not UTF-8 may be encoded.

use encoding_rs::{Encoding, MACINTOSH, UTF_16BE, UTF_16LE, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252};

/// Bytes that are looked at.
const SAMPLE: usize = 1 << 16;
/// What each may be called in a pipeline, the likeliest first.
const CANDIDATES: [(&Encoding, &str); 4] = [
    (WINDOWS_1252, "latin1"),
    (MACINTOSH, "macintosh"),
    (WINDOWS_1250, "windows-1250"),
    (WINDOWS_1251, "windows-1251"),
];

/// The encoding of a label of the WHATWG standard, or of a common name that is none.
pub(super) fn by_label(label: &str) -> Option<&'static Encoding> {
    let lower = label.trim().to_ascii_lowercase();
    match lower.as_str() {
        "macroman" | "mac-roman" | "mac_roman" | "x-mac-roman" => Some(MACINTOSH),
        other => Encoding::for_label(other.as_bytes()),
    }
}

/// The encodings in which the bytes make the most sense, and how each reads the word at `at`, where UTF-8 does not.
pub(super) fn help(bytes: &[u8], at: usize) -> String {
    let mut scored: Vec<_> =
        CANDIDATES.iter().map(|(encoding, label)| (score(encoding, bytes), *encoding, *label)).collect();
    // Of equals the likelier stays first.
    scored.sort_by_key(|(score, ..)| std::cmp::Reverse(*score));
    let word = word(bytes, at);
    let reading = |(_, encoding, label): &(i64, &'static Encoding, &str)| {
        format!("`{label}` reads `{}`", encoding.decode_without_bom_handling(word).0.trim())
    };
    let readings: Vec<String> = scored.iter().take(2).map(reading).collect();
    format!("say how it is encoded, as `options: {{encoding: …}}`: {}", readings.join(", "))
}

/// How many of the letters that are not ASCII stand beside others and are of one of Europe's languages.
fn score(encoding: &'static Encoding, bytes: &[u8]) -> i64 {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    let (text, _) = encoding.decode_without_bom_handling(sample);
    let mut score = 0;
    let mut before = ' ';
    for letter in text.chars() {
        score += match letter {
            'ä' | 'ö' | 'ü' | 'ß' | 'é' | 'è' | 'à' | 'á' | 'í' | 'ó' | 'ú' | 'ñ' | 'ç' | 'ê' | 'â' | 'ô' | 'å'
            | 'ø' | 'æ' => 3,
            'Ä' | 'Ö' | 'Ü' | 'É' | 'Å' | 'Ø' if !before.is_lowercase() => 3,
            '€' | '£' | '°' | '§' | '–' | '’' | '“' | '”' | '„' if !before.is_alphabetic() => 2,
            'а'..='я' if before.is_alphabetic() && !before.is_ascii() => 2,
            'ą' | 'ć' | 'ę' | 'ł' | 'ń' | 'ś' | 'ź' | 'ż' | 'č' | 'ř' | 'š' | 'ž' | 'ě' | 'ő' | 'ű' => 2,
            letter if letter.is_ascii() => 0,
            letter if letter.is_control() => -3,
            letter if letter.is_uppercase() && before.is_lowercase() => -3,
            letter if letter.is_alphabetic() => 1,
            _ if before.is_alphabetic() => -1,
            _ => 0,
        };
        before = letter;
    }
    score
}

/// The word around a byte.
fn word(bytes: &[u8], at: usize) -> &[u8] {
    let is_inside = |byte: &u8| !byte.is_ascii() || byte.is_ascii_alphanumeric();
    let before = bytes[..at].iter().rev().take(20).take_while(|byte| is_inside(byte)).count();
    let behind = bytes[at..].iter().take(20).take_while(|byte| is_inside(byte)).count();
    &bytes[at - before..at + behind]
}

/// The label of UTF-16 whose mark is missing: every other byte of its ASCII is zero.
pub(super) fn unmarked_utf_16(bytes: &[u8]) -> Option<&'static str> {
    let sample = &bytes[..bytes.len().min(512)];
    let zeros = |from: usize| sample.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let most = sample.len() / 2;
    let (even, odd) = (zeros(0), zeros(1));
    match () {
        () if most < 4 => None,
        () if odd * 10 >= most * 8 && even == 0 => Some(UTF_16LE.name()),
        () if even * 10 >= most * 8 && odd == 0 => Some(UTF_16BE.name()),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_shows_what_each_encoding_reads() {
        let mac = b"city\nZ\x9frich\nK\x9aln\nGen\x8fve\n";
        assert_eq!(
            help(mac, 6),
            "say how it is encoded, as `options: {encoding: …}`: `macintosh` reads `Zürich`, `windows-1250` reads `Zźrich`"
        );
        let latin = b"city\nZ\xfcrich\nK\xf6ln\n";
        assert!(help(latin, 6).contains("`latin1` reads `Zürich`, "), "{}", help(latin, 6));
        let russian = WINDOWS_1251.encode("город\nМосква\n").0;
        assert!(help(&russian, 0).contains("`windows-1251` reads `город`"), "{}", help(&russian, 0));
    }

    #[test]
    fn utf_16_without_a_mark_is_seen() {
        let text: Vec<u8> = "id,name\n1,x\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(unmarked_utf_16(&text), Some("UTF-16LE"));
        let text: Vec<u8> = "id,name\n1,x\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(unmarked_utf_16(&text), Some("UTF-16BE"));
        assert_eq!(unmarked_utf_16(b"id,name\n1,x\n"), None);
    }
}
