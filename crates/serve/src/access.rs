//! Who may ask: by the peer, the Host, the Origin, the cookie and tokens.

use std::fs::File;
use std::io::Read as _;
use std::net::IpAddr;
use std::sync::Arc;

use tidemill_core::ids::Digest;

use crate::reloading::Reloading;
use crate::tokens::{Role, Tokens, is_same};

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
    /// None if there are no tokens: then this machine alone is answered.
    tokens: Option<Reloading<Tokens>>,
    read_only: bool,
    /// TLS is spoken here.
    is_tls: bool,
    /// What the values of cookies are made with.
    secret: [u8; 32],
}

impl Access {
    /// Rules for these tokens; without any, for this machine alone.
    ///
    /// # Errors
    /// If the system gives no random bytes.
    pub fn new(tokens: Option<Reloading<Tokens>>, read_only: bool, is_tls: bool) -> std::io::Result<Self> {
        let mut secret = [0; 32];
        File::open("/dev/urandom")?.read_exact(&mut secret)?;
        Ok(Self { tokens, read_only, is_tls, secret })
    }

    /// Whether people must sign in.
    pub fn has_tokens(&self) -> bool {
        self.tokens.is_some()
    }

    /// Whether nothing may be changed by anybody.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Whether a cookie may only be sent over TLS: if it is spoken here or by the proxy that the page comes through.
    pub fn is_secure(&self, caller: &Caller<'_>) -> bool {
        self.is_tls || caller.origin.is_some_and(|origin| origin.starts_with("https://"))
    }

    /// The cookie's value for who has signed in with a token.
    pub fn session_of(&self, token: &str) -> Option<String> {
        let (digest, _) = self.tokens.as_ref()?.get().find(token)?;
        Some(self.session(&digest).to_string())
    }

    /// The cookie's value for whoever is let in without a token, if anybody is.
    pub fn open_session(&self) -> Option<String> {
        (!self.has_tokens()).then(|| self.session(&Digest::of(b"")).to_string())
    }

    /// What a cookie holds for a token. It ends with the token, and with this process.
    fn session(&self, token: &Digest) -> Digest {
        Digest::of(&[self.secret, token.0].concat())
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
        let tokens = self.tokens.as_ref().map(Reloading::get);
        let by_bearer = caller.bearer.zip(tokens.as_ref()).and_then(|(token, known)| known.find(token));
        let by_bearer = by_bearer.map(|(_, role)| role);
        let by_cookie = caller.cookie.and_then(|value| self.role_by_cookie(value, tokens.as_ref()));
        let known = by_bearer.or(by_cookie).or((!self.has_tokens()).then_some(Role::Read)).ok_or(Denied::Unknown)?;
        if caller.only_looks {
            return Ok(known);
        }
        match (by_bearer, by_cookie) {
            _ if self.read_only => Err(Denied::OnlyRead),
            (Some(Role::Run), _) => Ok(Role::Run),
            (Some(Role::Read), _) => Err(Denied::OnlyRead),
            (None, Some(role)) if self.is_own_origin(caller) => match role {
                Role::Run => Ok(Role::Run),
                Role::Read => Err(Denied::OnlyRead),
            },
            _ => Err(Denied::OtherOrigin),
        }
    }

    fn role_by_cookie(&self, value: &str, tokens: Option<&Arc<Tokens>>) -> Option<Role> {
        let given = Digest::parse(value)?;
        let open = [(Digest::of(b""), Role::Run)];
        let known = tokens.map_or(&open[..], |tokens| tokens.known());
        known.iter().filter(|(token, _)| is_same(&self.session(token), &given)).map(|(_, role)| *role).max()
    }

    /// Whether the request comes from a page of the host that it goes to.
    pub fn is_own_origin(&self, caller: &Caller<'_>) -> bool {
        let own = |scheme: &str| caller.origin.and_then(|origin| origin.strip_prefix(scheme)) == Some(caller.host);
        !caller.host.is_empty() && (own("https://") || !self.is_tls && own("http://"))
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::TokenSource;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn caller(host: &str) -> Caller<'_> {
        Caller { peer: HERE, host, origin: None, bearer: None, cookie: None, only_looks: true }
    }

    /// With the tokens of a file `tokens` in that folder, if there is one.
    fn access(folder: Option<&std::path::Path>) -> Access {
        let tokens = folder.map(|folder| {
            let source = TokenSource { single: None, file: Some(folder.join("tokens")) };
            Reloading::new(vec![folder.join("tokens")], move || source.read(), |_| {}).expect("well-formed tokens")
        });
        Access::new(tokens, false, false).expect("random bytes")
    }

    #[test]
    fn without_tokens_only_this_machine_by_its_own_names() {
        let access = access(None);
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
        let access = access(None);
        let cookie = access.open_session().expect("there are no tokens");
        let post = Caller { only_looks: false, origin: Some("http://localhost:1"), ..caller("localhost:1") };
        assert_eq!(access.admit(&post), Err(Denied::OtherOrigin));
        assert_eq!(access.admit(&Caller { cookie: Some(&cookie), ..post }), Ok(Role::Run));
        for origin in [None, Some("null"), Some("http://localhost:2"), Some("http://evil.example"), Some("http://")] {
            let denied = access.admit(&Caller { cookie: Some(&cookie), origin, ..post });
            assert_eq!(denied, Err(Denied::OtherOrigin), "{origin:?}");
        }
    }

    #[test]
    fn over_tls_a_page_without_it_is_another() {
        let access = Access::new(None, false, true).expect("random bytes");
        let page = |origin| Caller { origin: Some(origin), ..caller("localhost:1") };
        assert!(access.is_own_origin(&page("https://localhost:1")));
        assert!(!access.is_own_origin(&page("http://localhost:1")));
    }

    #[test]
    fn tokens_have_roles_and_end_with_their_line() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("tokens"), "read:looks\nrun:acts\n").expect("a file");
        let access = access(Some(folder.path()));
        let far = Caller { peer: IpAddr::from([10, 0, 0, 1]), ..caller("tidemill.example") };
        assert_eq!(access.admit(&far), Err(Denied::Unknown));
        assert_eq!(access.admit(&Caller { bearer: Some("look"), ..far }), Err(Denied::Unknown));
        assert_eq!(access.admit(&Caller { bearer: Some("looks"), ..far }), Ok(Role::Read));
        let cookie = access.session_of("acts").expect("it is known");
        let reading = access.session_of("looks").expect("it is known");
        let post = Caller { only_looks: false, origin: Some("http://tidemill.example"), ..far };
        assert_eq!(access.admit(&Caller { bearer: Some("looks"), ..post }), Err(Denied::OnlyRead));
        assert_eq!(access.admit(&Caller { bearer: Some("acts"), ..post }), Ok(Role::Run));
        assert_eq!(access.admit(&Caller { cookie: Some(&cookie), ..post }), Ok(Role::Run));
        assert_eq!(access.admit(&Caller { cookie: Some(&reading), ..post }), Err(Denied::OnlyRead));
        std::fs::write(folder.path().join("tokens"), "read:looks\n").expect("a file");
        assert_eq!(access.admit(&Caller { cookie: Some(&cookie), ..far }), Err(Denied::Unknown));
        assert_eq!(access.admit(&Caller { cookie: Some(&reading), ..far }), Ok(Role::Read));
        assert_eq!((access.session_of("acts"), access.open_session()), (None, None));
    }
}
