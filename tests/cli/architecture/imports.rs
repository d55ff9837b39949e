//! Which files of a crate import each other, read from their `use` declarations and paths.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;
use regex::Regex;

/// `pub use child::{A, B};`
static REEXPORT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^pub(?:\([a-z ]+\))? use (?:self::)?(\w+)::([^;]+);").expect("a regex"));
/// `use crate::a::{b, c};`
static USE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^\s*(?:pub(?:\([a-z ]+\))? )?use ((?:crate|super|self)::[^;]+);").expect("a regex")
});
/// `crate::a::b` within code.
static PATH: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b(?:crate|super)(?:::\w+)+").expect("a regex"));
static WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\w+").expect("a regex"));

/// A module by its path from the crate's root.
type Module = Vec<String>;

/// The circles of more than one file, each as its modules' paths.
pub fn circles(folder: &Path, files: &[PathBuf]) -> Vec<Vec<String>> {
    let modules: BTreeMap<Module, String> = files.iter().map(|file| (module_of(folder, file), source(file))).collect();
    let names: Vec<&Module> = modules.keys().collect();
    let reexports: BTreeMap<&Module, BTreeMap<String, Module>> =
        modules.iter().map(|(module, text)| (module, reexported(module, text))).collect();
    let mut graph: DiGraphMap<usize, ()> = DiGraphMap::new();
    for (at, module) in names.iter().enumerate() {
        graph.add_node(at);
        for path in paths(module, &modules[*module]) {
            let target = resolve(&path, &modules, &reexports);
            // A crate's root declares all and is imported for what it re-exports.
            if let Some(to) =
                names.iter().position(|name| **name == target && !target.is_empty() && to_other(module, &target))
            {
                graph.add_edge(at, to, ());
            }
        }
    }
    let circles = tarjan_scc(&graph).into_iter().filter(|circle| circle.len() > 1);
    circles.map(|circle| circle.into_iter().map(|at| names[at].join("::")).collect()).collect()
}

fn to_other(module: &Module, target: &Module) -> bool {
    module != target
}

fn module_of(folder: &Path, file: &Path) -> Module {
    let path = file.strip_prefix(folder).unwrap_or(file).with_extension("");
    let mut module: Module = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    module.pop_if(|last| ["mod", "lib", "main"].contains(&last.as_str()));
    module
}

fn source(file: &Path) -> String {
    let text = super::read(file);
    super::without_tests(&text).to_owned()
}

/// Names that a module passes on from its children, with the child that has each.
fn reexported(module: &Module, text: &str) -> BTreeMap<String, Module> {
    let mut found = BTreeMap::new();
    for used in REEXPORT.captures_iter(text) {
        for name in WORD.find_iter(&used[2]) {
            found.insert(name.as_str().to_owned(), [module.clone(), vec![used[1].to_owned()]].concat());
        }
    }
    found
}

/// All paths into the crate that a module writes, from the crate's root.
fn paths(module: &Module, text: &str) -> BTreeSet<Module> {
    let declared = USE.captures_iter(text).flat_map(|used| expanded(&used[1].replace(char::is_whitespace, "")));
    let written = PATH.find_iter(text).map(|found| found.as_str().to_owned());
    declared.chain(written).map(|path| from_root(module, &path)).collect()
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d`, `a::c::e`.
fn expanded(path: &str) -> Vec<String> {
    let Some((before, rest)) = path.split_once('{') else { return vec![path.to_owned()] };
    let (mut depth, mut begin, mut parts) = (1, 0, Vec::new());
    for (at, letter) in rest.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || (depth == 1 && letter == ',') {
            parts.push(&rest[begin..at]);
            begin = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    parts.into_iter().flat_map(|part| expanded(&format!("{before}{part}"))).collect()
}

fn from_root(module: &Module, path: &str) -> Module {
    let mut segments = path.split("::").peekable();
    let mut base = module.clone();
    if segments.next_if_eq(&"crate").is_some() {
        base.clear();
    }
    segments.next_if_eq(&"self");
    while segments.next_if_eq(&"super").is_some() {
        base.pop();
    }
    base.extend(segments.map(str::to_owned));
    base
}

/// The module that has what the path names: the longest beginning of it that is one, seen through re-exports.
fn resolve(
    path: &[String],
    modules: &BTreeMap<Module, String>,
    reexports: &BTreeMap<&Module, BTreeMap<String, Module>>,
) -> Module {
    let length = (0..=path.len()).rev().find(|length| modules.contains_key(&path[..*length])).unwrap_or(0);
    let module = path[..length].to_vec();
    let passed_on = path.get(length).and_then(|name| reexports.get(&module)?.get(name));
    passed_on.filter(|target| modules.contains_key(*target)).cloned().unwrap_or(module)
}
