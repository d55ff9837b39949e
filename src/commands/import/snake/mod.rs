//! Snakefiles: what the first rule needs, with the values of its wildcards.

mod literal;
mod parse;
mod wildcards;

use std::collections::BTreeSet;

use self::literal::PythonLiteral;
use self::parse::{SnakeRule, Snakefile, parse};
use self::wildcards::{Bindings, filled, matched};
use super::Tool;
use super::imported::{Imported, ImportedTask};

/// Rules with `input`, `output`, `params` and `shell`.
pub const TOOL: Tool =
    Tool { name: "snakemake", is_its: |name, _| name == "snakefile" || name.ends_with(".smk"), read };

/// So many tasks at most: wildcards may call for any number.
const MOST: usize = 10_000;

/// A rule with values for its wildcards.
type Instance = (usize, Bindings);

fn read(text: &str) -> Result<Imported, String> {
    let mut imported = Imported::default();
    let file = parse(text, &mut imported);
    let Some(goal) = file.rules.first() else { return Ok(imported) };
    let mut plan = Wanted { file: &file, made: BTreeSet::new(), open: BTreeSet::new(), tasks: Vec::new() };
    if goal.output.iter().any(|(_, path)| path.contains('{')) {
        let text = format!("the first rule, `{}`, has wildcards: nothing says which files are wanted", goal.name);
        imported.remark(goal.line, text);
        return Ok(imported);
    }
    plan.want((0, Bindings::new()), &mut imported);
    imported.tasks = plan.tasks;
    let used: BTreeSet<usize> = plan.made.iter().map(|(rule, _)| *rule).collect();
    for (at, rule) in file.rules.iter().enumerate().filter(|(at, _)| !used.contains(at)) {
        if rule.wrong.is_none() {
            let why = format!("`{}` does not need it: a run makes all that is in the pipeline", goal.name);
            imported.remark(rule.line, format!("the rule `{}` is left out, for {why}", rule.name));
        } else {
            tell_wrong(at, &file, &mut imported);
        }
    }
    Ok(imported)
}

/// Tells once why a rule could not be read.
fn tell_wrong(at: usize, file: &Snakefile, imported: &mut Imported) {
    let rule = &file.rules[at];
    if let Some((line, why)) = &rule.wrong {
        let text = format!("the rule `{}` is left out: {why}", rule.name);
        if !imported.remarks.iter().any(|remark| remark.text == text) {
            imported.remark(*line, text);
        }
    }
}

/// What is wanted, from the goal back.
struct Wanted<'a> {
    file: &'a Snakefile,
    /// What has been looked at, and is a task if it can be.
    made: BTreeSet<Instance>,
    open: BTreeSet<Instance>,
    tasks: Vec<ImportedTask>,
}

impl Wanted<'_> {
    /// Makes the tasks that an instance needs, and its own. A list of what is to be looked at, not recursion: a chain may have
    /// thousands of rules.
    fn want(&mut self, goal: Instance, imported: &mut Imported) {
        let mut stack = vec![(goal, false)];
        while let Some((instance, are_needs_made)) = stack.pop() {
            if self.made.contains(&instance) {
                continue;
            }
            let rule = &self.file.rules[instance.0];
            if are_needs_made {
                self.make(rule, &instance, imported);
                self.open.remove(&instance);
                self.made.insert(instance);
                continue;
            }
            if rule.wrong.is_some() || self.made.len() + self.open.len() >= MOST {
                tell_wrong(instance.0, self.file, imported);
                self.made.insert(instance);
                continue;
            }
            self.open.insert(instance.clone());
            let needs = self.needs(rule, &instance);
            stack.push((instance, true));
            // Of a circle nothing could come first: the way back is left out.
            stack.extend(needs.into_iter().rev().filter(|need| !self.open.contains(need)).map(|need| (need, false)));
        }
    }

    /// The instances whose files one reads.
    fn needs(&self, rule: &SnakeRule, (_, values): &Instance) -> Vec<Instance> {
        let paths = rule.input.iter().filter_map(|(_, path)| filled(path, values).ok());
        paths.filter_map(|path| self.maker(&path)).collect()
    }

    /// The rule that makes a file, with the values of its wildcards.
    fn maker(&self, path: &str) -> Option<Instance> {
        let rules = self.file.rules.iter().enumerate();
        rules
            .flat_map(|(at, rule)| rule.output.iter().map(move |(_, pattern)| (at, pattern)))
            .find_map(|(at, pattern)| Some((at, matched(pattern, path)?)))
    }

    fn make(&mut self, rule: &SnakeRule, (_, values): &Instance, imported: &mut Imported) {
        // A rule without a command only names what is wanted.
        let Some(shell) = &rule.shell else { return };
        let fill_all = |paths: &[(Option<String>, String)]| {
            let fill = |(name, path): &(Option<String>, String)| Ok((name.clone(), filled(path, values)?));
            paths.iter().map(fill).collect::<Result<Vec<_>, String>>()
        };
        let read = fill_all(&rule.input).and_then(|input| Ok((input, fill_all(&rule.output)?, fill_all(&rule.log)?)));
        let run = read.and_then(|(input, output, log)| {
            let names = Names { rule, values, input: &input, output: &output, log: &log };
            let run = command(shell, &names, &output)?;
            Ok((input, output, run))
        });
        let (input, output, run) = match run {
            Ok(parts) => parts,
            Err(why) => {
                imported.remark(rule.line, format!("the rule `{}` is left out: {why}", rule.name));
                return;
            }
        };
        let words: Vec<&str> = std::iter::once(rule.name.as_str()).chain(values.values().map(String::as_str)).collect();
        let paths = |list: Vec<(Option<String>, String)>| list.into_iter().map(|(_, path)| path).collect();
        self.tasks.push(ImportedTask {
            name: words.join("_"),
            description: rule.message.clone().filter(|message| !message.contains('{')),
            run,
            // Snakemake ends a command at its first failure, in bash.
            shell: Some("bash".to_owned()),
            inputs: paths(input),
            outputs: paths(output),
            ..ImportedTask::default()
        });
    }
}

