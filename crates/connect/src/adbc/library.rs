//! Finding a driver, which is a shared library, and loading it.

use std::env;
use std::path::{Path, PathBuf};

use adbc_core::LOAD_FLAG_DEFAULT;
use adbc_core::error::{Error, Status};
use adbc_core::options::AdbcVersion;
use adbc_driver_manager::ManagedDriver;
use tidemill_core::connection::{ConnectionError, ConnectionErrorKind as Kind};

use super::settings::{Settings, stem};

/// The function of DuckDB's own library, which has another name than the rule says.
const DUCKDB: &str = "duckdb_adbc_init";

/// Loads the driver of a connection.
///
/// # Errors
/// If there is none of that name or at that path, or it is none.
pub(super) fn load(settings: &Settings) -> Result<ManagedDriver, ConnectionError> {
    let mut first = None;
    for candidate in candidates(&settings.driver) {
        match load_one(settings, &candidate) {
            Ok(driver) => return Ok(driver),
            Err(error) if error.status != Status::NotFound && Path::new(&candidate).is_file() => {
                return Err(unusable(settings, &candidate, &error));
            }
            Err(error) => first = first.or(Some(error)),
        }
    }
    let is_there = Path::new(&settings.driver).is_file();
    match first {
        Some(error) if is_there => Err(unusable(settings, &settings.driver, &error)),
        _ => Err(not_found(settings)),
    }
}

fn load_one(settings: &Settings, driver: &str) -> Result<ManagedDriver, Error> {
    let entrypoint = settings.entrypoint.as_deref().or_else(|| stem(driver).contains("duckdb").then_some(DUCKDB));
    let load = |version| {
        let entrypoint = entrypoint.map(str::as_bytes);
        ManagedDriver::load_from_name(driver, entrypoint, version, LOAD_FLAG_DEFAULT, None)
    };
    // A driver of the first version does not know the second.
    load(AdbcVersion::V110).or_else(|error| match error.status {
        Status::NotImplemented | Status::InvalidArguments => load(AdbcVersion::V100),
        _ => Err(error),
    })
}

/// The driver as it is written, and where it is if it was installed as a package of Python.
fn candidates(driver: &str) -> Vec<String> {
    let mut all = vec![driver.to_owned()];
    if driver.contains(['/', '\\']) || Path::new(driver).extension().is_some() {
        return all;
    }
    let name = driver.replace('-', "_");
    if name != driver {
        all.push(name.clone());
    }
    if name == "adbc_driver_duckdb" {
        all.push("duckdb".to_owned());
    }
    let file = format!("{}{name}{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    // Python's packages name their libraries alike on all systems.
    let files = [file, format!("lib{name}.so")];
    for folder in python_folders() {
        let found = files.iter().map(|file| folder.join(&name).join(file)).find(|path| path.is_file());
        all.extend(found.map(|path| path.to_string_lossy().into_owned()));
    }
    all
}

/// Where packages of Python are, in the environment that is active and in that of the project.
fn python_folders() -> Vec<PathBuf> {
    let active = ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(env::var_os).map(PathBuf::from);
    active.chain([PathBuf::from(".venv")]).flat_map(|root| packages(&root)).collect()
}

fn packages(environment: &Path) -> Vec<PathBuf> {
    let pattern = environment.join("lib").join("python3*").join("site-packages");
    let found = pattern.to_str().and_then(|pattern| glob::glob(pattern).ok());
    let mut folders: Vec<PathBuf> = found.into_iter().flatten().filter_map(Result::ok).collect();
    folders.push(environment.join("Lib").join("site-packages"));
    folders.retain(|folder| folder.is_dir());
    folders
}

fn not_found(settings: &Settings) -> ConnectionError {
    let driver = &settings.driver;
    let wrong = |message: String| ConnectionError::new(Kind::Config, &settings.name, message);
    if driver.contains(['/', '\\']) || Path::new(driver).extension().is_some() {
        return wrong(format!("has a driver `{driver}`, which is no file"))
            .help("write the path of its library or manifest");
    }
    let searched = "it was looked for in ADBC_DRIVER_PATH, the folders of ADBC drivers of user and system, the system's libraries \
                    and Python's environment";
    let install = if stem(driver).contains("duckdb") {
        "install DuckDB's library (libduckdb), and write its path as `driver`".to_owned()
    } else {
        let package =
            stem(driver).trim_start_matches("adbc_driver_").trim_start_matches("adbc-driver-").replace('_', "-");
        format!(
            "`pip install adbc-driver-{package}` in the active environment, or write the path of its library as `driver`"
        )
    };
    wrong(format!("has a driver `{driver}`, which is not there: {searched}")).help(install)
}

fn unusable(settings: &Settings, path: &str, error: &Error) -> ConnectionError {
    let message = settings.without_secrets(&error.message);
    let told = ConnectionError::new(
        Kind::Config,
        &settings.name,
        format!("has a driver `{path}` that cannot be loaded: {}", message.trim()),
    );
    if message.contains("undefined symbol: Py") || message.contains("undefined symbol: _Py") {
        return told
            .help("it is an extension of Python, which runs nowhere else: take DuckDB's own library, libduckdb");
    }
    told.help("it must be an ADBC driver for this system; its function is named in `options: {entrypoint: …}`")
}
