//! Here-documents: texts that begin at the line after their `<<`.

use super::Scanner;

/// A here-document whose text begins at the next line.
pub(super) struct Heredoc {
    delimiter: String,
    strip_tabs: bool,
}

impl Scanner<'_> {
    /// Reads `<<WORD` and remembers that its text begins at the next line.
    pub(super) fn heredoc(&mut self) {
        self.at += 2;
        let strip_tabs = self.rest().starts_with('-');
        self.at += usize::from(strip_tabs);
        while self.rest().starts_with([' ', '\t']) {
            self.at += 1;
        }
        let mut delimiter = String::new();
        while let Some(next) = self.rest().chars().next().filter(|c| !c.is_whitespace() && !";&|<>()".contains(*c)) {
            let help = "name the end of the here-document itself";
            if self.refuse_hole("a `${{ }}` cannot name the end of a here-document", help) {
                continue;
            }
            if !matches!(next, '\'' | '"' | '\\') {
                delimiter.push(next);
            }
            self.skip();
        }
        // Without its end it is none: `(( a << 2 ))`.
        let ends = self.rest().lines().skip(1).any(|line| ends_heredoc(line, &delimiter, strip_tabs));
        if ends {
            self.heredocs.push(Heredoc { delimiter, strip_tabs });
        }
        self.in_word();
    }

    /// The texts of the here-documents that were announced on the line that has just ended.
    pub(super) fn heredoc_texts(&mut self) {
        for Heredoc { delimiter, strip_tabs } in std::mem::take(&mut self.heredocs) {
            while self.at < self.text.len() {
                let line = self.rest().split('\n').next().unwrap_or_default().to_owned();
                let end = (self.at + line.len() + 1).min(self.text.len());
                while self.at < end {
                    let help = "pass it as an argument or through `env:`, or write the text with printf";
                    if !self.refuse_hole("a `${{ }}` cannot stand in a here-document", help) {
                        self.skip();
                    }
                }
                if ends_heredoc(&line, &delimiter, strip_tabs) {
                    break;
                }
            }
        }
    }
}

fn ends_heredoc(line: &str, delimiter: &str, strip_tabs: bool) -> bool {
    let line = if strip_tabs { line.trim_start_matches('\t') } else { line };
    line == delimiter
}
