//! Secrets, masked wherever text leaves the process.

mod forms;

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, MatchKind};

/// What stands for a secret.
pub const MASK: &str = "***";

/// What is shorter than so many characters is not masked: it stands in too much that is no secret, such as amounts.
pub const SHORTEST: usize = 6;

/// Finds secrets in text, whole and line by line, plain and encoded: HTML, JSON, percent, base64.
#[derive(Default)]
pub struct Masker {
    /// Sorted.
    forms: Vec<Vec<u8>>,
    /// None if there are no secrets.
    finder: Option<AhoCorasick>,
}

impl Masker {
    /// A masker of these values, and of the passwords and lines within them; of none that is shorter than [`SHORTEST`].
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut forms: Vec<Vec<u8>> = secrets
            .into_iter()
            .flat_map(parts)
            .filter(|part| !is_short(part))
            .flat_map(|part| forms::of(&part))
            .collect();
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
        // Behind `end` in the order come first those that begin with it.
        let next = |end: &[u8]| self.forms.get(self.forms.partition_point(|form| form.as_slice() <= end));
        let begins = |end: &[u8]| next(end).is_some_and(|form| form.starts_with(end));
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

/// Whether a secret, or the password in one that is a URL, is too short to be masked.
pub fn shows(secret: &str) -> bool {
    is_short(secret) || password(secret).iter().any(|password| is_short(password))
}

/// Whether a text is too short to be masked.
pub fn is_short(text: &str) -> bool {
    text.chars().nth(SHORTEST - 1).is_none()
}

/// What of a secret may be said without the rest.
fn parts(secret: &str) -> Vec<String> {
    let lines = secret.lines().map(str::trim).filter(|line| *line != secret).map(str::to_owned);
    std::iter::once(secret.to_owned()).chain(password(secret)).chain(lines).collect()
}

/// The password of a secret that is a URL, as it stands and decoded: a server may say it by itself.
fn password(secret: &str) -> Vec<String> {
    let url = url::Url::parse(secret.trim()).ok();
    let Some(raw) = url.as_ref().and_then(url::Url::password) else { return Vec::new() };
    let decoded = percent_encoding::percent_decode_str(raw).decode_utf8_lossy().into_owned();
    vec![raw.to_owned(), decoded]
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
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
            "it is p&quot;ä&#x2f;ss w\\rd?&amp;1.".to_owned(),
            "it is p&#34;ä/ss w\\rd?&amp;1.".to_owned(),
            "it is p\\\"ä\\/ss w\\\\rd?\\u00261.".to_owned(),
            "it is p%22%C3%A4/ss%20w%5Crd%3F%261.".to_owned(),
            "it is p%22%C3%A4/ss%20w%5Crd?&1.".to_owned(),
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
        let masker = Masker::new(["abcdef", "abcdefghi"]);
        assert_eq!(masker.text("abcdefghi abcdef abcdefgh"), "*** *** ***gh");
    }

    #[test]
    fn each_line_of_a_secret_is_masked_and_nothing_that_is_short() {
        let masker = Masker::new(["BEGIN KEY\r\n  one/line+\nab\nthe last line\n", "12", "geheim"]);
        assert_eq!(masker.text("[one/line+] ab 12 [the last line] one&#x2f;line+"), "[***] ab 12 [***] ***");
        assert_eq!(["12345", "ününi", "123456", "ününil"].map(shows), [true, true, false, false]);
        assert!(shows("smtp://me:abc@host") && !shows("smtp://me:abcdef@host") && !shows("https://host/x"));
    }

    #[test]
    fn a_secret_that_base64_breaks_into_lines_is_masked() {
        let secret: String = ('!'..'~').cycle().take(150).collect();
        let encoded = STANDARD.encode(&secret);
        for length in [64, 76] {
            let lines: Vec<&str> =
                encoded.as_bytes().chunks(length).map(|line| std::str::from_utf8(line).unwrap()).collect();
            let masked = Masker::new([secret.as_str()]).text(&lines.join("\n")).into_owned();
            assert!(masked.split('\n').all(|line| line == MASK), "{masked}");
        }
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
        fn pieces_are_masked_like_the_whole(text in "[ab]{0,40}[ab\n]{0,20}", secrets in prop::collection::vec("[ab\n]{6,8}", 1..8), cuts in prop::collection::vec(0usize..61, 0..6)) {
            let masker = Masker::new(secrets.iter().map(String::as_str));
            let whole = masker.text(&text).into_owned();
            prop_assert_eq!(String::from_utf8(in_pieces(&masker, text.as_bytes(), &cuts)).unwrap(), whole);
        }
    }
}
