//! Who may ask: by the peer, the Host, the Origin, the cookie and tokens.

use std::fs::File;
use std::io::Read as _;
use std::net::IpAddr;

use tidemill_core::ids::Digest;

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look.
    Read,
    /// Look, and start and stop runs.
    Run,
}

/// The tokens by which people and programs are known. Only their digests are kept, and compared: how long that takes tells
/// nothing of a token.
#[derive(Clone, Debug, Default)]
pub struct Tokens(Vec<(Digest, Role)>);

impl Tokens {
    /// Adds a token.
    pub fn add(&mut self, token: &str, role: Role) {
        self.0.push((Digest::of(token.as_bytes()), role));
    }

    /// Reads lines `read:TOKEN` and `run:TOKEN`; empty lines and those that begin with `#` are passed over.
    ///
    /// # Errors
    /// The number of the first line that is neither. No line is quoted: it may hold a token.
    pub fn add_lines(&mut self, text: &str) -> Result<(), usize> {
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

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the bearer of a token may do.
    pub fn role(&self, token: &str) -> Option<Role> {
        let digest = Digest::of(token.as_bytes());
        self.0.iter().filter(|(known, _)| *known == digest).map(|(_, role)| *role).max()
    }
}

/// What of a request says who asks.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// Where the connection comes from.
    pub peer: IpAddr,
    /// `Host`.
    pub host: &'a str,
    /// `Origin`.
    pub origin: Option<&'a str>,
    /// The token of `Authorization: Bearer`.
    pub bearer: Option<&'a str>,
    /// The value of the page's cookie.
    pub cookie: Option<&'a str>,
    /// Whether the request changes nothing.
    pub only_looks: bool,
}

/// Why somebody is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// The peer or the Host is not of this machine.
    Foreign,
    /// Who asks is not known.
    Unknown,
    /// The request does not come from the page itself.
    OtherOrigin,
    /// It may look, not change.
    OnlyRead,
}

impl Denied {
    /// In words.
    pub fn message(self) -> &'static str {
        match self {
            Self::Foreign => {
                "only requests of this machine to a loopback address are answered; with a token set, `--listen` may be another"
            }
            Self::Unknown => "a token is needed: `Authorization: Bearer TOKEN`, or the page's own sign-in",
            Self::OtherOrigin => {
                "what changes something must come from the page itself, with its cookie, or with a token"
            }
            Self::OnlyRead => "this may look and change nothing",
        }
    }
}

/// The rules of one process.
pub struct Access {
    tokens: Tokens,
    read_only: bool,
    /// What the cookie holds for those who may read, and for those who may run.
    sessions: [String; 2],
}

impl Access {
    /// Rules for these tokens; without any, for this machine alone.
    ///
    /// # Errors
    /// If the system gives no random bytes.
    pub fn new(tokens: Tokens, read_only: bool) -> std::io::Result<Self> {
        Ok(Self { tokens, read_only, sessions: [random()?, random()?] })
    }

    /// Whether people must sign in.
    pub fn has_tokens(&self) -> bool {
        !self.tokens.is_empty()
    }

    /// Whether nothing may be changed by anybody.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// The cookie's value for who has signed in with a token.
    pub fn session_of(&self, token: &str) -> Option<&str> {
        self.tokens.role(token).map(|role| self.session(role))
    }

    /// The cookie's value for a role.
    pub fn session(&self, role: Role) -> &str {
        &self.sessions[usize::from(role == Role::Run)]
    }

    /// What the caller may do.
    ///
    /// # Errors
    /// If it is not answered.
    pub fn admit(&self, caller: &Caller<'_>) -> Result<Role, Denied> {
        let is_here = is_loopback(caller.peer) && is_loopback_host(caller.host);
        if !(self.has_tokens() || is_here) {
            return Err(Denied::Foreign);
        }
        let by_bearer = caller.bearer.and_then(|token| self.tokens.role(token));
        let by_cookie = caller.cookie.and_then(|value| self.role_of_session(value));
        let known = by_bearer.or(by_cookie).or((!self.has_tokens()).then_some(Role::Read)).ok_or(Denied::Unknown)?;
        if caller.only_looks {
            return Ok(known);
        }
        if self.read_only {
            return Err(Denied::OnlyRead);
        }
        match (by_bearer, by_cookie) {
            (Some(Role::Run), _) => Ok(Role::Run),
            (Some(Role::Read), _) => Err(Denied::OnlyRead),
            (None, Some(role)) if is_own_origin(caller) => match role {
                Role::Run => Ok(Role::Run),
                Role::Read => Err(Denied::OnlyRead),
            },
            _ => Err(Denied::OtherOrigin),
        }
    }

