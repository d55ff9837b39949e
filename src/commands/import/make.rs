//! Makefiles: what the first target needs.

use std::collections::{BTreeMap, BTreeSet};

use super::Tool;
use super::imported::{Imported, ImportedTask};

/// Rules, variables and `.PHONY`.
pub const TOOL: Tool =
    Tool { name: "make", is_its: |name, _| name == "makefile" || name == "gnumakefile" || name.ends_with(".mk"), read };

/// Variables that name each other are followed so deep.
const DEEPEST: usize = 20;

/// One rule, for one target.
#[derive(Clone, Debug, Default)]
struct Rule {
    line: usize,
    needs: Vec<String>,
    recipe: Vec<String>,
}

impl Rule {
    /// Whether all that it does is to make a folder.
    fn makes_folder(&self) -> bool {
        let is_mkdir = |line: &String| {
            let line = line.trim_start_matches(['@', '-', '+']).trim_start();
            line.starts_with("mkdir ") && !line.contains(['&', '|', ';', '<', '>'])
        };
        !self.recipe.is_empty() && self.recipe.iter().all(is_mkdir)
    }
}

/// A Makefile as far as it was understood.
#[derive(Default)]
struct Makefile {
    variables: BTreeMap<String, String>,
    rules: BTreeMap<String, Rule>,
    phony: BTreeSet<String>,
    first: Option<String>,
    /// `.DEFAULT_GOAL`.
    goal: Option<String>,
    /// `SHELL`.
    shell: Option<String>,
}

fn read(text: &str) -> Result<Imported, String> {
    let mut imported = Imported::default();
    let make = parse(text, &mut imported);
    let Some(goal) = make.goal.clone().or(make.first.clone()) else { return Ok(imported) };
    let order = needed(&make, &goal);
    let mut made = BTreeSet::new();
    for target in &order {
        let rule = &make.rules[target];
        made.insert(target.clone());
        if rule.recipe.is_empty() {
            if *target != goal {
                imported.remark(rule.line, format!("`{target}` only names others: what needs it needs those"));
            }
            continue;
        }
        match task(&make, target, rule) {
            Ok(mut task) => {
                // What comes later needs this one: make breaks such a circle too.
                let comes_later =
                    |need: &String| need == target || make.rules.contains_key(need) && !made.contains(need);
                task.after.retain(|need| !comes_later(need));
                task.inputs.retain(|need| !comes_later(need));
                imported.tasks.push(task);
            }
            Err(why) => imported.remark(rule.line, format!("the rule for `{target}` is left out: {why}")),
        }
    }
    for (target, rule) in &make.rules {
        if !made.contains(target) && !rule.recipe.is_empty() {
            let why = "a run makes all that is in the pipeline";
            imported.remark(rule.line, format!("`{target}` is left out, for `{goal}` does not need it: {why}"));
        }
    }
    Ok(imported)
}

/// The targets that one needs, and it, those that go first first. A list of what is to be looked at, not recursion: a chain may
/// have thousands of rules.
fn needed(make: &Makefile, goal: &str) -> Vec<String> {
    let (mut order, mut seen) = (Vec::new(), BTreeSet::new());
    // A target, and how many of its needs were looked at.
    let mut open = vec![(goal.to_owned(), 0)];
    seen.insert(goal.to_owned());
    while let Some((target, looked)) = open.last_mut() {
        let next = make.rules.get(target).and_then(|rule| rule.needs.get(*looked));
        match next {
            Some(need) => {
                *looked += 1;
                if make.rules.contains_key(need) && seen.insert(need.clone()) {
                    open.push((need.clone(), 0));
                }
            }
            None => {
                if make.rules.contains_key(target) {
                    order.push(std::mem::take(target));
                }
                open.pop();
            }
        }
    }
    order
}

