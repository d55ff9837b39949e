//! The mail server that a URL names.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use tidemill_core::spec::HumanDuration;
use tidemill_core::task::TaskFailure;
use url::Url;

/// How a server takes mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpServer {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Name and password.
    pub login: Option<(String, String)>,
    /// How the connection is encrypted.
    pub encryption: Encryption,
    /// A file of certificates that are trusted beside the usual ones.
    pub trusted: Option<PathBuf>,
    /// How long it may take for each answer; None for what is usual.
    pub patience: Option<Duration>,
}

/// How a connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// From the first byte.
    Tls,
    /// By STARTTLS, or not at all.
    Required,
    /// By STARTTLS where the server offers it.
    Offered,
    /// Not, and the password is seen by whoever listens.
    None,
}

const SHAPE: &str = "write `smtps://user:password@host` (TLS), `smtp://user:password@host:587` (STARTTLS) or `smtp://host`; in the \
                     password write `%40` for `@`, `%2F` for `/`, `%3A` for `:`, `%23` for `#`, `%3F` for `?`, `%25` for `%`";

/// What is wrong with a URL, which is not told itself.
fn wrong(what: impl Into<String>) -> TaskFailure {
    TaskFailure {
        message: format!("`smtp` is no mail server's URL: {}", what.into()),
        help: vec![SHAPE.to_owned()],
        permanent: true,
        ..TaskFailure::default()
    }
}

fn decoded(text: &str, what: &str) -> Result<String, TaskFailure> {
    let decoded = percent_decode_str(text).decode_utf8().map(std::borrow::Cow::into_owned);
    decoded.map_err(|_| wrong(format!("{what} is not UTF-8")))
}

fn host(url: &Url) -> Result<String, TaskFailure> {
    let Some(host) = url.host_str().filter(|host| !host.is_empty()) else { return Err(wrong("it names no host")) };
    Ok(match url::Host::parse(&decoded(host, "the host")?).map_err(|error| wrong(error.to_string()))? {
        url::Host::Domain(name) => name,
        url::Host::Ipv4(address) => address.to_string(),
        url::Host::Ipv6(address) => address.to_string(),
    })
}

/// User and password.
fn login(url: &Url) -> Result<Option<(String, String)>, TaskFailure> {
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) => Err(wrong("it has a password and no user")),
        (_, None) => Err(wrong("it has a user and no password")),
        (user, Some(password)) => Ok(Some((decoded(user, "the user")?, decoded(password, "the password")?))),
    }
}

