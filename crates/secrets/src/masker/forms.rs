//! The forms that a secret takes on its way through programs.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{GeneralPurpose, general_purpose::NO_PAD};

use super::SHORTEST;

/// What a program may write for a character.
type Ways = &'static [(char, &'static [&'static str])];

/// In HTML and XML: `&`, `<` and `>` in one way, the others as each library likes.
const HTML: Ways = &[
    ('/', &["/", "&#x2f;", "&#x2F;", "&#47;"]),
    ('\'', &["'", "&#x27;", "&#39;", "&#039;", "&apos;"]),
    ('"', &["\"", "&quot;", "&#34;", "&#x22;"]),
];

/// Of letters and digits and these nothing is encoded in URLs: in all, in paths, by JavaScript for a part, for a whole.
const UNRESERVED: [&str; 4] = ["-._~", "-._~/", "-._~!*'()", "-._~!*'();/?:@&=+$,#"];

/// Lines of base64 are this long in mails and in keys.
const BASE64_LINES: [usize; 2] = [76, 64];

/// A secret in all of them.
pub fn of(secret: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.to_owned(), secret.replace('\'', r"'\''")];
    let escaped = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    forms.extend(in_all_ways(escaped, HTML));
    for unreserved in UNRESERVED {
        for upper in [true, false] {
            forms.extend([true, false].map(|plus| percent(secret, unreserved, upper, plus)));
        }
    }
    forms.extend(json_forms(secret));
    let mut forms: Vec<Vec<u8>> = forms.into_iter().map(String::into_bytes).collect();
    for alphabet in [&alphabet::STANDARD, &alphabet::URL_SAFE] {
        forms.extend(base64_forms(secret.as_bytes(), alphabet));
    }
    forms
}

fn in_all_ways(text: String, ways: Ways) -> Vec<String> {
    ways.iter().fold(vec![text], |texts, (c, ways)| {
        if !texts.iter().any(|text| text.contains(*c)) {
            return texts;
        }
        texts.iter().flat_map(|text| ways.iter().map(|way| text.replace(*c, way))).collect()
    })
}

/// Everything but letters, digits and `unreserved` as `%41`; with `plus`, blanks as `+`.
fn percent(secret: &str, unreserved: &str, upper: bool, plus: bool) -> String {
    secret.bytes().fold(String::new(), |mut text, byte| {
        match byte {
            b' ' if plus => text.push('+'),
            byte if byte.is_ascii_alphanumeric() || unreserved.as_bytes().contains(&byte) => {
                text.push(char::from(byte));
            }
            byte if upper => text += &format!("%{byte:02X}"),
            byte => text += &format!("%{byte:02x}"),
        }
        text
    })
}

/// As a text of JSON: as little escaped as can be, or also what HTML or ASCII forbid; and such a text within another.
fn json_forms(secret: &str) -> Vec<String> {
    let json = json(secret);
    let mut forms = vec![self::json(&json)];
    for escaped in ["", "<>&", "<>&'"] {
        for upper in [true, false] {
            for ascii in [true, false] {
                let form = unicode_escaped(&json, upper, |c| escaped.contains(c) || (ascii && !c.is_ascii()));
                forms.push(form.replace('/', "\\/"));
                forms.push(form);
            }
        }
    }
    forms.push(json);
    forms
}

/// What stands between the quotes.
fn json(text: &str) -> String {
    let json = serde_json::to_string(text).unwrap_or_default();
    json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or_default().to_owned()
}

/// Some characters as `\u00e4`.
fn unicode_escaped(json: &str, upper: bool, is_escaped: impl Fn(char) -> bool) -> String {
    json.chars().fold(String::new(), |mut text, c| {
        if !is_escaped(c) {
            text.push(c);
            return text;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            text += &if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
        }
        text
    })
}

/// The secret in base64: by itself, whole and in lines, and as the inner part of something longer, wherever in its groups of three
/// it begins.
fn base64_forms(secret: &[u8], alphabet: &alphabet::Alphabet) -> Vec<Vec<u8>> {
    let engine = GeneralPurpose::new(alphabet, NO_PAD);
    let whole = engine.encode(secret).into_bytes();
    let mut forms: Vec<Vec<u8>> =
        BASE64_LINES.iter().flat_map(|length| whole.chunks(*length)).map(<[u8]>::to_vec).collect();
    for before in 0..3usize {
        let mut padded = vec![0; before];
        padded.extend_from_slice(secret);
        let text = engine.encode(&padded).into_bytes();
        // The letters at both ends also depend on what is beside the secret.
        let start = (before * 8).div_ceil(6);
        let end = padded.len() * 8 / 6;
        forms.extend(text.get(start..end).map(<[u8]>::to_vec));
    }
    forms.retain(|form| form.len() >= SHORTEST);
    forms.push(whole);
    forms
}
