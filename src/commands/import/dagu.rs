//! Dagu's files.

use tidemill_core::diagnostic::FileId;
use tidemill_core::spec::{Node, NodeValue, tree};

use super::Tool;
use super::imported::{Imported, ImportedTask, line_of, pairs, texts};

/// `steps`, in a list or a map.
pub const TOOL: Tool = Tool {
    name: "dagu",
    is_its: |name, text| (name.ends_with(".yaml") || name.ends_with(".yml")) && has_steps(text),
    read,
};

fn has_steps(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("steps:"))
}

fn read(text: &str) -> Result<Imported, String> {
    let tree = tree(FileId(0), text).ok_or(" is no YAML")?;
    let mut imported = Imported::default();
    for (key, node) in tree.entries() {
        let line = line_of(text, node);
        match key.name.as_str() {
            "name" => imported.name = texts(node).pop(),
            "description" => imported.description = texts(node).pop(),
            "env" => imported.env.extend(pairs(node)),
            "params" => params(node, line, &mut imported),
            "schedule" => schedule(node, line, &mut imported),
            "steps" => steps(node, text, &mut imported),
            "group" | "tags" | "type" => {}
            other => imported.remark(line, format!("`{other}` is left out")),
        }
    }
    in_sequence(&tree, text, &mut imported);
    Ok(imported)
}

/// Steps without `depends` follow each other, unless the file is a graph.
fn in_sequence(tree: &Node, text: &str, imported: &mut Imported) {
    let is_graph = tree.get("type").is_some_and(|(_, node)| node.value.scalar_text().as_deref() == Some("graph"));
    if is_graph || imported.tasks.len() < 2 || imported.tasks.iter().any(|task| !task.after.is_empty()) {
        return;
    }
    for at in 1..imported.tasks.len() {
        let before = imported.tasks[at - 1].name.clone();
        imported.tasks[at].after.push(before);
    }
    let line = tree.get("steps").map_or(1, |(_, node)| line_of(text, node));
    imported.remark(line, "no step says `depends`: each follows the one above it");
}

fn params(node: &Node, line: usize, imported: &mut Imported) {
    let named = match &node.value {
        NodeValue::String(text) => {
            let words = text.split_whitespace().filter_map(|word| word.split_once('='));
            words.map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned())).collect()
        }
        _ => pairs(node),
    };
    imported.remark(
        line,
        "parameters have become variables in `env`: declare `params` and write `${{ params.x }}` to set them in a run",
    );
    imported.env.extend(named);
}

fn schedule(node: &Node, line: usize, imported: &mut Imported) {
    let times = texts(node);
    match times.as_slice() {
        [one] => {
            let (zone, cron) = one
                .strip_prefix("CRON_TZ=")
                .and_then(|rest| rest.split_once(' '))
                .map_or((None, one.as_str()), |(zone, cron)| (Some(zone.to_owned()), cron));
            imported.schedule = Some((cron.to_owned(), zone));
        }
        _ => imported.remark(line, "`schedule` is left out: a pipeline has one time"),
    }
}

fn steps(node: &Node, text: &str, imported: &mut Imported) {
    match &node.value {
        NodeValue::List(items) => {
            for (at, item) in items.iter().enumerate() {
                match &item.value {
                    NodeValue::String(run) => {
                        let name = format!("step {}", at + 1);
                        imported.tasks.push(ImportedTask { name, run: run.clone(), ..ImportedTask::default() });
                    }
                    _ => step(&format!("step {}", at + 1), item, text, imported),
                }
            }
        }
        _ => node.entries().iter().for_each(|(key, item)| step(&key.name, item, text, imported)),
    }
}

fn step(default: &str, node: &Node, text: &str, imported: &mut Imported) {
    let mut task = ImportedTask { name: default.to_owned(), ..ImportedTask::default() };
    let mut arguments = Vec::new();
    for (key, value) in node.entries() {
        let line = line_of(text, value);
        match key.name.as_str() {
            "name" | "id" => task.name = texts(value).pop().unwrap_or(task.name),
            "description" => task.description = texts(value).pop(),
            "command" => task.run = texts(value).join("\n"),
            "script" if node.get("command").is_none() => task.run = texts(value).join("\n"),
            "args" => arguments = texts(value),
            "shell" => task.shell = texts(value).pop(),
            "dir" | "workingDir" => task.cwd = texts(value).pop(),
            "depends" => task.after.extend(texts(value)),
            "env" => task.env.extend(pairs(value)),
            "retryPolicy" => {
                let number = |name: &str| value.get(name).and_then(|(_, node)| node.value.scalar_text()?.parse().ok());
                task.retries = number("limit").map(|limit| (limit, number("intervalSec")));
            }
            other => {
                let name = &task.name;
                imported.remark(line, format!("`{other}` of `{name}` is left out"));
            }
        }
    }
    task.run = std::iter::once(task.run).chain(arguments).collect::<Vec<_>>().join(" ");
    if task.run.trim().is_empty() {
        imported.remark(line_of(text, node), format!("`{}` has no command: left out", task.name));
        return;
    }
    imported.tasks.push(task);
}
