//! The pipeline file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::imported::{Imported, ImportedTask};

/// Writes a pipeline as YAML.
pub fn write(imported: &Imported, tool: &str) -> String {
    let name = imported.name.as_deref().unwrap_or("imported");
    let mut text = format!("# Imported from {tool}.\nversion: 1\nname: {}\n", scalar(name));
    // Writing to a string cannot fail.
    if let Some(description) = &imported.description {
        _ = writeln!(text, "description: {}", scalar(description));
    }
    if let Some((cron, zone)) = &imported.schedule {
        _ = writeln!(text, "\nschedule:\n  cron: {}", quoted(cron));
        if let Some(zone) = zone {
            _ = writeln!(text, "  timezone: {}", scalar(zone));
        }
    }
    map(&mut text, "", "env", &imported.env);
    text += "\ntasks:\n";
    let ids = ids(&imported.tasks);
    let mut by_name = BTreeMap::new();
    for (task, id) in imported.tasks.iter().zip(&ids) {
        by_name.entry(task.name.as_str()).or_insert(id.as_str());
    }
    // Tasks whose id, as an input, would not be the file of that name.
    let other: BTreeSet<&str> = imported
        .tasks
        .iter()
        .zip(&ids)
        .filter(|(task, id)| !task.outputs.contains(id))
        .map(|(_, id)| id.as_str())
        .collect();
    for (task, id) in imported.tasks.iter().zip(&ids) {
        let after = task.after.iter().filter_map(|name| by_name.get(name.as_str()).copied());
        let after: Vec<&str> = after.filter(|other| other != id).collect();
        one(&mut text, task, id, &after, &other);
    }
    text
}

fn one(text: &mut String, task: &ImportedTask, id: &str, after: &[&str], other: &BTreeSet<&str>) {
    _ = writeln!(text, "  {id}:\n    type: command");
    if let Some(description) = &task.description {
        _ = writeln!(text, "    description: {}", scalar(description));
    }
    let run = task.run.trim_end();
    if run.contains('\n') {
        // Where the first line is indented, it does not say where the text begins.
        let indent = if run.starts_with([' ', '\t']) { "2" } else { "" };
        _ = writeln!(text, "    run: |{indent}");
        run.lines().for_each(|line| _ = writeln!(text, "{}", format!("      {line}").trim_end()));
    } else {
        _ = writeln!(text, "    run: {}", scalar(run));
    }
    for (key, value) in [("shell", &task.shell), ("cwd", &task.cwd)] {
        if let Some(value) = value {
            _ = writeln!(text, "    {key}: {}", scalar(value));
        }
    }
    for (key, paths) in [("inputs", &task.inputs), ("outputs", &task.outputs)] {
        let mut taken = BTreeSet::new();
        let is_task = |path: &str| key == "inputs" && other.contains(path);
        let written = |path: &String| if is_task(path) { format!("./{path}") } else { path.clone() };
        let named: Vec<(String, String)> =
            paths.iter().map(|path| (free(&word(path), &mut taken), written(path))).collect();
        map(text, "    ", key, &named);
    }
    if !after.is_empty() {
        _ = writeln!(text, "    depends_on: [{}]", after.join(", "));
    }
    map(text, "    ", "env", &task.env);
    match task.retries {
        Some((max, Some(delay))) => _ = writeln!(text, "    retries: {{max: {max}, delay: {delay}s}}"),
        Some((max, None)) => _ = writeln!(text, "    retries: {max}"),
        None => {}
    }
    if task.always && !task.outputs.is_empty() {
        *text += "    cache: off\n";
    }
}

/// A map of texts, if it has any.
fn map(text: &mut String, indent: &str, key: &str, pairs: &[(String, String)]) {
    // Of a name that is set twice, the last value counts.
    let places: BTreeMap<&str, usize> = pairs.iter().enumerate().map(|(at, (name, _))| (name.as_str(), at)).collect();
    if !pairs.is_empty() {
        let last =
            pairs.iter().enumerate().filter(|(at, (name, _))| places[name.as_str()] == *at).map(|(_, pair)| pair);
        let pairs: Vec<String> = last.map(|(name, value)| format!("{}: {}", scalar(name), flow(value))).collect();
        _ = writeln!(text, "{indent}{key}: {{{}}}", pairs.join(", "));
    }
}

/// An id for each task; those of one name get numbers.
fn ids(tasks: &[ImportedTask]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    tasks.iter().map(|task| free(&word(&task.name), &mut taken)).collect()
}

/// A name of letters, digits and `_` that is none yet.
fn free(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut candidate = name.to_owned();
    let mut number = 2;
    while !taken.insert(candidate.clone()) {
        candidate = format!("{name}_{number}");
        number += 1;
    }
    candidate
}

/// What can be an id: letters, digits and `_`, a letter first.
fn word(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' })
        .collect();
    let plain = plain.trim_matches('_');
    match plain.chars().next() {
        Some(first) if first.is_ascii_alphabetic() && !is_other_value(plain) => plain.to_owned(),
        Some(_) => format!("t_{plain}"),
        None => "task".to_owned(),
    }
}

/// A text on a line of its own, in quotes where it needs them.
fn scalar(text: &str) -> String {
    let is_plain = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/' || first == '.')
        && text.chars().all(|letter| letter.is_alphanumeric() || " _./-+=$()<>;".contains(letter))
        && !text.ends_with(' ')
        && !is_other_value(text);
    if is_plain { text.to_owned() } else { quoted(text) }
}

/// The same within `{}`.
fn flow(text: &str) -> String {
    let is_plain = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/' || first == '.')
        && text.chars().all(|letter| letter.is_alphanumeric() || "_./-".contains(letter))
        && !is_other_value(text);
    if is_plain { text.to_owned() } else { quoted(text) }
}

/// Whether some reader of YAML takes a word for something else than text.
fn is_other_value(text: &str) -> bool {
    matches!(text.to_lowercase().as_str(), "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n")
}

fn quoted(text: &str) -> String {
    // A JSON string is a YAML string.
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_yaml_would_take_for_something_else_are_quoted() {
        for (text, wanted) in
            [("cp a b > c", "cp a b > c"), ("a: b", "\"a: b\""), ("yes", "\"yes\""), ("1", "\"1\""), ("{x}", "\"{x}\"")]
        {
            assert_eq!(scalar(text), wanted);
        }
    }

    #[test]
    fn names_become_ids() {
        let mut taken = BTreeSet::new();
        let ids = ["out/a.csv", "out-a.csv", "2x", "-"].map(|name| free(&word(name), &mut taken));
        assert_eq!(ids, ["out_a_csv", "out_a_csv_2", "t_2x", "task"]);
    }
}
