//! Spoiled dotenv files.

use tidemill_fuzz::{Grammar, Mutator};

use crate::dotenv::parse;

const FILES: Grammar<'_> = Grammar {
    seeds: &[
        b"# secrets\nSMTP_URL=smtp://ann:pa$$word@mail.example:587 # a remark\nexport TOKEN = 'a \"b\" $c'\n\nEMPTY=\n",
        b"\xef\xbb\xbfKEY=\"first\r\nsecond \\\"x\\\" \\\\ \\n\"\r\nA.B-c=it's\r\nJSON={\"user\":\"x\"}",
    ],
    words: &[
        "'", "\"", "\\", "\\\"", "=", "#", " #", "\n", "\r\n", "export ", "$", "${A}", "`", "\0", "\t", "\u{feff}",
        "é", "\u{85}",
    ],
    nests: &[("\"", "\""), ("'", "'"), ("\\", ""), ("\n", ""), ("A=\"\n", "")],
};

#[test]
fn spoiled_dotenv_files_are_read_line_by_line() {
    let make = |random: &mut tidemill_fuzz::Random| Mutator::new(&FILES, random).input();
    tidemill_fuzz::run("dotenv", make, |_, bytes| {
        let found = parse(bytes);
        let lines = bytes.split(|byte| *byte == b'\n').count();
        assert!(found.values.len() + found.mistakes.len() <= lines);
        for mistake in &found.mistakes {
            assert!((1..=lines).contains(&mistake.line) && !mistake.message.is_empty() && !mistake.help.is_empty());
        }
        found.mistakes.is_empty()
    });
}
