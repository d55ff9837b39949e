//! Who is let in, and what every answer has.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::access::{Caller, Denied};
use crate::answer::{SessionCookie, refusal, respond, status_of};
use crate::app::App;
use crate::listen::Peer;
use crate::pages;
use crate::peers::Peers;
use crate::reply::{Problem, Reply};
use crate::routes::{API, is_open};
use crate::tokens::Role;

/// So long may an answer take to be made.
const PATIENCE: Duration = Duration::from_secs(60);

/// No page runs a script or takes a style that stands in it, nothing comes from elsewhere, and no other page may hold one.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'self'; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'";

/// What the guard knows.
#[derive(Clone)]
pub struct Guard {
    /// All that is served.
    pub app: Arc<App>,
    /// What each peer has.
    pub peers: Arc<Peers>,
    /// The name of the cookie: one for each port, since a browser tells hosts apart by their names alone.
    pub cookie: Arc<str>,
}

/// Lets in who may ask, and gives every answer its headers.
pub async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with(API);
    let is_secure = guard.app.access.is_secure(&guard.caller(&request));
    let mut response = match guard.malformed(&request) {
        Some(problem) => refusal(problem),
        None => guard.admitted(request, next).await,
    };
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = told(&guard.app, &problem, is_api);
    }
    if let Some(session) = response.extensions_mut().remove::<SessionCookie>() {
        let secure = if is_secure { "; Secure" } else { "" };
        let cookie = format!("{}={}; Path=/; HttpOnly; SameSite=Strict{secure}", guard.cookie, session.0);
        response.headers_mut().extend(HeaderValue::try_from(cookie).ok().map(|cookie| (header::SET_COOKIE, cookie)));
    }
    finish(&mut response);
    response
}

impl Guard {
    /// What of a request says who asks.
    fn caller<'a>(&self, request: &'a Request) -> Caller<'a> {
        let headers = request.headers();
        Caller {
            // Every connection has one; who had none would be from elsewhere.
            peer: peer(request).unwrap_or([0, 0, 0, 0].into()),
            host: text(headers, header::HOST).unwrap_or_default(),
            origin: text(headers, header::ORIGIN),
            bearer: text(headers, header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer ")),
            cookie: cookie(headers, &self.cookie),
            only_looks: matches!(*request.method(), Method::GET | Method::HEAD),
        }
    }

    /// What no page and no honest program sends, or too often.
    fn malformed(&self, request: &Request) -> Option<Problem> {
        if peer(request).is_some_and(|peer| !self.peers.may_ask(peer, Instant::now())) {
            return Some(Problem { status: 429, message: "these are too many requests; wait a second".to_owned() });
        }
        let headers = request.headers();
        let hosts = headers.get_all(header::HOST).iter().count();
        let own = request.uri().authority().is_none_or(|own| text(headers, header::HOST) == Some(own.as_str()));
        if hosts > 1 || !own {
            return Some(Problem::bad("the request names several hosts"));
        }
        let encoding = text(headers, header::CONTENT_ENCODING).unwrap_or("identity");
        (!encoding.eq_ignore_ascii_case("identity"))
            .then(|| Problem { status: 415, message: "a body is taken as it is, not compressed".to_owned() })
    }

    /// The answer, for whoever is let in.
    async fn admitted(&self, mut request: Request, next: Next) -> Response {
        let path = request.uri().path().to_owned();
        let (is_api, access) = (path.starts_with(API), &self.app.access);
        let caller = self.caller(&request);
        let only_looks = caller.only_looks;
        let admitted = match access.admit(&caller) {
            Err(Denied::Unknown | Denied::OtherOrigin | Denied::OnlyRead)
                if is_open(&path) && (only_looks || access.is_own_origin(&caller)) =>
            {
                Ok(Role::Read)
            }
            admitted => admitted,
        };
        let session = access.open_session().filter(|own| only_looks && !is_api && caller.cookie != Some(own));
        match admitted {
            Err(Denied::Unknown) if !is_api && only_looks => {
                respond(&self.app, Reply::SeeOther(format!("/login?next={}", crate::templates::encoded(&path)), None))
            }
            Err(denied) => refusal(Problem {
                status: if denied == Denied::Unknown { 401 } else { 403 },
                message: denied.message().to_owned(),
            }),
            Ok(role) => {
                request.extensions_mut().insert(role);
                let answer = tokio::time::timeout(PATIENCE, next.run(request)).await;
                let mut response =
                    answer.unwrap_or_else(|_| refusal(Problem { status: 503, message: "it took too long".to_owned() }));
                if let Some(session) = session.filter(|_| response.status().is_success()) {
                    response.extensions_mut().insert(SessionCookie(session));
                }
                response
            }
        }
    }
}

fn told(app: &Arc<App>, problem: &Problem, is_api: bool) -> Response {
    let reply = match is_api {
        true => Reply::Json(problem.status, serde_json::json!({"error": problem.message})),
        false => Reply::Html(pages::problem(app, problem)),
    };
    let mut response = respond(app, reply);
    *response.status_mut() = status_of(problem.status);
    response
}

fn finish(response: &mut Response) {
    let is_for_later = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&response.status());
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    if is_for_later {
        set(header::RETRY_AFTER, "1");
    }
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
}

fn peer(request: &Request) -> Option<std::net::IpAddr> {
    request.extensions().get::<Peer>().map(|Peer(address)| address.ip())
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}
