//! A command at work: its arguments, its environment, how it ended.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Map, Value};
use tidemill_core::plan::resolve;
use tidemill_core::private;
use tidemill_core::spec::Template;
use tidemill_core::task::{LogLevel, RunContext, TaskFailure};
use tidemill_process::{Ended, Exit, Guardian, ProcessError, Request, Wish};

use super::environment::{CommandTemplates, inherited, text_of, variable};
use super::outputs::Outputs;
use super::shell_text::ShellText;
use super::strict::{self, StrictShell};
use super::{CommandTask, Run};
use crate::texts::runtime_names;

/// How long processes may take to end after they were asked to.
const GRACE: Duration = Duration::from_secs(5);

/// The argument by which this binary becomes the guardian of another's commands.
const GUARD: &str = "--guard-commands";

static GUARDIAN: LazyLock<Guardian> = LazyLock::new(|| {
    Guardian::new(|| {
        // On Linux this is the very file that runs, also if another has taken its name.
        let this = Path::new("/proc/self/exe");
        let binary = if cfg!(target_os = "linux") { this.to_owned() } else { std::env::current_exe()? };
        let mut command = std::process::Command::new(binary);
        command.arg(GUARD);
        Ok(command)
    })
});

/// Looks after another process's commands, if this one was started for that. To be asked before anything else.
pub fn guard() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let is_guardian = arguments.next().is_some_and(|first| first == GUARD) && arguments.next().is_none();
    is_guardian.then(|| match tidemill_process::serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    })
}

/// Lets the guardian of this process's commands end, if there is one. To be called last.
pub fn close_guardian() {
    GUARDIAN.close();
}

impl CommandTask {
    /// Runs the command to its end; sentences for the user, if it succeeded.
    pub(super) fn supervise(&self, cx: &RunContext<'_>, outputs: &Outputs<'_>) -> Result<Vec<String>, TaskFailure> {
        let shell = self.strict_shell();
        let mut warnings = Vec::new();
        let request = self.request(cx, outputs, shell.as_ref(), &mut warnings)?;
        let wish = || {
            cx.output.wait();
            match (cx.killed.is_cancelled(), cx.cancelled.is_cancelled()) {
                (true, _) => Wish::Kill,
                (false, true) => Wish::End,
                (false, false) => Wish::GoOn,
            }
        };
        let ended = GUARDIAN.run(&request, &outputs.locks(), &mut |bytes| cx.output.write(bytes), &wish);
        let tail = cx.output.end();
        let ended = ended.map_err(|error| TaskFailure { tail: tail.clone(), ..not_run(error) })?;
        if cx.cancelled.is_cancelled() {
            return Err(TaskFailure { message: "stopped".into(), cancelled: true, tail, ..TaskFailure::default() });
        }
        let line = strict::recorded(&strict::record(cx.scratch));
        let is_fine = match ended.exit {
            Exit::Code(0) => true,
            Exit::Code(code) => shell.is_some_and(|shell| shell.is_no_failure(code, line)),
            Exit::Signal(_) => false,
        };
        if !is_fine {
            return Err(self.failed(ended, line, tail));
        }
        if ended.left_behind > 0 {
            let s = if ended.left_behind == 1 { "" } else { "es" };
            warnings.push(format!("{} process{s} that it had left behind had to be ended", ended.left_behind));
        }
        warnings.iter().for_each(|warning| (cx.log)(LogLevel::Warn, warning));
        Ok(warnings)
    }