impl SmtpServer {
    /// Reads a URL; files in it start at that folder.
    ///
    /// # Errors
    /// What is wrong with it. The URL itself is not told, since a password is in it.
    pub fn parse(text: &str, project: &Path) -> Result<Self, TaskFailure> {
        let url = Url::parse(text.trim()).map_err(|error| wrong(error.to_string()))?;
        let is_tls = match url.scheme() {
            "smtps" => true,
            "smtp" => false,
            _ => return Err(wrong("it begins neither with `smtps:` nor with `smtp:`")),
        };
        let host = host(&url)?;
        let login = login(&url)?;
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(wrong("there is a `/` or `#` where none belongs, perhaps in the password"));
        }
        let (port, encryption) = match (is_tls, &login) {
            (true, _) => (465, Encryption::Tls),
            (false, Some(_)) => (587, Encryption::Required),
            (false, None) => (25, Encryption::Offered),
        };
        let port = url.port().unwrap_or(port);
        let mut server = Self { host, port, encryption, login, trusted: None, patience: None };
        for (name, value) in url.query_pairs() {
            server.set(&name, &value, project)?;
        }
        Ok(server)
    }

    /// Takes a setting that stands behind the `?`.
    fn set(&mut self, name: &str, value: &str, project: &Path) -> Result<(), TaskFailure> {
        match (name, value) {
            ("tls", _) if matches!(self.encryption, Encryption::Tls) => {
                return Err(wrong("`tls=` has no meaning with `smtps://`"));
            }
            ("tls", "required") => self.encryption = Encryption::Required,
            ("tls", "opportunistic") => self.encryption = Encryption::Offered,
            ("tls", "none") => self.encryption = Encryption::None,
            ("tls", other) => {
                return Err(wrong(format!("`tls={other}` is not one of `required`, `opportunistic`, `none`")));
            }
            ("ca", path) if !path.is_empty() => self.trusted = Some(project.join(path)),
            ("timeout", text) => self.patience = Some(HumanDuration::parse(text).map_err(wrong)?.0),
            // It may be the end of a password, so it is not told.
            _ => return Err(wrong("behind `?` there is something that is not `tls`, `ca` or `timeout`")),
        }
        Ok(())
    }

    /// Where it is, as people say it.
    pub fn place(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// What the server says, fit to be shown: on one line, without anything that a terminal would obey, without the password.
    pub fn shown(&self, text: &str) -> String {
        let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let mut shown = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some((user, password)) = self.login.as_ref().filter(|(_, password)| !password.is_empty()) {
            let both = STANDARD.encode(format!("\0{user}\0{password}"));
            for form in [both, STANDARD.encode(password), password.clone()] {
                shown = shown.replace(&form, "***");
            }
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<SmtpServer, String> {
        SmtpServer::parse(url, Path::new("/project")).map_err(|failure| {
            assert!(!failure.message.contains("hunter2") && failure.permanent, "{failure}");
            failure.message
        })
    }

    #[test]
    fn a_password_never_goes_out_in_the_open_unless_that_is_asked_for() {
        let of = |url: &str| read(url).map(|server| (server.port, server.encryption));
        assert_eq!(of("smtps://u:p@mail.example.com"), Ok((465, Encryption::Tls)));
        assert_eq!(of("smtp://u:p@mail.example.com"), Ok((587, Encryption::Required)));
        assert_eq!(of("smtp://u:p@mail.example.com:25?tls=opportunistic"), Ok((25, Encryption::Offered)));
        assert_eq!(of("smtp://u:p@mail.example.com?tls=none"), Ok((587, Encryption::None)));
        assert_eq!(of("smtp://mail.example.com"), Ok((25, Encryption::Offered)));
    }

    #[test]
    fn names_and_files_are_decoded() {
        let server = read("smtp://jo%40example.com:p%2F%40%23@[::1]:2525?ca=keys/ca.pem&timeout=5s").unwrap();
        assert_eq!(server.login, Some(("jo@example.com".to_owned(), "p/@#".to_owned())));
        assert_eq!((server.host.as_str(), server.place().as_str()), ("::1", "[::1]:2525"));
        assert_eq!(server.trusted, Some(PathBuf::from("/project/keys/ca.pem")));
        assert_eq!(server.patience, Some(Duration::from_secs(5)));
        assert_eq!(
            read("smtps://u:p@bücher.example").map(|server| server.host),
            Ok("xn--bcher-kva.example".to_owned())
        );
    }

    #[test]
    fn mistakes_are_told_without_the_password() {
        let told: Vec<String> = [
            "mail.example.com",
            "https://u:hunter2@host",
            "smtp://u:hunter2@",
            "smtp://u@host",
            "smtp://:hunter2@host",
            "smtp://u:hunter2/x@host",
            "smtp://u:hunter2@host/x",
            "smtp://u:hunter2@host?tls=yes",
            "smtps://u:hunter2@host?tls=none",
            "smtp://u:hunter2@host?timeout=5",
            "smtp://u:hunter2@host?verify=no",
            "smtp://u:hunter2@host:99999",
        ]
        .iter()
        .map(|url| read(url).expect_err(url))
        .collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn what_a_server_says_is_one_harmless_line() {
        let server = read("smtp://u:hunter2@host").unwrap();
        let said = "no\r\n\u{1b}[31mwith hunter2, aHVudGVyMg==, AHUAaHVudGVyMg==";
        assert_eq!(server.shown(said), "no [31mwith ***, ***, ***");
    }
}
