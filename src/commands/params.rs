//! The flags that give parameters their values, and the screen that tells which there are.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};
use tidemill_core::spec::{Param, ParamOrigin, Spec};
use unicode_width::UnicodeWidthStr;

use super::pipeline_history::json_lines;
use crate::failure::Failure;
use crate::global::Global;
use crate::terminal::{Paint, Stream, put};
use tidemill_runner::project::Wanted;

/// `-p` and `--params-file`.
#[derive(Args, Debug, Clone, Default)]
pub struct ParamArgs {
    /// Set a parameter; the value is read as YAML, so that `-p xs='[FR, DE]'` is a list
    #[arg(short = 'p', long = "param", value_name = "NAME=VALUE")]
    pub params: Vec<String>,
    /// Set parameters from a YAML file
    #[arg(long, value_name = "F")]
    pub params_file: Option<PathBuf>,
}

impl ParamArgs {
    /// Whether they say nothing.
    pub fn is_empty(&self) -> bool {
        self.params.is_empty() && self.params_file.is_none()
    }

    /// What they ask for.
    pub fn wanted(&self) -> Result<Wanted, Failure> {
        let params = self
            .params
            .iter()
            .map(|text| match text.split_once('=') {
                Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
                _ => Err(Failure::wrong(format!("`-p {text}` is not NAME=VALUE")).help("write `-p top_n=20`")),
            })
            .collect::<Result<_, _>>()?;
        Ok(Wanted { params, params_file: self.params_file.clone(), ..Wanted::default() })
    }
}

/// Shows the pipeline's parameters. Mistakes in its tasks do not matter here.
pub fn help(global: &Global, args: &ParamArgs, json: bool) -> Result<ExitCode, Failure> {
    let opened = global.open(&args.wanted()?)?;
    let Some(spec) = &opened.spec else { return Err(opened.mistakes()) };
    if json {
        return put(&json_lines(spec.params.iter().map(object).collect::<Vec<_>>()));
    }
    put(&screen(spec, Paint(global.color.wanted(Stream::Stdout))))
}

/// One parameter for programs.
fn object((name, param): (&String, &Param)) -> Value {
    json!({
        "name": name,
        "type": param.kind,
        "default": param.default,
        "required": param.default.is_none(),
        "value": param.value,
        "origin": param.origin,
        "min": param.min,
        "max": param.max,
        "enum": param.one_of,
        "help": param.help,
    })
}

/// All parameters for people: the value, what else it may be, and what it is for.
fn screen(spec: &Spec, paint: Paint) -> String {
    let pipeline = paint.bold(&spec.name.value);
    let Some(width) = spec.params.keys().map(|name| name.width()).max() else {
        return format!("{pipeline} has no parameters\n");
    };
    let mut text = format!("Parameters of {pipeline}\n\n");
    for (name, param) in &spec.params {
        let gap = " ".repeat(width - name.width());
        let may_be = paint.dim(format!("({}{})", param.kind.name(), allowed(param)));
        text += &format!("  {}{gap}  {}  {may_be}\n", paint.bold(name), value(param, paint));
        for line in param.help.iter().flat_map(|help| help.lines()) {
            text += &format!("  {:width$}  {line}\n", "");
        }
    }
    text += &paint.dim("\nSet one with `-p NAME=VALUE`, several with `--params-file F` or a `--profile`.");
    text + "\n"
}

/// The value that a run would have, and where it comes from if not from the file.
fn value(param: &Param, paint: Paint) -> String {
    let from = match param.origin {
        ParamOrigin::Default if param.default.is_none() => return paint.yellow("must be given"),
        ParamOrigin::Default => return written(&param.value),
        ParamOrigin::Profile => "the profile",
        ParamOrigin::ParamsFile => "the file",
        ParamOrigin::CommandLine => "`-p`",
    };
    let default = param.default.as_ref().map(|default| format!(", else {}", written(default))).unwrap_or_default();
    format!("{} by {from}{default}", paint.cyan(written(&param.value)))
}

/// Which values of its type fit.
fn allowed(param: &Param) -> String {
    if !param.one_of.is_empty() {
        return format!(": {}", param.one_of.iter().map(written).collect::<Vec<_>>().join(", "));
    }
    match (param.min, param.max) {
        (Some(min), Some(max)) => format!(", {min} to {max}"),
        (Some(min), None) => format!(", {min} or more"),
        (None, Some(max)) => format!(", {max} or less"),
        (None, None) => String::new(),
    }
}

/// A value as `-p` takes it.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
