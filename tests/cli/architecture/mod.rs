//! The rules of `docs/design/architecture.md` that can be read off the source: who may know whom, how large a file may be, and
//! that no circle of files grows, that a name means one type. The map itself must name every crate.

mod imports;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// The crates of the workspace that each crate may depend on, itself left out; `tidemill` is the binary's.
const MAY_KNOW: [(&str, &[&str]); 19] = [
    ("format", &[]),
    ("fuzz", &[]),
    ("connect", &["core"]),
    ("core", &["format"]),
    ("draw", &[]),
    ("figures", &["format"]),
    ("process", &[]),
    ("lsp", &["core"]),
    ("engine-local", &["core"]),
    ("engine-spark", &["core"]),
    ("secrets", &["core"]),
    ("state", &["core"]),
    ("tasks", &["core", "figures", "process", "secrets"]),
    ("runner", &["core", "secrets", "state"]),
    ("scheduler", &["core", "runner", "state"]),
    ("serve", &["core", "draw", "runner", "scheduler", "secrets", "state"]),
    ("telemetry", &["core", "secrets"]),
    ("test-servers", &[]),
    (
        "tidemill",
        &[
            "connect",
            "core",
            "draw",
            "engine-local",
            "engine-spark",
            "lsp",
            "runner",
            "scheduler",
            "secrets",
            "serve",
            "state",
            "tasks",
            "telemetry",
        ],
    ),
];

/// Lines of a file, tests included.
const LONGEST_FILE: usize = 500;

/// Files that may import each other in a circle. The binder of SQL is a recursive descent over its grammar and may be one.
const LARGEST_CIRCLE: usize = 5;

/// Of ten functions nine have no more lines than this.
const NINE_OF_TEN_FUNCTIONS: usize = 30;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The folders of source: the binary's and each crate's, by the crate's name.
fn sources() -> BTreeMap<String, PathBuf> {
    let mut sources = BTreeMap::from([("tidemill".to_owned(), root().join("src"))]);
    for entry in fs::read_dir(root().join("crates")).expect("crates/").flatten() {
        sources.insert(entry.file_name().to_string_lossy().into_owned(), entry.path().join("src"));
    }
    sources
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of source").flatten() {
        let path = entry.path();
        // What is generated is nobody's to read.
        if path.ends_with("gen") {
            continue;
        }
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A path as it is written in the docs.
fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// The source without its tests, which rustfmt leaves at the end.
fn without_tests(text: &str) -> &str {
    text.find("#[cfg(test)]\nmod tests").map_or(text, |at| &text[..at])
}

fn is_test(path: &Path) -> bool {
    shown(path).contains("/tests/") || path.file_name().is_some_and(|name| name == "tests.rs")
}

#[test]
fn crates_know_only_those_below_them() {
    let dependency = Regex::new(r"(?m)^tidemill-([a-z-]+)\.workspace").expect("a regex");
    let rules: BTreeMap<&str, BTreeSet<&str>> =
        MAY_KNOW.iter().map(|(name, known)| (*name, known.iter().copied().collect())).collect();
    assert_eq!(
        rules.keys().copied().collect::<BTreeSet<_>>(),
        sources().keys().map(String::as_str).collect::<BTreeSet<_>>(),
        "each crate has its line here"
    );
    for (name, allowed) in rules {
        let manifest = if name == "tidemill" { root() } else { root().join("crates").join(name) }.join("Cargo.toml");
        let text = read(&manifest);
        let dependencies = text.split("\n[dependencies]\n").nth(1).unwrap_or_default();
        let dependencies = dependencies.split("\n[").next().unwrap_or_default();
        let known: BTreeSet<&str> =
            dependency.captures_iter(dependencies).filter_map(|found| Some(found.get(1)?.as_str())).collect();
        assert!(known.is_subset(&allowed), "{name} knows {:?}", known.difference(&allowed).collect::<Vec<_>>());
    }
}

#[test]
fn only_one_crate_imports_polars() {
    for (name, folder) in sources().iter().filter(|(name, _)| *name != "engine-local") {
        for file in rust_files(folder) {
            assert!(!read(&file).contains("use polars"), "{name}: {} imports Polars", shown(&file));
        }
    }
}

#[test]
fn the_map_names_every_crate() {
    let map = read(&root().join("docs/design/architecture.md"));
    for name in sources().keys().filter(|name| *name != "tidemill") {
        assert!(
            map.contains(&format!("| `crates/{name}` |")),
            "docs/design/architecture.md has no line for crates/{name}"
        );
    }
}

/// A name that means one thing needs no path to be understood.
#[test]
fn no_two_public_types_have_one_name() {
    let public = Regex::new(r"(?m)^pub (?:struct|enum|union|trait|type) (\w+)").expect("a regex");
    let mut homes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in sources().values().flat_map(|folder| rust_files(folder)) {
        for found in public.captures_iter(&read(&file)) {
            homes.entry(found[1].to_owned()).or_default().push(shown(&file));
        }
    }
    assert!(homes.len() > 500, "{} types were found", homes.len());
    homes.retain(|_, files| files.len() > 1);
    assert!(homes.is_empty(), "types of one name: {homes:#?}");
}

#[test]
fn no_file_is_long() {
    for file in sources().values().flat_map(|folder| rust_files(folder)) {
        let lines = read(&file).lines().count();
        assert!(lines <= LONGEST_FILE, "{} has {lines} lines", shown(&file));
    }
}

#[test]
fn nine_of_ten_functions_fit_a_screen() {
    let start = Regex::new(r"^(\s*)(pub(\([a-z ]+\))? )?((const|async|unsafe) )*fn \w+").expect("a regex");
    let mut lengths = Vec::new();
    for file in sources().values().flat_map(|folder| rust_files(folder)).filter(|file| !is_test(file)) {
        let text = read(&file);
        let lines: Vec<&str> = without_tests(&text).lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let Some(found) = start.captures(line) else { continue };
            let end = format!("{}}}", &found[1]);
            let is_end =
                |line: &&str| **line == *end || (line.ends_with('}') || line.ends_with(';')) && *line == lines[at];
            lengths.extend(lines[at..].iter().position(is_end).map(|length| length + 1));
        }
    }
    lengths.sort_unstable();
    assert!(lengths.len() > 1_000, "{} functions were found", lengths.len());
    let longest = lengths[lengths.len() * 9 / 10];
    assert!(longest <= NINE_OF_TEN_FUNCTIONS, "one of ten functions has more than {longest} lines");
}

#[test]
fn no_large_circle_of_files() {
    for (name, folder) in sources() {
        let files: Vec<PathBuf> = rust_files(&folder).into_iter().filter(|file| !is_test(file)).collect();
        for circle in imports::circles(&folder, &files) {
            let is_binder = name == "core" && circle.iter().all(|module| module.starts_with("sql::"));
            assert!(circle.len() <= LARGEST_CIRCLE || is_binder, "{name}: these import each other: {circle:?}");
        }
    }
}

#[test]
fn the_command_line_knows_no_task_type_by_name() {
    let types =
        ["load", "normalize", "join", "aggregate", "chart", "report", "workbook", "email", "command", "webhook"];
    for file in rust_files(&root().join("src")) {
        let text = read(&file);
        for (number, line) in without_tests(&text).lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let named = types.iter().find(|name| code.contains("kind") && code.contains(&format!("\"{name}\"")));
            assert_eq!(named, None, "{}:{}", shown(&file), number + 1);
        }
    }
}
