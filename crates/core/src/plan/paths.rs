//! What tasks read from and write to disk, checked before anything runs.

use std::collections::HashMap;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ids::TaskIx;
use crate::spec::{At, Spec};
use crate::table::Location;
use crate::task::FileRole;

use super::PlannedTask;

/// The path of a location: below the project unless it is absolute, with `.` and `..` resolved as text.
pub fn resolve(project: &Path, location: &Location) -> PathBuf {
    let mut resolved = PathBuf::new();
    for part in project.join(location.as_str()).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !resolved.pop() {
                    resolved.push("..");
                }
            }
            other => resolved.push(other),
        }
    }
    resolved
}

/// That a location leads elsewhere than to the file system of this machine, if it does.
pub fn unsupported_scheme(location: &At<Location>) -> Option<Diagnostic> {
    let scheme = location.value.scheme()?;
    Some(
        Diagnostic::error(format!("the scheme `{scheme}` is not supported by this version"))
            .at(location.span, "this does not lead to a file of this machine")
            .help("name a path; a `command` task can fetch a file, or send one"),
    )
}

/// Whether the path is a pattern for several files.
pub fn is_glob(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// The files and folders that a pattern means now, sorted: names that begin with a dot only where the pattern has that dot too,
/// as in a shell.
///
/// # Errors
/// If it is no pattern, a folder cannot be read, or a link leads to nothing: the rows behind it would be missing unnoticed.
pub fn matches(project: &Path, pattern: &Location) -> io::Result<Vec<PathBuf>> {
    let pattern = pattern.as_str();
    let root = match Path::new(pattern).is_absolute() {
        true => String::new(),
        false => format!("{}/", glob::Pattern::escape(&project.to_string_lossy())),
    };
    let found = glob::glob(&format!("{root}{pattern}")).map_err(io::Error::other)?;
    let mut paths = found.map(|path| path.map_err(io::Error::from)).collect::<io::Result<Vec<_>>>()?;
    // The library's own option for this also leaves out hidden files that are named.
    let named: Vec<glob::Pattern> =
        pattern.split('/').filter(|part| part.starts_with('.')).filter_map(|part| part.parse().ok()).collect();
    let is_meant = |part: Component<'_>| match part {
        Component::Normal(name) => {
            let name = name.to_string_lossy();
            !name.starts_with('.') || named.iter().any(|pattern| pattern.matches(&name))
        }
        _ => true,
    };
    let base = if root.is_empty() { Path::new("") } else { project };
    paths.retain(|path| path.strip_prefix(base).unwrap_or(path).components().all(is_meant));
    paths.sort();
    match paths.iter().find(|path| !path.exists() && path.is_symlink()) {
        Some(link) => Err(dead_link(link.strip_prefix(project).unwrap_or(link))),
        None => Ok(paths),
    }
}

/// That the file of a link is not there.
fn dead_link(link: &Path) -> io::Error {
    io::Error::other(format!("`{}` is a link to a file that is not there", link.display()))
}

/// The path with the links of its existing part followed, so that a link cannot lead out of the project unseen.
fn real(path: &Path) -> PathBuf {
    for ancestor in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (ancestor.canonicalize(), path.strip_prefix(ancestor)) {
            return if rest.as_os_str().is_empty() { real } else { real.join(rest) };
        }
    }
    path.to_path_buf()
}

/// Folders whose links have been followed: the outputs of many tasks lie in few of them.
#[derive(Default)]
struct RealFolders {
    known: HashMap<PathBuf, PathBuf>,
}

impl RealFolders {
    /// As [`real`].
    fn real(&mut self, path: &Path) -> PathBuf {
        match (path.parent(), path.file_name()) {
            (Some(folder), Some(name)) if !path.is_symlink() => {
                if let Some(known) = self.known.get(folder) {
                    return known.join(name);
                }
                let found = real(folder);
                self.known.insert(folder.to_owned(), found.clone());
                found.join(name)
            }
            _ => real(path),
        }
    }
}

/// Which task publishes which path.
pub(super) struct Published {
    by_path: HashMap<PathBuf, (TaskIx, At<Location>)>,
}

impl Published {
    /// Notes every output; two for one path, or one outside the project, are mistakes.
    pub(super) fn gather(spec: &Spec, tasks: &[PlannedTask], diagnostics: &mut Diagnostics) -> Self {
        let mut folders = RealFolders::default();
        let project = real(&spec.project);
        let allowed: Vec<PathBuf> = spec
            .allow_outside
            .iter()
            .map(|at| real(&resolve(&spec.project, &Location::new(at.value.as_str()))))
            .collect();
        let mut by_path: HashMap<PathBuf, (TaskIx, At<Location>)> = HashMap::new();
        for (at, task) in tasks.iter().enumerate() {
            let ix = TaskIx(at as u32);
            for output in &task.outputs {
                let path = resolve(&spec.project, &output.path.value);
                // Only `..`, an absolute path or a link can lead out: the file system is asked when one of them may.
                let place = folders.real(&path);
                if !place.starts_with(&project) && !allowed.iter().any(|allowed| place.starts_with(allowed)) {
                    diagnostics.push(
                        Diagnostic::error(format!("task `{}` would write outside the project", task.name))
                            .at(output.path.span, format!("this is {}", place.display()))
                            .help(
                                "write below the folder of the pipeline file, or list the folder under `allow_outside`",
                            ),
                    );
                }
                if let Some(reserved) = reserved(&spec.project, &path) {
                    diagnostics.push(
                        Diagnostic::error(format!("task `{}` would write to {reserved}", task.name))
                            .at(output.path.span, "Tidemill keeps its own files here")
                            .help("choose another path"),
                    );
                }
                match by_path.get(&path) {
                    Some((first, span)) => diagnostics.push(two_for_one(output, tasks, *first, task, span)),
                    None => drop(by_path.insert(path, (ix, output.path.clone()))),
                }
            }
        }
        Self { by_path }
    }

