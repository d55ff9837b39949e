//! Secrets, masked wherever text leaves the process.

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{GeneralPurpose, general_purpose::NO_PAD};

/// What stands for a secret.
pub const MASK: &str = "***";

/// Pieces of encoded secrets shorter than this would mask what is none.
const SHORTEST_PIECE: usize = 6;

/// Passwords within secrets that are shorter than this would mask what is none.
const SHORTEST_PASSWORD: usize = 4;

/// Finds secrets in text, plain and encoded: base64, percent, JSON.
#[derive(Default)]
pub struct Masker {
    forms: Vec<Vec<u8>>,
    /// None if there are no secrets.
    finder: Option<AhoCorasick>,
}

impl Masker {
    /// A masker of these values; empty ones are none.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let of_url = |secret: &str| std::iter::once(secret.to_owned()).chain(passwords(secret)).collect::<Vec<_>>();
        let secrets = secrets.into_iter().flat_map(of_url).filter(|secret| !secret.is_empty());
        let mut forms: Vec<Vec<u8>> = secrets.flat_map(|secret| forms_of(&secret)).collect();
        forms.sort();
        forms.dedup();
        if forms.is_empty() {
            return Self::default();
        }
        // It is refused only for more patterns than fit into memory.
        let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&forms).ok();
        Self { forms, finder }
    }

    /// The text without secrets.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match &self.finder {
            Some(finder) if finder.is_match(text) => {
                let mut masked = String::with_capacity(text.len());
                finder.replace_all_with(text, &mut masked, |_, _, out| {
                    out.push_str(MASK);
                    true
                });
                Cow::Owned(masked)
            }
            _ => Cow::Borrowed(text),
        }
    }

    /// Where the end of `bytes` begins that may be the beginning of a secret.
    fn open_end(&self, bytes: &[u8]) -> usize {
        let longest = self.forms.iter().map(Vec::len).max().unwrap_or(0);
        let from = bytes.len().saturating_sub(longest.saturating_sub(1));
        let begins = |end: &[u8]| self.forms.iter().any(|form| form.len() > end.len() && form.starts_with(end));
        (from..bytes.len()).find(|at| begins(&bytes[*at..])).unwrap_or(bytes.len())
    }
}

/// A stream on its way through a masker: a secret is found also if it comes in pieces.
#[derive(Default)]
pub struct MaskedStream {
    /// What may be the beginning of a secret, shorter than the longest.
    held: Vec<u8>,
}

impl MaskedStream {
    /// Takes more; gives what can be shown by now.
    pub fn push<'a>(&mut self, masker: &Masker, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let Some(finder) = &masker.finder else { return Cow::Borrowed(bytes) };
        let mut all = std::mem::take(&mut self.held);
        all.extend_from_slice(bytes);
        let end = masker.open_end(&all);
        let (mut shown, mut at) = (Vec::with_capacity(all.len()), 0);
        for found in finder.find_iter(&all).take_while(|found| found.start() < end) {
            shown.extend_from_slice(&all[at..found.start()]);
            shown.extend_from_slice(MASK.as_bytes());
            at = found.end();
        }
        if at < end {
            shown.extend_from_slice(&all[at..end]);
            at = end;
        }
        self.held = all.split_off(at);
        Cow::Owned(shown)
    }

    /// What is left when nothing more comes.
    pub fn end(&mut self, masker: &Masker) -> Vec<u8> {
        let held = std::mem::take(&mut self.held);
        match &masker.finder {
            Some(finder) if !held.is_empty() => {
                finder.replace_all_bytes(&held, &vec![MASK.as_bytes(); masker.forms.len()])
            }
            _ => held,
        }
    }
}

/// The password of a secret that is a URL: a server may say it without the rest. One that is shorter would mask what is none.
fn passwords(secret: &str) -> Vec<String> {
    let url = url::Url::parse(secret.trim()).ok();
    let Some(raw) = url.as_ref().and_then(url::Url::password).filter(|raw| raw.len() >= SHORTEST_PASSWORD) else {
        return Vec::new();
    };
    let decoded = percent_encoding::percent_decode_str(raw).decode_utf8_lossy().into_owned();
    vec![raw.to_owned(), decoded]
}

/// A secret in all the forms that it may take.
fn forms_of(secret: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.as_bytes().to_vec()];
    for upper in [true, false] {
        for plus in [true, false] {
            forms.push(percent(secret, upper, plus).into_bytes());
        }
    }
    let json = serde_json::to_string(secret).unwrap_or_default();
    let json = json.trim_start_matches('"').strip_suffix('"').unwrap_or_default();
    forms.push(json.as_bytes().to_vec());
    forms.push(json.replace('/', "\\/").into_bytes());
    for upper in [true, false] {
        forms.push(ascii_json(json, upper).into_bytes());
    }
    for alphabet in [&alphabet::STANDARD, &alphabet::URL_SAFE] {
        forms.extend(base64_forms(secret.as_bytes(), alphabet));
    }
    forms.retain(|form| !form.is_empty());
    forms
}

