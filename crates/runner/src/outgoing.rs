//! Outputs that do not stay on this machine: where they lie until they are sent.

use std::path::{Path, PathBuf};

use tidemill_core::ids::Digest;
use tidemill_core::plan::resolve;
use tidemill_core::table::Location;

/// The longest part of a name that is kept, in bytes: enough for any ending.
const KEPT_NAME: usize = 100;

/// Where an output comes to lie on this machine: at its final place, or, if that is elsewhere, among what is to be sent.
pub fn place_of(project: &Path, location: &Location) -> PathBuf {
    if location.scheme().is_none() {
        return resolve(project, location);
    }
    let digest = Digest::of(location.as_str().as_bytes()).short();
    let name = location.as_str().rsplit('/').next().unwrap_or_default();
    let start = (name.len().saturating_sub(KEPT_NAME)..name.len()).find(|at| name.is_char_boundary(*at));
    let folder = project.join(tidemill_state::FOLDER).join("scratch").join("outgoing");
    folder.join(format!("{digest}-{}", &name[start.unwrap_or(name.len())..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_elsewhere_has_a_place_of_its_own_with_its_ending() {
        let place = |location: &str| place_of(Path::new("/p"), &Location::new(location));
        assert_eq!(place("out/x.csv"), Path::new("/p/out/x.csv"));
        let (one, other) = (place("s3://a/x.csv"), place("s3://b/x.csv"));
        assert!(one != other && one.starts_with("/p/.tidemill/scratch") && one.to_string_lossy().ends_with("-x.csv"));
        let long = place(&format!("s3://a/{}.csv.gz", "ä".repeat(300)));
        let name = long.file_name().unwrap().to_string_lossy().into_owned();
        assert!(name.len() < 128 && name.ends_with(".csv.gz"), "{name}");
    }
}