    /// The tasks that publish a path, or a file that matches a pattern.
    pub(super) fn publishers(&self, project: &Path, location: &Location) -> Vec<TaskIx> {
        let path = resolve(project, location);
        if let Some((task, _)) = self.by_path.get(&path) {
            return vec![*task];
        }
        if !is_glob(location.as_str()) {
            return Vec::new();
        }
        let Some(pattern) = path.to_str().and_then(|text| glob::Pattern::new(text).ok()) else { return Vec::new() };
        let mut tasks: Vec<TaskIx> =
            self.by_path.iter().filter(|(path, _)| pattern.matches_path(path)).map(|(_, (task, _))| *task).collect();
        tasks.sort();
        tasks.dedup();
        tasks
    }
}

fn two_for_one(
    output: &crate::task::OutputFile,
    tasks: &[PlannedTask],
    first: TaskIx,
    task: &PlannedTask,
    span: &At<Location>,
) -> Diagnostic {
    let other = &tasks[first.index()].name;
    let heading = if *other == task.name {
        format!("task `{}` publishes `{}` twice", task.name, output.path.value)
    } else {
        format!("tasks `{other}` and `{}` both publish `{}`", task.name, output.path.value)
    };
    let diagnostic = Diagnostic::error(heading)
        .at(output.path.span, "published here again")
        .at(span.span, "published here first")
        .help("give each output a path of its own");
    if task.name.key().is_some() && task.name.base() == other.base() {
        diagnostic.help("the instances of a `foreach` need `${{ item }}` in the path")
    } else {
        diagnostic
    }
}

/// What of Tidemill's own lies at the path, if anything.
fn reserved(project: &Path, path: &Path) -> Option<&'static str> {
    let inside = path.strip_prefix(project).ok()?;
    match inside.components().next()?.as_os_str().to_str()? {
        ".tidemill" => Some("the folder `.tidemill`"),
        _ => None,
    }
}

/// The files that a task reads and no other publishes must be there.
pub(super) fn check_sources(project: &Path, task: &PlannedTask, published: &Published, diagnostics: &mut Diagnostics) {
    for file in &task.io.files {
        let location = &file.path.value;
        if !published.publishers(project, location).is_empty() {
            continue;
        }
        let path = resolve(project, location);
        if is_glob(location.as_str()) && !path.exists() {
            let wrong = match matches(project, location) {
                Ok(found) if found.is_empty() => format!("no file matches `{location}`"),
                Ok(_) => continue,
                Err(error) => error.to_string(),
            };
            let reads = format!("task `{}` reads these files", task.name);
            let diagnostic = Diagnostic::error(wrong).passing().of_task(&task.name);
            diagnostics.push(diagnostic.at(file.path.span, reads));
            continue;
        }
        if path.exists() {
            continue;
        }
        let what = match file.role {
            FileRole::Template => "template",
            FileRole::Sql => "SQL file",
            FileRole::Source | FileRole::Sqlite | FileRole::Input => "file",
        };
        let diagnostic = Diagnostic::error(format!("{what} `{location}` does not exist"))
            .passing()
            .of_task(&task.name)
            .at(file.path.span, format!("task `{}` reads it", task.name));
        diagnostics.push(with_neighbour(diagnostic, &path, location));
    }
}

/// Suggests the file of the same folder with the nearest name, or names the folder that is missing.
fn with_neighbour(diagnostic: Diagnostic, path: &Path, location: &Location) -> Diagnostic {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return diagnostic;
    };
    let Ok(entries) = folder.read_dir() else {
        return diagnostic.help(format!("there is no folder {}", folder.display()));
    };
    let mut names: Vec<String> = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    match crate::diagnostic::nearest(name, names.iter().map(String::as_str)) {
        Some(near) => {
            let parent = location.as_str().strip_suffix(name).unwrap_or_default();
            diagnostic.help(format!("did you mean `{parent}{near}`?"))
        }
        None => diagnostic.help("paths start at the folder of the pipeline file"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_resolved_as_text() {
        let at = |path: &str| resolve(Path::new("/p/q"), &Location::new(path));
        assert_eq!(at("a/./b/../c.csv"), Path::new("/p/q/a/c.csv"));
        assert_eq!(at("../x"), Path::new("/p/x"));
        assert_eq!(at("/abs/x"), Path::new("/abs/x"));
    }
}