/// What the names in a command stand for.
struct Names<'a> {
    rule: &'a SnakeRule,
    values: &'a Bindings,
    input: &'a [(Option<String>, String)],
    output: &'a [(Option<String>, String)],
    log: &'a [(Option<String>, String)],
}

impl Names<'_> {
    /// `input`, `input[0]`, `output.name`, `params.x`, `wildcards.sample`, `threads`.
    fn value(&self, name: &str) -> Result<String, String> {
        let unknown = || format!("`{{{name}}}` is not translated");
        let (base, part) = match name.find(['.', '[']) {
            Some(at) => (&name[..at], Some(name[at..].trim_matches(['.', '[', ']']))),
            None => (name, None),
        };
        let of_paths = |paths: &[(Option<String>, String)]| -> Option<String> {
            let all = |paths: &mut dyn Iterator<Item = &(Option<String>, String)>| {
                let paths: Vec<&str> = paths.map(|(_, path)| path.as_str()).collect();
                (!paths.is_empty()).then(|| paths.join(" "))
            };
            match part {
                None => Some(all(&mut paths.iter()).unwrap_or_default()),
                Some(part) => match part.parse::<usize>() {
                    Ok(at) => paths.get(at).map(|(_, path)| path.clone()),
                    Err(_) => all(&mut paths.iter().filter(|(name, _)| name.as_deref() == Some(part))),
                },
            }
        };
        let found = match base {
            "input" => of_paths(self.input),
            "output" => of_paths(self.output),
            "log" => of_paths(self.log),
            "threads" if part.is_none() => Some(self.rule.threads.unwrap_or(1).to_string()),
            "rule" if part.is_none() => Some(self.rule.name.clone()),
            "wildcards" => part.and_then(|part| self.values.get(part).cloned()),
            "params" => return self.parameter(part).ok_or_else(unknown)?,
            _ => None,
        };
        found.ok_or_else(unknown)
    }

    fn parameter(&self, part: Option<&str>) -> Option<Result<String, String>> {
        let text = |value: &PythonLiteral| filled(&value.joined(" "), self.values);
        match part {
            None => {
                let all: Result<Vec<String>, String> = self.rule.params.iter().map(|(_, value)| text(value)).collect();
                Some(all.map(|all| all.join(" ")))
            }
            Some(part) => {
                let by_place = part.parse::<usize>().ok().and_then(|at| self.rule.params.get(at));
                let by_name = || self.rule.params.iter().find(|(name, _)| name.as_deref() == Some(part));
                by_place.or_else(by_name).map(|(_, value)| text(value))
            }
        }
    }
}

/// The text for the shell. Snakemake makes the folders of what is written.
fn command(shell: &str, names: &Names<'_>, output: &[(Option<String>, String)]) -> Result<String, String> {
    let mut text = String::new();
    let mut rest = shell;
    while let Some(at) = rest.find(['{', '}']) {
        text += &rest[..at];
        let tail = &rest[at..];
        if tail.starts_with("{{") || tail.starts_with("}}") {
            text += &tail[..1];
            rest = &tail[2..];
            continue;
        }
        let end = tail.find('}').filter(|_| tail.starts_with('{')).ok_or("a brace in `shell` has no other")?;
        text += &names.value(tail[1..end].trim())?;
        rest = &tail[end + 1..];
    }
    text += rest;
    let folders: BTreeSet<&str> = output
        .iter()
        .chain(names.log)
        .filter_map(|(_, path)| Some(path.rsplit_once('/')?.0))
        .filter(|path| !path.is_empty())
        .collect();
    let folders: Vec<&str> = folders.into_iter().collect();
    let first = if folders.is_empty() { String::new() } else { format!("mkdir -p {}\n", folders.join(" ")) };
    Ok(first + &dedented(&text))
}

/// A text without blank lines around it and without what all of its lines begin with: what is behind that may mean something, as
/// in a program that the command holds.
fn dedented(text: &str) -> String {
    let is_blank = |line: &&str| line.trim().is_empty();
    let lines: Vec<&str> = text.lines().skip_while(is_blank).collect();
    let end = lines.iter().rposition(|line| !is_blank(line)).map_or(0, |last| last + 1);
    let lines = &lines[..end];
    let depth = |line: &&str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let common = lines.iter().filter(|line| !is_blank(line)).map(depth).min().unwrap_or(0);
    let lines: Vec<&str> = lines.iter().map(|line| line.get(common..).unwrap_or_default()).collect();
    lines.join("\n")
}
