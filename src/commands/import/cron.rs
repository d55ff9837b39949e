//! Crontabs.

use std::collections::BTreeMap;

use super::Tool;
use super::imported::{Imported, ImportedTask};

/// Lines of five fields and a command.
pub const TOOL: Tool = Tool { name: "cron", is_its: |name, text| name.contains("cron") || has_times(text), read };

/// Words for times, and what they stand for.
const WORDS: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

fn has_times(text: &str) -> bool {
    text.lines().any(|line| matches!(parsed(line), Some((_, command)) if !command.is_empty()))
        && text.lines().all(|line| {
            line.trim().is_empty() || line.starts_with('#') || variable(line).is_some() || parsed(line).is_some()
        })
}

fn read(text: &str) -> Result<Imported, String> {
    let mut imported = Imported::default();
    let (mut zone, mut times): (Option<String>, Vec<(usize, String)>) = (None, Vec::new());
    // A variable is that of the lines below it.
    let mut env: Vec<(String, String)> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let (no, line) = (at + 1, line.trim());
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some((name, value)) = variable(line) {
            match name {
                "CRON_TZ" | "TZ" => zone = Some(value.to_owned()),
                "MAILTO" | "MAILFROM" => {
                    imported.remark(no, format!("`{name}` is left out: an `email` task under `on_failure` sends mail"));
                }
                "SHELL" | "PATH" | "HOME" => imported.remark(no, format!("`{name}` is left out: commands have yours")),
                _ => {
                    env.retain(|(known, _)| known != name);
                    env.push((name.to_owned(), value.to_owned()));
                }
            }
            continue;
        }
        let Some((time, command)) = parsed(line) else {
            imported.remark(no, "this is no line of a crontab: left out");
            continue;
        };
        if command.replace("\\%", "").contains('%') {
            imported.remark(no, "`%` stands for a line break there, and what follows the first is the input: left out");
            continue;
        }
        times.push((no, time));
        let run = command.replace("\\%", "%");
        imported.tasks.push(ImportedTask { name: name_of(&run), run, env: env.clone(), ..ImportedTask::default() });
    }
    unique(&mut imported.tasks);
    if imported.tasks.iter().all(|task| task.env == env) {
        imported.tasks.iter_mut().for_each(|task| task.env.clear());
        imported.env = env;
    }
    match times.first() {
        Some((_, first)) if times.iter().all(|(_, time)| time == first) => {
            if zone.is_none() {
                imported.remark(times[0].0, "cron has the machine's time, a pipeline UTC: `timezone` says another");
            }
            imported.schedule = Some((first.clone(), zone));
        }
        _ => {
            for (no, time) in times {
                imported.remark(
                    no,
                    format!(
                        "it runs at `{time}`, others at other times: a pipeline has one schedule; import them apart"
                    ),
                );
            }
        }
    }
    Ok(imported)
}

/// A line's time and its command.
fn parsed(line: &str) -> Option<(String, &str)> {
    let line = line.trim();
    if line.starts_with('@') {
        let (word, command) = line.split_once(char::is_whitespace)?;
        let time = WORDS.iter().find(|(known, _)| *known == word)?.1;
        return Some((time.to_owned(), command.trim()));
    }
    let mut rest = line;
    let mut fields = Vec::new();
    for _ in 0..5 {
        let (field, after) = rest.split_once(char::is_whitespace)?;
        let is_field = field.chars().all(|letter| letter.is_ascii_alphanumeric() || "*/,-".contains(letter));
        if !is_field || !field.starts_with(|first: char| first == '*' || first.is_ascii_alphanumeric()) {
            return None;
        }
        fields.push(field);
        rest = after.trim_start();
    }
    let is_time = fields[0].starts_with(|first: char| first == '*' || first.is_ascii_digit());
    (is_time && !rest.is_empty()).then(|| (fields.join(" "), rest))
}

/// `NAME=value`.
fn variable(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let is_name = !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    is_name.then(|| (name, value.trim().trim_matches(['"', '\''])))
}

/// A name for a command: that of its program.
fn name_of(command: &str) -> String {
    let mut words = command.split_whitespace().filter(|word| !word.contains('='));
    let mut program = words.next();
    while let Some(word) = program.filter(|word| ["cd", "&&", "exec", "nice"].contains(word)) {
        program = if word == "cd" { words.nth(1) } else { words.next() };
    }
    let file = program.unwrap_or("task").rsplit('/').next().unwrap_or("task");
    file.split('.').next().unwrap_or(file).to_owned()
}

/// Gives tasks of one name numbers.
fn unique(tasks: &mut [ImportedTask]) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for task in tasks {
        let count = counts.entry(task.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            task.name = format!("{} {count}", task.name);
        }
    }
}
