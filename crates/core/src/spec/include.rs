//! The root file and those it includes.

use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, SourceMap, Span};
use crate::regular_file::{self, MOST_TEXT};

use super::parse::parse;
use super::{At, Node, OneOrMany, Scope, read};

/// All files of a pipeline, the root first, each included one once.
pub(crate) struct Files {
    /// Their trees.
    pub trees: Vec<Node>,
    /// Their paths, from the same folder as the root's.
    pub paths: Vec<PathBuf>,
}

/// Reads a pipeline file and those it includes. None if the root file is no YAML.
pub(crate) fn read_files(
    root: &Path,
    project: &Path,
    profile: Option<&str>,
    sources: &mut SourceMap,
    found: &mut Vec<Diagnostic>,
) -> Option<Files> {
    let mut reader =
        Reader { project, profile, sources, found, trees: Vec::new(), paths: Vec::new(), done: Vec::new() };
    reader.file(root, None, &mut Vec::new());
    let Reader { trees, paths, .. } = reader;
    trees.into_iter().collect::<Option<Vec<_>>>().map(|trees| Files { trees, paths })
}

struct Reader<'a> {
    project: &'a Path,
    profile: Option<&'a str>,
    sources: &'a mut SourceMap,
    found: &'a mut Vec<Diagnostic>,
    /// None for the root file if it is no YAML.
    trees: Vec<Option<Node>>,
    paths: Vec<PathBuf>,
    /// The files that have been read, so that one included twice enters once.
    done: Vec<PathBuf>,
}

impl Reader<'_> {
    /// Reads one file; `from` is where it is named, `above` the files that lead to it.
    fn file(&mut self, path: &Path, from: Option<&At<String>>, above: &mut Vec<PathBuf>) {
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if let (Some(from), Some(start)) = (from, above.iter().position(|file| *file == real)) {
            let name = |file: &PathBuf| file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let mut circle: Vec<String> = above[start..].iter().map(name).collect();
            circle.push(name(&real));
            let error = Diagnostic::error("the files include each other in a circle").at(from.span, "");
            self.found.push(error.help(circle.join(" → ")));
            return;
        }
        if self.done.contains(&real) {
            return;
        }
        self.done.push(real.clone());
        self.paths.push(path.to_owned());
        let kept = self.sources.unsaved(path).map(|text| Ok(text.as_bytes().to_vec()));
        let kept = kept.unwrap_or_else(|| regular_file::read(path, MOST_TEXT));
        let text = match kept {
            Ok(bytes) => bytes,
            Err(error) => return self.found.push(unreadable(path, from.map(|from| from.span), &error)),
        };
        let text = match String::from_utf8(text) {
            Ok(text) => text,
            Err(error) => {
                let file = self.sources.add(path.display().to_string(), String::from_utf8_lossy(error.as_bytes()));
                let at = error.utf8_error().valid_up_to() as u32;
                let place = Span { file, start: at, end: at };
                return self.found.push(Diagnostic::error("the file is not UTF-8").at(place, "the first wrong byte"));
            }
        };
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        let file = self.sources.add(path.display().to_string(), text.clone());
        let tree = match parse(file, &text, self.found) {
            Ok(tree) => tree,
            Err(error) => {
                self.found.push(error);
                if from.is_none() {
                    self.trees.push(None);
                }
                return;
            }
        };
        let profile = self.profile.filter(|_| from.is_none());
        let profile = profile.and_then(|name| tree.get("profiles")?.1.get(name)).map(|(_, profile)| profile);
        let including = [Some(&tree), profile].into_iter().flatten();
        let included: Vec<Node> = including.filter_map(|tree| Some(tree.get("include")?.1.clone())).collect();
        self.trees.push(Some(tree));
        for node in included {
            above.push(real.clone());
            // What is no list of paths is found by validation.
            let paths = read::<OneOrMany<At<String>>>(&node, &Scope::default(), self.sources).unwrap_or_default();
            for path in &paths.0 {
                self.file(&self.project.join(&path.value), Some(path), above);
            }
            above.pop();
        }
    }
}

fn unreadable(path: &Path, from: Option<Span>, error: &std::io::Error) -> Diagnostic {
    let path = path.display();
    let message = match error.kind() {
        std::io::ErrorKind::NotFound => format!("there is no file `{path}`"),
        std::io::ErrorKind::IsADirectory => format!("`{path}` is a folder"),
        _ => format!("cannot read `{path}`: {error}"),
    };
    match from {
        Some(span) => {
            Diagnostic::error(message).at(span, "").help("paths start at the folder of the root pipeline file")
        }
        None => Diagnostic::error(message).help("name the pipeline file with `-f FILE`, or its folder with `-C DIR`"),
    }
}
