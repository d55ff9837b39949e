//! All that one process serves.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use tidemill_secrets::Masker;

use crate::access::Access;
use crate::program::Program;
use crate::project::ServedProject;
use crate::reply::Problem;
use crate::templates::Pages;
use crate::watched::WatchedRuns;

/// All that one process serves.
pub struct App {
    /// The program around the page.
    pub program: Arc<dyn Program>,
    /// Who may ask.
    pub access: Access,
    /// The projects, in the order given.
    pub projects: Vec<ServedProject>,
    /// The templates.
    pub pages: Pages,
    /// Whether this process runs the schedules.
    pub runs_schedules: bool,
    /// The runs that are watched.
    pub watched: WatchedRuns,
    masker: RwLock<Arc<Masker>>,
}

impl App {
    /// Serves these pipeline files.
    pub fn new(program: Arc<dyn Program>, access: Access, files: Vec<PathBuf>, runs_schedules: bool) -> Self {
        let mut names = BTreeSet::new();
        let mut projects = Vec::new();
        for file in files {
            let mut served = ServedProject::new(file);
            let name = served.load(&*program).name.clone();
            let wanted = slug(&name);
            let mut free = wanted.clone();
            let mut number = 2;
            while !names.insert(free.clone()) {
                free = format!("{wanted}-{number}");
                number += 1;
            }
            served.slug = free;
            projects.push(served);
        }
        let app = Self {
            program,
            access,
            projects,
            pages: Pages::new(),
            runs_schedules,
            watched: WatchedRuns::default(),
            masker: RwLock::default(),
        };
        app.mask_again();
        app
    }

    /// The project of that name in addresses.
    ///
    /// # Errors
    /// If there is none.
    pub fn project(&self, slug: &str) -> Result<&ServedProject, Problem> {
        self.projects
            .iter()
            .find(|served| served.slug == slug)
            .ok_or_else(|| Problem::missing("there is no such project"))
    }

    /// What hides the secrets of all projects.
    pub fn masker(&self) -> Arc<Masker> {
        if self.projects.iter().any(|served| served.take_changed()) {
            self.mask_again();
        }
        self.masker.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn mask_again(&self) {
        let secrets: Vec<String> = self.projects.iter().flat_map(ServedProject::secrets).collect();
        let masker = Arc::new(Masker::new(secrets.iter().map(String::as_str)));
        *self.masker.write().unwrap_or_else(PoisonError::into_inner) = masker;
    }
}

/// A name as it stands in an address.
fn slug(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let slug: String = name.chars().map(plain).collect();
    if slug.is_empty() || slug.starts_with('.') { format!("p{slug}") } else { slug }
}
