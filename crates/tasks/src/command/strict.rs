//! How a shell is started so that its text ends where something fails, also before the last `|`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};

/// What a program that runs shell texts can do.
#[derive(Clone, Copy, Default)]
struct Abilities {
    /// Whether a failure before the last `|` can be the failure of the whole.
    pipefail: bool,
    /// Whether it is bash, by whatever name: it can tell where a text failed.
    bash: bool,
}

/// Says what the shell can do: `sh` is another program on each system.
const PROBE: &str = r#"(set -o pipefail) 2>/dev/null && echo pipefail; test -n "$BASH_VERSION" && echo bash; :"#;

/// Each program is asked once.
static KNOWN: LazyLock<Mutex<BTreeMap<String, Abilities>>> = LazyLock::new(Mutex::default);

impl Abilities {
    fn of(program: &str) -> Self {
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        *known.entry(program.to_owned()).or_insert_with(|| Self::ask(program))
    }

    /// What cannot be asked can do nothing; that it cannot be started is told when it is to run.
    fn ask(program: &str) -> Self {
        let mut command = Command::new(program);
        command.args(["-c", PROBE]).env_clear().stdin(Stdio::null()).stderr(Stdio::null());
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        let said = command.output().map(|output| output.stdout).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let has = |word| said.lines().any(|line| line == word);
        Self { pipefail: has("pipefail"), bash: has("bash") }
    }
}

/// What of a text hangs on the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traits {
    /// Whether there is a `|`.
    pub pipes: bool,
    /// Whether there are several lines.
    pub lines: bool,
}

/// A shell for a strict text.
pub struct StrictShell {
    /// The program.
    pub program: String,
    can: Abilities,
    /// Whether it stands in for a `sh` that cannot do as much.
    stands_in: bool,
}

impl StrictShell {
    /// The declared shell; else `sh`, or bash where `sh` cannot be as strict as the text asks and bash can.
    pub fn choose(declared: Option<&str>, text: Traits) -> Self {
        let needs = text.pipes || text.lines;
        let program = declared.unwrap_or("sh");
        // A single line without a `|` is as strict in all of them, and the smallest starts first.
        let can = if needs { Abilities::of(program) } else { Abilities::default() };
        if declared.is_none() && needs && !can.bash {
            let bash = Abilities::of("bash");
            if bash.bash && bash.pipefail {
                return Self { program: "bash".to_owned(), can: bash, stands_in: true };
            }
        }
        Self { program: program.to_owned(), can, stands_in: false }
    }

    /// Whether a failure before a `|` counts.
    pub fn has_pipefail(&self) -> bool {
        self.can.pipefail
    }

    /// Whether the end of this run is none: a program that wrote more than its reader wanted is no failure.
    pub fn is_no_failure(&self, code: i32, failed_line: Option<usize>) -> bool {
        self.can.bash && code == BROKEN_PIPE && failed_line.is_none()
    }

    /// The program and its arguments; where it fails is written to `record`.
    pub fn argv(&self, script: &str, record: &Path) -> Vec<String> {
        let mut argv = vec![self.program.clone(), "-e".to_owned()];
        if self.can.pipefail {
            argv.extend(["-o".to_owned(), "pipefail".to_owned()]);
        }
        if !self.can.bash {
            argv.extend(["-c".to_owned(), script.to_owned()]);
            return argv;
        }
        // `echo` and `{a,b}` go on to mean what they mean in the other shell.
        let words = if self.stands_in { "shopt -s xpg_echo; set +B; " } else { "" };
        let trap = TRAP.replace("RECORD", &in_double_quotes(record)).replace('\'', r"'\''");
        // All on the first line: the others keep their numbers.
        argv.extend(["-E".to_owned(), "-c".to_owned(), format!("{words}{INHERIT}trap '{trap}' ERR; {script}")]);
        argv
    }
}

/// The status of a program that was ended by SIGPIPE.
const BROKEN_PIPE: i32 = 141;

/// A failure within `$( )` ends that too; bash before 4.4 does not know how.
const INHERIT: &str = "shopt -s inherit_errexit 2>/dev/null || :; ";

/// Runs when a command fails, before the shell ends over it. If all that happened is that readers had read enough (`… | head`), the
/// shell is kept from ending, until before the next command; else the line is written down.
const TRAP: &str = r#"for tidemill_status in "${PIPESTATUS[@]}" all; do case $tidemill_status in 0|141) ;; *) break;; esac; done; case $tidemill_status/$- in all/*e*) set +e -T; trap "set -e +T; trap - DEBUG" DEBUG;; */*e*) echo "$LINENO" >"RECORD";; esac"#;

fn in_double_quotes(path: &Path) -> String {
    let path = path.to_string_lossy();
    path.chars().fold(String::new(), |mut quoted, c| {
        if "\"\\$`".contains(c) {
            quoted.push('\\');
        }
        quoted.push(c);
        quoted
    })
}

/// Where a shell writes down the line at which it failed.
pub fn record(scratch: &Path) -> PathBuf {
    scratch.join("failed-line")
}

/// The line that was written down, from 1.
pub fn recorded(record: &Path) -> Option<usize> {
    fs::read_to_string(record).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exit code, 0 for what is no failure, and the line.
    fn ended(text: &str) -> (i32, Option<usize>) {
        let folder = tempfile::Builder::new().prefix("it's \"$a`").tempdir().unwrap();
        let record = record(folder.path());
        let shell = StrictShell::choose(Some("bash"), Traits { pipes: true, lines: true });
        let argv = shell.argv(text, &record);
        let output = Command::new(&argv[0]).args(&argv[1..]).output().unwrap();
        let (code, line) = (output.status.code().unwrap(), recorded(&record));
        (if shell.is_no_failure(code, line) { 0 } else { code }, line)
    }

    #[test]
    fn the_first_failure_ends_the_text_and_its_line_is_known() {
        for (text, code, line) in [
            ("true\nfalse\nexit 9", 1, 2),
            ("false | sort\nexit 9", 1, 1),
            ("no_such_program x | sort >/dev/null; exit 9", 127, 1),
            ("true\nx=$(false; echo y)\nexit 9", 1, 2),
            ("f() {\n  (exit 4)\n  true\n}\nf\nexit 9", 4, 2),
            ("for x in 1 2; do\n  true\n  false\ndone\nexit 9", 1, 3),
            ("yes | head -1\nfalse\nexit 9", 1, 2),
            ("yes | head -1\n(true; false; exit 8)\nexit 9", 1, 2),
            ("false | yes | head -1\nexit 9", 141, 1),
            ("set +e; false; set -e\nyes | head -1; false\nexit 9", 1, 2),
        ] {
            assert_eq!(ended(text), (code, Some(line)), "{text}");
        }
    }

    #[test]
    fn what_is_asked_or_has_read_enough_is_no_failure() {
        for text in [
            "false || true",
            "if false; then :; fi",
            "! true; true",
            "while false; do :; done",
            "[ -e /no/such ] && exit 9; true",
            "yes | head -1",
            "x=$(yes | head -1)\ntest \"$x\" = y",
            "(yes | head -1)\nf() { yes | head -1; }\nf\ntrue",
            "set +e; false; true",
            "yes | head -1; set +e; false; true",
        ] {
            assert_eq!(ended(text), (0, None), "{text}");
        }
        assert_eq!(ended("yes | head -1; exit 3"), (3, None));
    }
}