    fn request(
        &self,
        cx: &RunContext<'_>,
        outputs: &Outputs<'_>,
        shell: Option<&StrictShell>,
        warnings: &mut Vec<String>,
    ) -> Result<Request, TaskFailure> {
        let broken = |error: io::Error| TaskFailure::new(format!("cannot make {}: {error}", cx.scratch.display()));
        let scratch = cx.scratch.join("tmp");
        private::folder(&scratch).map_err(broken)?;
        let cwd = self.keys.cwd.as_ref().map_or_else(|| cx.project.to_owned(), |cwd| resolve(cx.project, &cwd.value));
        if !cwd.is_dir() {
            return Err(TaskFailure::new(format!("`cwd` is no folder: {}", cwd.display())));
        }
        let mut files = Map::new();
        for (name, input) in &self.inputs {
            files.insert(name.clone(), input.provide(name, cx, warnings)?);
        }
        let staged: Map<String, Value> =
            outputs.staged().map(|(name, path)| (name.to_owned(), path.to_string_lossy().into())).collect();

        let mut texts = CommandTemplates { cx, scope: &self.scope, names: runtime_names(cx) };
        let mut env = inherited(&self.pass_env);
        let trace = cx.trace.map(|trace| trace.variables(cx.task, cx.attempt)).unwrap_or_default();
        env.extend(trace.into_iter().map(|(name, value)| (name.to_owned(), value)));
        for (name, value) in self.scope.get("params").and_then(Value::as_object).into_iter().flatten() {
            env.insert(variable("PARAM", name), text_of(value));
        }
        env.extend(files.iter().map(|(name, value)| (variable("INPUT", name), text_of(value))));
        env.extend(staged.iter().map(|(name, value)| (variable("OUTPUT", name), text_of(value))));
        env.insert("TIDEMILL_TMP".to_owned(), scratch.to_string_lossy().into_owned());
        texts.names.insert("inputs".to_owned(), files.into());
        texts.names.insert("outputs".to_owned(), staged.into());
        for (name, text) in &self.env {
            env.insert(name.clone(), texts.render(text)?);
        }

        let mut argv = Vec::new();
        match &self.run {
            Run::Argv(list) => {
                for text in list {
                    argv.extend(texts.arguments(text)?);
                }
            }
            Run::Shell { text, read, .. } => {
                let script = script(text, read, &texts, &mut env)?;
                match shell {
                    Some(shell) => {
                        let record = strict::record(cx.scratch);
                        match std::fs::remove_file(&record) {
                            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(broken(error)),
                            _ => argv = shell.argv(&script, &record),
                        }
                    }
                    None => argv.extend([self.keys.program().to_owned(), "-c".to_owned(), script]),
                }
            }
        }
        Ok(Request { argv, env, cwd, grace: GRACE })
    }

    /// A line of the text, in words; of a text of one line all is said already.
    fn line(&self, line: usize) -> Option<String> {
        let Run::Shell { text, read, .. } = &self.run else { return None };
        // An expression of several lines is none of the shell's.
        let is_shifted = read.places.iter().any(|(hole, _)| text.text[hole.whole.clone()].contains('\n'));
        let shown = text.text.lines().nth(line.checked_sub(1)?)?.trim();
        (read.traits.lines && !is_shifted && !shown.is_empty()).then(|| format!(" in line {line}, `{shown}`"))
    }

    fn failed(&self, ended: Ended, line: Option<usize>, tail: Vec<String>) -> TaskFailure {
        let mut help = Vec::new();
        match (ended.exit, &self.run) {
            (Exit::Code(127), Run::Shell { .. }) => help.push("127: the shell found no such command".to_owned()),
            (Exit::Code(126), Run::Shell { .. }) => help.push("126: a file that cannot be executed".to_owned()),
            (Exit::Signal(9), _) => {
                help.push("SIGKILL comes from outside: often from the system when memory runs out".to_owned());
            }
            _ => {}
        }
        let exit_code = match ended.exit {
            Exit::Code(code) => Some(code),
            Exit::Signal(_) => None,
        };
        let place = line.and_then(|line| self.line(line)).unwrap_or_default();
        let message = format!("`{}` ended with {}{place}", self.shown(), ended.exit);
        TaskFailure { message, help, exit_code, tail, ..TaskFailure::default() }
    }
}

/// The text as the shell gets it: each value in a variable of `env`, which the text refers to.
fn script(
    text: &Template,
    read: &ShellText,
    texts: &CommandTemplates<'_>,
    env: &mut BTreeMap<String, String>,
) -> Result<String, TaskFailure> {
    let (mut script, mut from) = (String::new(), 0);
    for (at, (hole, place)) in read.places.iter().enumerate() {
        script.push_str(&text.text[from..hole.whole.start].replace("$${{", "${{"));
        from = hole.whole.end;
        let (is_list, values) = texts.values(text, hole)?;
        let name = |item: usize| match is_list {
            true => format!("TIDEMILL_ARG_{}_{}", at + 1, item + 1),
            false => format!("TIDEMILL_ARG_{}", at + 1),
        };
        let variables: Vec<String> = (0..values.len()).map(name).collect();
        script.push_str(&place.refer(&variables));
        env.extend(variables.into_iter().zip(values));
    }
    script.push_str(&text.text[from..].replace("$${{", "${{"));
    Ok(script)
}

/// What cannot be started will not be found the next time either; what went wrong around it may go right.
fn not_run(error: ProcessError) -> TaskFailure {
    let permanent = matches!(error, ProcessError::Start { not_found: true, .. });
    TaskFailure { message: error.to_string(), permanent, ..TaskFailure::default() }
}
