//! dvc.yaml.

use tidemill_core::diagnostic::FileId;
use tidemill_core::spec::{Node, NodeValue, tree};

use super::Tool;
use super::imported::{Imported, ImportedTask, line_of, texts};

/// Stages.
pub const TOOL: Tool = Tool { name: "dvc", is_its: |name, _| name == "dvc.yaml" || name == "dvc.yml", read };

/// Where DVC looks for parameters.
const PARAMS: &str = "params.yaml";

fn read(text: &str) -> Result<Imported, String> {
    let tree = tree(FileId(0), text).ok_or(" is no YAML")?;
    let mut imported = Imported::default();
    for (key, node) in tree.entries() {
        match key.name.as_str() {
            "stages" => {
                node.entries().iter().for_each(|(key, stage)| read_stage(&key.name, stage, text, &mut imported))
            }
            "metrics" | "plots" | "params" | "artifacts" | "datasets" | "vars" => {
                imported.remark(line_of(text, node), format!("`{}` at the top is left out", key.name));
            }
            other => imported.remark(line_of(text, node), format!("`{other}` is left out")),
        }
    }
    Ok(imported)
}

fn read_stage(name: &str, stage: &Node, text: &str, imported: &mut Imported) {
    if let Some((_, each)) = stage.get("foreach").or_else(|| stage.get("matrix")) {
        let line = line_of(text, each);
        imported.remark(line, format!("the stage `{name}` is left out: write it as a command with `foreach`"));
        return;
    }
    let mut task = ImportedTask { name: name.to_owned(), ..ImportedTask::default() };
    for (key, node) in stage.entries() {
        let line = line_of(text, node);
        match key.name.as_str() {
            "cmd" => task.run = texts(node).join("\n"),
            "wdir" => task.cwd = texts(node).pop(),
            "desc" => task.description = texts(node).pop(),
            "deps" => task.inputs.extend(paths(node)),
            "outs" | "metrics" | "plots" => task.outputs.extend(paths(node)),
            "params" => {
                imported.remark(
                    line,
                    format!("each change of the parameters' files runs `{name}`: there, only of the keys named"),
                );
                let mut files = params_files(node);
                files.dedup();
                task.inputs.extend(files);
            }
            "always_changed" => task.always = true,
            "frozen" => imported.remark(line, format!("`frozen` of `{name}` is left out")),
            "meta" => {}
            other => imported.remark(line, format!("`{other}` of `{name}` is left out")),
        }
    }
    if task.run.trim().is_empty() {
        imported.remark(line_of(text, stage), format!("the stage `{name}` has no `cmd`: left out"));
        return;
    }
    if task.run.contains("${") {
        imported.remark(
            line_of(text, stage),
            format!("`${{…}}` in `{name}` is DVC's: the shell reads it now, so write `${{{{ params.… }}}}`"),
        );
    }
    if let Some(folder) = &task.cwd {
        let below = |path: &String| format!("{folder}/{path}");
        task.inputs = task.inputs.iter().map(below).collect();
        task.outputs = task.outputs.iter().map(below).collect();
    }
    imported.tasks.push(task);
}

/// The files of parameters: a key alone is one of the usual file, a map has keys by files.
fn params_files(node: &Node) -> Vec<String> {
    let NodeValue::List(items) = &node.value else { return vec![PARAMS.to_owned()] };
    let mut files: Vec<String> = Vec::new();
    for item in items {
        match item.entries() {
            [] => files.push(PARAMS.to_owned()),
            maps => files.extend(maps.iter().map(|(key, _)| key.name.clone())),
        }
    }
    files.sort();
    files
}

/// Paths of a list, in which some are maps with settings.
fn paths(node: &Node) -> Vec<String> {
    let NodeValue::List(items) = &node.value else { return texts(node) };
    let path = |item: &Node| item.value.scalar_text().or_else(|| Some(item.entries().first()?.0.name.clone()));
    items.iter().filter_map(path).collect()
}