/// Everything but letters, digits and `-._~` as `%41`; with `plus`, blanks as `+`.
fn percent(secret: &str, upper: bool, plus: bool) -> String {
    secret.bytes().fold(String::new(), |mut text, byte| {
        match byte {
            b' ' if plus => text.push('+'),
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => text.push(char::from(byte)),
            byte if upper => text += &format!("%{byte:02X}"),
            byte => text += &format!("%{byte:02x}"),
        }
        text
    })
}

/// Everything beyond ASCII as `\u00e4`.
fn ascii_json(json: &str, upper: bool) -> String {
    json.chars().fold(String::new(), |mut text, c| {
        if c.is_ascii() {
            text.push(c);
            return text;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            text += &if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
        }
        text
    })
}

/// The secret in base64: by itself, and as the inner part of something longer, wherever in its groups of three it begins.
fn base64_forms(secret: &[u8], alphabet: &alphabet::Alphabet) -> Vec<Vec<u8>> {
    let engine = GeneralPurpose::new(alphabet, NO_PAD);
    let mut forms = vec![engine.encode(secret).into_bytes()];
    for before in 0..3usize {
        let mut padded = vec![0; before];
        padded.extend_from_slice(secret);
        let text = engine.encode(&padded).into_bytes();
        // The letters at both ends also depend on what is beside the secret.
        let start = (before * 8).div_ceil(6);
        let end = padded.len() * 8 / 6;
        if let Some(inner) = text.get(start..end).filter(|inner| inner.len() >= SHORTEST_PIECE) {
            forms.push(inner.to_vec());
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "p\"ä/ss w\\rd?&1";

    #[test]
    fn a_secret_is_masked_in_every_form() {
        let masker = Masker::new([SECRET, ""]);
        let json = serde_json::to_string(SECRET).unwrap();
        for text in [
            format!("it is {SECRET}."),
            format!("it is {}.", &json[1..json.len() - 1]),
            "it is p\\\"\\u00e4/ss w\\\\rd?&1.".to_owned(),
            "it is p%22%C3%A4%2Fss%20w%5Crd%3F%261.".to_owned(),
            "it is p%22%c3%a4%2fss+w%5crd%3f%261.".to_owned(),
            format!("it is {}.", STANDARD.encode(SECRET).trim_end_matches('=')),
            format!("it is {}.", URL_SAFE_NO_PAD.encode(SECRET)),
        ] {
            assert_eq!(masker.text(&text), "it is ***.", "{text}");
        }
        for user in ["u", "us", "use", "user"] {
            let basic = STANDARD.encode(format!("{user}:{SECRET}!"));
            let masked = masker.text(&basic).into_owned();
            assert!(masked.contains("***") && masked.len() < 16, "{basic} {masked}");
        }
        assert_eq!(masker.text("nothing to hide"), "nothing to hide");
    }

    #[test]
    fn the_password_of_a_url_is_masked_by_itself() {
        let masker = Masker::new(["smtps://me:hun%2Fter2@mail.example.com", "smtp://me:abc@mail.example.com"]);
        let text = "smtps://me:hun%2Fter2@mail.example.com hun/ter2 hun%2Fter2 abc mail.example.com";
        assert_eq!(masker.text(text), "*** *** *** abc mail.example.com");
        let line = STANDARD.encode("\0me\0hun/ter2");
        assert!(masker.text(&line).contains("***"), "{line}");
    }

    #[test]
    fn of_two_secrets_the_longer_is_masked_whole() {
        let masker = Masker::new(["abc", "abcdef"]);
        assert_eq!(masker.text("abcdef abc abcde"), "*** *** ***de");
    }

    fn in_pieces(masker: &Masker, text: &[u8], cuts: &[usize]) -> Vec<u8> {
        let (mut stream, mut shown, mut from) = (MaskedStream::default(), Vec::new(), 0);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (text.len() + 1)).collect();
        cuts.sort_unstable();
        for cut in cuts.into_iter().chain([text.len()]) {
            shown.extend_from_slice(&stream.push(masker, &text[from..cut]));
            assert!(stream.held.len() < 64);
            from = cut;
        }
        shown.extend(stream.end(masker));
        shown
    }

    proptest! {
        #[test]
        fn pieces_are_masked_like_the_whole(text in "[ab\n]{0,40}", secrets in prop::collection::vec("[ab\n]{1,5}", 1..4), cuts in prop::collection::vec(0usize..41, 0..6)) {
            let masker = Masker::new(secrets.iter().map(String::as_str));
            let whole = masker.text(&text).into_owned();
            prop_assert_eq!(String::from_utf8(in_pieces(&masker, text.as_bytes(), &cuts)).unwrap(), whole);
        }
    }
}
