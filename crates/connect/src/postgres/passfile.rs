//! `.pgpass`: passwords by host, port, database and user.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What is asked for: the password of that user there.
pub(super) struct Wanted<'a> {
    /// The host's name; `localhost` for a socket of this machine.
    pub host: &'a str,
    /// The port.
    pub port: u16,
    /// The database.
    pub database: &'a str,
    /// The user.
    pub user: &'a str,
}

/// What a password file gives.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The password.
    Password(String),
    /// Nothing: there is no such file, or no line for it.
    Nothing,
    /// It is not read because others than its owner may read it too.
    TooOpen,
}

/// Looks for a password, in the first line that fits.
pub(super) fn look_up(file: &Path, wanted: &Wanted<'_>) -> Found {
    let Ok(metadata) = fs::metadata(file) else { return Found::Nothing };
    if !metadata.is_file() {
        return Found::Nothing;
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        return Found::TooOpen;
    }
    let text = fs::read_to_string(file).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.into_iter().find_map(|line| password(line, wanted)).map_or(Found::Nothing, Found::Password)
}

fn password(line: &str, wanted: &Wanted<'_>) -> Option<String> {
    let fields = fields(line);
    let port = wanted.port.to_string();
    let wanted = [wanted.host, &port, wanted.database, wanted.user];
    let [given @ .., password] = fields.as_slice() else { return None };
    let fits =
        given.len() == wanted.len() && given.iter().zip(wanted).all(|(given, wanted)| given == "*" || given == wanted);
    fits.then(|| password.clone())
}

/// The fields between colons; a backslash makes the next letter one of the field.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        let last = fields.len() - 1;
        match letter {
            ':' => fields.push(String::new()),
            '\\' => fields[last].extend(letters.next()),
            letter => fields[last].push(letter),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use super::*;

    #[test]
    fn the_first_line_that_fits_counts_unless_others_may_read_it() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("pgpass");
        fs::write(&file, "# mine\nelse:5432:*:ann:no\n*:5432:shop:ann:a\\:b\\\\\n*:*:*:*:late\n")?;
        fs::set_permissions(&file, Permissions::from_mode(0o600))?;
        let of = |user| look_up(&file, &Wanted { host: "db", port: 5432, database: "shop", user });
        assert_eq!(of("ann"), Found::Password("a:b\\".to_owned()));
        assert_eq!(of("bob"), Found::Password("late".to_owned()));
        fs::set_permissions(&file, Permissions::from_mode(0o640))?;
        assert_eq!(of("ann"), Found::TooOpen);
        assert_eq!(
            look_up(&folder.path().join("none"), &Wanted { host: "", port: 1, database: "", user: "" }),
            Found::Nothing
        );
        Ok(())
    }
}