fn task(make: &Makefile, target: &str, rule: &Rule) -> Result<ImportedTask, String> {
    let is_phony = make.phony.contains(target);
    let automatic = |name: &str| -> Option<String> {
        Some(match name {
            "@" => target.to_owned(),
            "<" => rule.needs.first().cloned().unwrap_or_default(),
            "^" | "+" => rule.needs.join(" "),
            "@D" => folder_and_file(target).0.to_owned(),
            "@F" => folder_and_file(target).1.to_owned(),
            "<D" => folder_and_file(rule.needs.first()?).0.to_owned(),
            "<F" => folder_and_file(rule.needs.first()?).1.to_owned(),
            _ => return None,
        })
    };
    let mut lines = Vec::new();
    for line in &rule.recipe {
        let mut line = line.trim_start_matches(['@', '+']);
        let may_fail = line.starts_with('-');
        line = line.trim_start_matches(['-', '@', '+']).trim_start();
        let mut expanded = expand(make, line, &automatic, 0)?;
        if may_fail {
            expanded = format!("{expanded} || true");
        }
        lines.push(expanded);
    }
    // Make gives each line a shell of its own, so that a folder that one goes to is not the next one's.
    if lines.len() > 1 {
        lines.iter_mut().filter(|line| line.starts_with("cd ")).for_each(|line| *line = format!("({line})"));
    }
    let (mut inputs, mut after) = (Vec::new(), Vec::new());
    for need in &rule.needs {
        let other = make.rules.get(need).filter(|other| !other.recipe.is_empty());
        let is_file = !make.phony.contains(need) && !other.is_some_and(Rule::makes_folder);
        match other {
            Some(_) if !is_file => after.push(need.clone()),
            None if make.rules.contains_key(need) => after.extend(make.rules[need].needs.clone()),
            _ => inputs.push(need.clone()),
        }
    }
    Ok(ImportedTask {
        name: target.to_owned(),
        run: lines.join("\n"),
        shell: make.shell.clone(),
        inputs,
        outputs: if is_phony || rule.makes_folder() { Vec::new() } else { vec![target.to_owned()] },
        after,
        ..ImportedTask::default()
    })
}

/// The folder of a path and the name in it, as make has them.
fn folder_and_file(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or((".", path))
}

fn parse(text: &str, imported: &mut Imported) -> Makefile {
    let mut make = Makefile::default();
    let mut current: Vec<String> = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    let mut skipped = 0;
    while let Some((at, line)) = lines.next() {
        let (no, mut line) = (at + 1, line.to_owned());
        while line.ends_with('\\') {
            line.pop();
            let Some((_, more)) = lines.next() else { break };
            line = format!("{} {}", line.trim_end(), more.trim_start());
        }
        if let Some(recipe) = line.strip_prefix('\t') {
            let recipe = recipe.trim();
            if skipped == 0 && !recipe.is_empty() && !recipe.starts_with('#') {
                for target in &current {
                    make.rules.entry(target.clone()).or_default().recipe.push(recipe.to_owned());
                }
            }
            continue;
        }
        let line = line.split('#').next().unwrap_or_default().trim();
        let word = line.split_whitespace().next().unwrap_or_default();
        match word {
            "" => continue,
            "ifeq" | "ifneq" | "ifdef" | "ifndef" | "define" => {
                skipped += 1;
                imported.remark(no, format!("`{word}` and what is in it is left out"));
            }
            "endif" | "endef" => skipped = usize::max(skipped, 1) - 1,
            _ if skipped > 0 => {}
            "include" | "-include" | "sinclude" | "export" | "vpath" => {
                imported.remark(no, format!("`{word}` is left out"));
            }
            _ => current = statement(&mut make, line, no, imported),
        }
    }
    make
}

