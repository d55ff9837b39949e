//! The tokens by which people and programs are known.

use std::hint::black_box;
use std::path::{Path, PathBuf};

use tidemill_core::ids::Digest;
use tidemill_runner::Failure;

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look.
    Read,
    /// Look, and start and stop runs.
    Run,
}

/// Where tokens come from.
#[derive(Clone, Debug, Default)]
pub struct TokenSource {
    /// One that may run.
    pub single: Option<String>,
    /// A file of lines `read:TOKEN` and `run:TOKEN`.
    pub file: Option<PathBuf>,
}

/// Tokens with what each may do. Only their digests are kept and compared.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    known: Vec<(Digest, Role)>,
    /// How many characters the shortest has.
    shortest: Option<usize>,
}

impl TokenSource {
    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        self.single.is_none() && self.file.is_none()
    }

    /// The tokens.
    ///
    /// # Errors
    /// If the file cannot be read, has no token, or a line that is none. No line is quoted: it may hold a token.
    pub fn read(&self) -> Result<Tokens, Failure> {
        let mut tokens = Tokens::default();
        self.single.iter().for_each(|token| tokens.add(token, Role::Run));
        if let Some(path) = &self.file {
            let text = std::fs::read_to_string(path)
                .map_err(|error| Failure::wrong(format!("cannot read the tokens in {}: {error}", path.display())))?;
            let before = tokens.known.len();
            tokens.add_lines(&text).map_err(|line| {
                Failure::wrong(format!("{}:{line}: this is no token", path.display()))
                    .help("write `read:TOKEN` or `run:TOKEN`, one a line")
            })?;
            if tokens.known.len() == before {
                let help = "write `read:TOKEN` or `run:TOKEN`, one a line";
                return Err(Failure::wrong(format!("{} has no token", path.display())).help(help));
            }
        }
        Ok(tokens)
    }
}

impl Tokens {
    fn add(&mut self, token: &str, role: Role) {
        let length = token.chars().count();
        self.shortest = Some(self.shortest.map_or(length, |shortest| shortest.min(length)));
        self.known.push((Digest::of(token.as_bytes()), role));
    }

    /// Reads lines `read:TOKEN` and `run:TOKEN`; empty lines and those that begin with `#` are passed over. An error is the
    /// number of the first line that is neither.
    fn add_lines(&mut self, text: &str) -> Result<(), usize> {
        for (at, line) in text.lines().map(str::trim).enumerate() {
            match line.split_once(':').map(|(role, token)| (role.trim(), token.trim())) {
                Some(("read", token)) if !token.is_empty() => self.add(token, Role::Read),
                Some(("run", token)) if !token.is_empty() => self.add(token, Role::Run),
                _ if line.is_empty() || line.starts_with('#') => {}
                _ => return Err(at + 1),
            }
        }
        Ok(())
    }

    /// How many characters the shortest token has; None if there is none.
    pub fn shortest(&self) -> Option<usize> {
        self.shortest
    }

    /// Each token's digest and what its bearer may do.
    pub fn known(&self) -> &[(Digest, Role)] {
        &self.known
    }

    /// The digest of a token that is known, and what its bearer may do.
    pub fn find(&self, token: &str) -> Option<(Digest, Role)> {
        let digest = Digest::of(token.as_bytes());
        // All are compared, also when one was found.
        self.known.iter().filter(|(known, _)| is_same(known, &digest)).copied().max_by_key(|(_, role)| *role)
    }
}

/// Whether two digests are the same; how long that takes tells nothing of them.
pub fn is_same(a: &Digest, b: &Digest) -> bool {
    black_box(a.0.iter().zip(&b.0).fold(0, |differ, (a, b)| differ | (a ^ b))) == 0
}

/// Whether others than the owner and the group may read a file.
///
/// # Errors
/// If it cannot be looked at.
pub fn is_open_to_all(path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;

    Ok(std::fs::metadata(path)?.permissions().mode() & 0o007 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_roles() {
        let mut tokens = Tokens::default();
        assert_eq!(tokens.add_lines("# who\nread:looks\n\nrun: acts\nread:acts\n"), Ok(()));
        assert_eq!(tokens.shortest(), Some(4));
        let role = |token| tokens.find(token).map(|(_, role)| role);
        assert_eq!([role("looks"), role("acts")], [Some(Role::Read), Some(Role::Run)]);
        assert_eq!([role("look"), role("looks "), role(""), role("read:looks")], [None; 4]);
        assert_eq!(Tokens::default().add_lines("read:a\nwrite:b"), Err(2));
        assert_eq!(Tokens::default().add_lines("read:"), Err(1));
    }

    #[test]
    fn one_bit_makes_another_digest() {
        let digest = Digest::of(b"a");
        assert!(is_same(&digest, &digest.clone()));
        for bit in 0..256 {
            let mut other = digest;
            other.0[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_same(&digest, &other), "{bit}");
        }
    }

    /// Digests know `==`, which ends at the first byte that differs: who is let in must not be found by it.
    #[test]
    fn digests_are_compared_in_one_place() {
        for source in [include_str!("tokens.rs"), include_str!("access.rs")] {
            let code = source.split("#[cfg(test)]").next().unwrap_or_default();
            let compared = code.lines().filter(|line| line.contains("igest") || line.contains("session"));
            let wrong: Vec<&str> = compared.filter(|line| line.contains("==") || line.contains("!=")).collect();
            assert!(wrong.is_empty(), "{wrong:?}");
        }
    }
}
