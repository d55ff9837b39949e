//! Values that a command does not take as an argument but runs: what `eval`, `sh -c` and their kind read as a program.

use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::task::CheckContext;

use super::{CommandTask, Run};

/// Programs that take a program as an argument, and the letter of the option before it.
const INTERPRETERS: [(&str, char); 15] = [
    ("sh", 'c'),
    ("dash", 'c'),
    ("bash", 'c'),
    ("zsh", 'c'),
    ("ksh", 'c'),
    ("su", 'c'),
    ("python", 'c'),
    ("python3", 'c'),
    ("psql", 'c'),
    ("perl", 'e'),
    ("ruby", 'e'),
    ("node", 'e'),
    ("Rscript", 'e'),
    ("mysql", 'e'),
    ("php", 'r'),
];

/// Comparisons of `[[ ]]` that compute both sides.
const COMPUTED: [&str; 6] = ["-eq", "-ne", "-lt", "-le", "-gt", "-ge"];

/// What runs the value that stands behind `before` in a command that begins there and goes on with `after`; none if it is passed
/// as it is. `opening` is what stands before the command.
pub(super) fn evaluator(opening: &str, before: &str, after: &str) -> Option<String> {
    if opening.ends_with("((") {
        return Some("(( ))".to_owned());
    }
    let words = words(before);
    let value = words.len().checked_sub(1)?;
    let first = words.iter().position(|word| !is_assignment(word) && !is_opener(word))?;
    let arguments = &words[first + 1..];
    match words[first].as_str() {
        _ if first == value => None,
        "eval" | "let" => Some(words[first].clone()),
        "trap" => arguments[..arguments.len() - 1].iter().all(|word| word.starts_with('-')).then(|| "trap".to_owned()),
        "[[" => {
            let rest = after.split("]]").next().unwrap_or_default();
            let computes = |text: &str| text.split_whitespace().any(|word| COMPUTED.contains(&word));
            (computes(before) || computes(rest)).then(|| "[[ ]]".to_owned())
        }
        _ => (first..value).find_map(|at| interpreter(&words[at], &words[at + 1..])),
    }
}

/// The interpreter and its option, if the last of the arguments is the program that it runs.
fn interpreter(program: &str, arguments: &[String]) -> Option<String> {
    let name = program.rsplit('/').next().unwrap_or(program);
    let (_, letter) = INTERPRETERS.iter().find(|(known, _)| *known == name)?;
    let (value, options) = arguments.split_last()?;
    let is_code = |word: &String| word.starts_with('-') && !word.starts_with("--") && word.ends_with(*letter);
    let glued = value.starts_with('-') && !value.starts_with("--") && value.contains(*letter);
    let runs = options.iter().all(|word| word.starts_with('-')) && (glued || options.iter().any(is_code));
    runs.then(|| format!("{name} -{letter}"))
}

fn is_opener(word: &str) -> bool {
    super::shell_text::OPENERS.contains(&word) || word == "{"
}

fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map_or("", |(name, _)| name);
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The words of a command without their quotes; the last one is the one that is not at its end.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut quote, mut in_word) = (vec![String::new()], None, false);
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let last = words.len() - 1;
        match (quote, letter) {
            (None, ' ' | '\t' | '\n') => {
                if in_word {
                    words.push(String::new());
                }
                in_word = false;
                continue;
            }
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), _) if letter == open => quote = None,
            (Some('"') | None, '\\') => words[last].extend(letters.next().filter(|next| *next != '\n')),
            _ => words[last].push(letter),
        }
        in_word = true;
    }
    words
}

impl CommandTask {
    /// Says where a value is run as a program.
    pub(super) fn evaluated(&self, cx: &CheckContext<'_>) -> Vec<Diagnostic> {
        let Run::Shell { text, read, .. } = &self.run else { return Vec::new() };
        let warning = |(range, by): &(std::ops::Range<usize>, String)| {
            let place = cx.sources.within_scalar(text.span, &text.text, range.clone());
            let diagnostic = Diagnostic::warning(format!("`{by}` runs this value: whatever it holds is executed"));
            let help = match by.split_once(" -") {
                Some((program, "c")) if super::shell_text::SHELLS.contains(&program) => {
                    format!("pass it beside the text: `{by} 'echo \"$1\"' {program} ${{{{ x }}}}`")
                }
                Some(_) => "pass it beside the program, as an argument of its own, or through `env:`".to_owned(),
                None => "pass it as an argument to a command; compute with it in the expression: `${{ params.n + 1 }}`"
                    .to_owned(),
            };
            diagnostic.at(place, "not passed as it is").help(help)
        };
        read.evaluated.iter().map(warning).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::evaluator;

    /// What runs the value that stands for `@`.
    fn runs(command: &str) -> Option<String> {
        let (before, after) = command.split_once('@').unwrap();
        evaluator("", before, after)
    }

    #[test]
    fn a_value_that_becomes_a_program_is_known() {
        for (command, by) in [
            ("eval echo @", "eval"),
            ("then eval \"echo @\"", "eval"),
            ("trap 'rm @' EXIT", "trap"),
            ("trap -- @ EXIT", "trap"),
            ("let x=@+1", "let"),
            ("sh -c \"ls @\"", "sh -c"),
            ("A=b /bin/bash -ec 'ls '@", "bash -c"),
            ("find . -exec sh -c \"ls @\" ';'", "sh -c"),
            ("python3 -c \"print('@')\"", "python3 -c"),
            ("perl -ne \"print if /@/\" file", "perl -e"),
            ("[[ @ -gt 3 ]]", "[[ ]]"),
        ] {
            assert_eq!(runs(command).as_deref(), Some(by), "{command}");
        }
        assert_eq!(evaluator("x; ((", " y = @", " )) "), Some("(( ))".to_owned()));
    }

    #[test]
    fn a_value_that_is_passed_is_not_told() {
        for command in [
            "echo eval @",
            "@ eval",
            "sh -c 'ls \"$1\"' sh @",
            "sh script.sh -c @",
            "bash @ -c x",
            "python3 -m tool -c @",
            "trap 'rm x' @",
            "eval=1 echo @",
            "[[ @ == a* ]]",
            "echo '[[ 1 -eq 1 ]]' @",
            "grep -c @ file",
        ] {
            assert_eq!(runs(command), None, "{command}");
        }
    }
}