    fn role_of_session(&self, value: &str) -> Option<Role> {
        let is = |role| Digest::of(value.as_bytes()) == Digest::of(self.session(role).as_bytes());
        [Role::Run, Role::Read].into_iter().find(|role| is(*role))
    }
}

/// Whether the request comes from a page of the host that it goes to.
pub fn is_own_origin(caller: &Caller<'_>) -> bool {
    let own = |scheme: &str| caller.origin.and_then(|origin| origin.strip_prefix(scheme)) == Some(caller.host);
    own("http://") || own("https://")
}

fn is_loopback(peer: IpAddr) -> bool {
    peer.to_canonical().is_loopback()
}

/// Whether a Host is a name of this machine alone, whatever the port.
fn is_loopback_host(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || address.parse().is_ok_and(is_loopback)
}

/// 256 random bits as text.
fn random() -> std::io::Result<String> {
    let mut bytes = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(Digest(bytes).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn caller(host: &str) -> Caller<'_> {
        Caller { peer: HERE, host, origin: None, bearer: None, cookie: None, only_looks: true }
    }

    fn access(tokens: Tokens) -> Access {
        Access::new(tokens, false).expect("random bytes")
    }

    #[test]
    fn without_tokens_only_this_machine_by_its_own_names() {
        let access = access(Tokens::default());
        for host in ["localhost:8420", "127.0.0.1:8420", "[::1]:8420", "LOCALHOST", "127.0.0.2"] {
            assert_eq!(access.admit(&caller(host)), Ok(Role::Read), "{host}");
        }
        for host in
            ["evil.example", "127.0.0.1.evil.example:8420", "localhost.evil.example", "", "0.0.0.0:8420", "10.0.0.1"]
        {
            assert_eq!(access.admit(&caller(host)), Err(Denied::Foreign), "{host}");
        }
        let far = Caller { peer: IpAddr::from([10, 0, 0, 1]), ..caller("localhost") };
        assert_eq!(access.admit(&far), Err(Denied::Foreign));
    }

    #[test]
    fn changes_need_the_own_origin_and_the_cookie() {
        let access = access(Tokens::default());
        let cookie = access.session(Role::Run).to_owned();
        let post = Caller { only_looks: false, origin: Some("http://localhost:1"), ..caller("localhost:1") };
        assert_eq!(access.admit(&post), Err(Denied::OtherOrigin));
        assert_eq!(access.admit(&Caller { cookie: Some(&cookie), ..post }), Ok(Role::Run));
        for origin in [None, Some("null"), Some("http://localhost:2"), Some("http://evil.example")] {
            let denied = access.admit(&Caller { cookie: Some(&cookie), origin, ..post });
            assert_eq!(denied, Err(Denied::OtherOrigin), "{origin:?}");
        }
        let reading = access.session(Role::Read).to_owned();
        assert_eq!(access.admit(&Caller { cookie: Some(&reading), ..post }), Err(Denied::OnlyRead));
    }

    #[test]
    fn tokens_have_roles() {
        let mut tokens = Tokens::default();
        tokens.add_lines("# who\nread:looks\n\nrun: acts\n").expect("well-formed");
        let access = access(tokens);
        let far = Caller { peer: IpAddr::from([10, 0, 0, 1]), ..caller("tidemill.example") };
        assert_eq!(access.admit(&far), Err(Denied::Unknown));
        assert_eq!(access.admit(&Caller { bearer: Some("look"), ..far }), Err(Denied::Unknown));
        assert_eq!(access.admit(&Caller { bearer: Some("looks"), ..far }), Ok(Role::Read));
        let post = Caller { only_looks: false, ..far };
        assert_eq!(access.admit(&Caller { bearer: Some("looks"), ..post }), Err(Denied::OnlyRead));
        assert_eq!(access.admit(&Caller { bearer: Some("acts"), ..post }), Ok(Role::Run));
        assert_eq!(Tokens::default().add_lines("read:a\nwrite:b"), Err(2));
    }
}