/// A variable or the head of a rule, whose targets come back.
fn statement(make: &mut Makefile, line: &str, no: usize, imported: &mut Imported) -> Vec<String> {
    if let Some((name, sign, value)) = assignment(line) {
        let known = make.variables.get(name).cloned();
        let value = match (sign, known) {
            ("?=", Some(known)) => known,
            ("+=", Some(known)) => format!("{known} {value}"),
            _ => value.to_owned(),
        };
        match name {
            // Tidemill knows these four by their names alone.
            "SHELL" => {
                let program = folder_and_file(&value).1;
                let is_known = ["sh", "dash", "bash", "zsh"].contains(&program);
                make.shell =
                    Some(if is_known { program.to_owned() } else { value.clone() }).filter(|shell| shell != "sh");
            }
            ".DEFAULT_GOAL" => make.goal = Some(value.clone()),
            ".SHELLFLAGS" | "MAKEFLAGS" => imported.remark(no, format!("`{name}` is left out")),
            _ => {}
        }
        make.variables.insert(name.to_owned(), value);
        return Vec::new();
    }
    let Some((targets, needs)) = line.split_once(':') else {
        imported.remark(no, "this is neither a rule nor a variable: left out");
        return Vec::new();
    };
    let (needs, recipe) =
        needs.trim_start_matches(':').split_once(';').map_or((needs, None), |(needs, line)| (needs, Some(line)));
    if assignment(needs.trim()).is_some() {
        imported
            .remark(no, format!("a variable of `{}` alone is left out: `env` of its task sets one", targets.trim()));
        return Vec::new();
    }
    let none = |_: &str| None;
    let expanded = expand(make, targets, &none, 0).and_then(|targets| Ok((targets, expand(make, needs, &none, 0)?)));
    let (targets, needs) = match expanded {
        Ok(expanded) => expanded,
        Err(why) => {
            imported.remark(no, format!("the rule is left out: {why}"));
            return Vec::new();
        }
    };
    let is_grouped = targets.trim_end().ends_with('&');
    if is_grouped {
        imported.remark(no, "`&:` is left out: each target is made by itself");
    }
    let targets: Vec<String> = targets.trim_end().trim_end_matches('&').split_whitespace().map(str::to_owned).collect();
    let needs: Vec<String> = needs.split_whitespace().filter(|need| *need != "|").map(str::to_owned).collect();
    if targets.iter().any(|target| target == ".PHONY") {
        make.phony.extend(needs);
        return Vec::new();
    }
    if let Some(pattern) = targets.iter().find(|target| target.contains('%')) {
        imported.remark(no, format!("the pattern `{pattern}` is left out: write a task with `foreach`"));
        return Vec::new();
    }
    if targets.first().is_some_and(|target| target.starts_with('.')) {
        imported.remark(no, format!("`{}` is left out", targets[0]));
        return Vec::new();
    }
    for target in &targets {
        make.first.get_or_insert_with(|| target.clone());
        let rule = make.rules.entry(target.clone()).or_default();
        rule.line = if rule.line == 0 { no } else { rule.line };
        rule.needs.extend(needs.iter().cloned());
        rule.recipe.extend(recipe.map(|recipe| recipe.trim().to_owned()));
    }
    targets
}

/// `NAME = value`, with its sign.
fn assignment(line: &str) -> Option<(&str, &str, &str)> {
    let at = line.find('=')?;
    let (head, value) = (&line[..at], line[at + 1..].trim());
    let (name, sign) = match head.chars().next_back() {
        Some('?') => (&head[..at - 1], "?="),
        Some('+') => (&head[..at - 1], "+="),
        _ => (head.trim_end_matches(':'), "="),
    };
    let name = name.trim();
    let is_name =
        !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.-".contains(letter));
    is_name.then_some((name, sign, value))
}

/// A text with the values of its variables. `$$` is a dollar for the shell.
fn expand(
    make: &Makefile,
    text: &str,
    automatic: &dyn Fn(&str) -> Option<String>,
    depth: usize,
) -> Result<String, String> {
    if depth > DEEPEST {
        return Err(format!("its variables name each other: `{text}`"));
    }
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        expanded += &rest[..at];
        rest = &rest[at + 1..];
        let Some(first) = rest.chars().next() else { break };
        let name = match first {
            '$' => {
                expanded.push('$');
                rest = &rest[1..];
                continue;
            }
            '(' | '{' => {
                let close = if first == '(' { ')' } else { '}' };
                let end = rest.find(close).ok_or_else(|| format!("`${rest}` does not end"))?;
                let name = &rest[1..end];
                rest = &rest[end + 1..];
                name
            }
            _ => {
                let name = &rest[..first.len_utf8()];
                rest = &rest[first.len_utf8()..];
                name
            }
        };
        if let Some(value) = automatic(name) {
            expanded += &value;
        } else if name.contains([' ', ',', '%', ':']) || ["*", "?", "@D", "@F", "<D", "<F"].contains(&name) {
            return Err(format!("`$({name})` is not translated"));
        } else if let Some(value) = make.variables.get(name) {
            expanded += &expand(make, value, automatic, depth + 1)?;
        } else if depth == 0 && ["MAKE", "MAKEFLAGS", "CURDIR"].contains(&name) {
            return Err(format!("`$({name})` is not translated"));
        }
    }
    Ok(expanded + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_followed_and_the_shell_keeps_its_dollars() {
        let make = parse("A = x $(B)\nB := y\nA += z\n", &mut Imported::default());
        let none = |_: &str| None;
        assert_eq!(expand(&make, "$(A) ${B} $$HOME $(none)", &none, 0).as_deref(), Ok("x y z y $HOME "));
        assert!(expand(&make, "$(wildcard *.c)", &none, 0).is_err());
        let circle = parse("A = $(B)\nB = $(A)\n", &mut Imported::default());
        assert!(expand(&circle, "$(A)", &none, 0).is_err());
    }
}
