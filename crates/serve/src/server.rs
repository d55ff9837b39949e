//! The web server: connections, bodies, headers, and who is let in.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, RawPathParams, RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodFilter;
use axum::serve::{IncomingStream, Listener};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::access::{Access, Caller, Denied, Role, Tokens};
use crate::app::App;
use crate::asked::Asked;
use crate::connection::Counted;
use crate::events;
use crate::pages;
use crate::program::Program;
use crate::reply::{Problem, Reply};
use crate::routes::{API, Handler, ROUTES, is_open};
use crate::streamed::streamed;

/// No body is longer.
const LONGEST_BODY: usize = 64 << 10;
/// So long may a body take to come, and an answer to be made.
const PATIENCE: Duration = Duration::from_secs(60);
/// So many connections are open at a time; more wait.
const MOST_CONNECTIONS: usize = 512;

/// No page runs a script or takes a style that stands in it, nothing comes from elsewhere, and no other page may hold one.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'self'; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'";
/// What a pipeline has published may have a look of its own and pictures within itself, but runs nothing and is of no origin.
const SANDBOX: &str =
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'";

/// With what a server is started.
pub struct Settings {
    /// The pipeline files.
    pub files: Vec<PathBuf>,
    /// Where it listens.
    pub listen: SocketAddr,
    /// By which tokens people and programs are known; without any, this machine alone is answered.
    pub tokens: Tokens,
    /// Nothing may be started, stopped or changed.
    pub read_only: bool,
    /// This process runs the schedules, which is told.
    pub runs_schedules: bool,
}

/// A server that listens.
pub struct Server {
    app: Arc<App>,
    listener: std::net::TcpListener,
    address: SocketAddr,
}

/// Where a connection comes from, and to which port.
#[derive(Clone, Copy)]
struct Peer(SocketAddr);

impl Server {
    /// Listens; nothing is answered yet.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub fn open(program: Arc<dyn Program>, settings: Settings) -> io::Result<Self> {
        let access = Access::new(settings.tokens, settings.read_only)?;
        let listener = std::net::TcpListener::bind(settings.listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let app = App::new(program, access, settings.files, settings.runs_schedules);
        Ok(Self { app: Arc::new(app), listener, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until the process ends.
    ///
    /// # Errors
    /// If the system does not let us.
    pub fn answer(self) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let router = router(&self.app, self.address.port());
        runtime.block_on(async move {
            let inner = TcpListener::from_std(self.listener)?;
            let listener = Bounded { inner, free: Arc::new(Semaphore::new(MOST_CONNECTIONS)) };
            axum::serve(listener, router.into_make_service_with_connect_info::<Peer>()).await
        })
    }
}

/// What the guard and the handlers know.
#[derive(Clone)]
struct Shared {
    app: Arc<App>,
    /// The name of the cookie: one for each port, since a browser tells hosts apart by their names alone.
    cookie: Arc<str>,
}

fn router(app: &Arc<App>, port: u16) -> Router {
    let shared = Shared { app: app.clone(), cookie: format!("tidemill_{port}").into() };
    let mut router = Router::new();
    for (method, path, handler) in ROUTES {
        let filter = if *method == "POST" { MethodFilter::POST } else { MethodFilter::GET };
        let handler = *handler;
        let answer = move |shared, role, path, query, body| handle(handler, shared, role, path, query, body);
        router = router.route(path, axum::routing::on(filter, answer));
    }
    router
        .fallback(async || refusal(Problem::missing("there is no such page")))
        .method_not_allowed_fallback(async || {
            refusal(Problem { status: 405, message: "that method is not taken here".to_owned() })
        })
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .layer(from_fn_with_state(shared.clone(), guard))
        .with_state(shared)
}

/// What a handler of the table is asked, and its answer.
async fn handle(
    handler: Handler,
    State(shared): State<Shared>,
    axum::Extension(role): axum::Extension<Role>,
    path: RawPathParams,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let query = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
    let path = path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let asked = Asked { app: shared.app.clone(), role, path, query, body: body.to_vec() };
    // Views read the disk; a panic in one ends that answer and nothing else.
    let answered = tokio::task::spawn_blocking(move || handler(&asked)).await;
    match answered {
        Ok(Ok(reply)) => respond(&shared, reply),
        Ok(Err(problem)) => refusal(problem),
        Err(_) => refusal(Problem::broken("this answer could not be made; that is a mistake of the program")),
    }
}

fn respond(shared: &Shared, reply: Reply) -> Response {
    let masked = |text: String| shared.app.masker().text(&text).into_owned();
    let typed = |content_type: &'static str, text: String| ([(header::CONTENT_TYPE, content_type)], masked(text));
    match reply {
        Reply::Html(text) => typed("text/html; charset=utf-8", text).into_response(),
        Reply::Json(status, value) => (status_of(status), typed("application/json", value.to_string())).into_response(),
        Reply::Text { content_type, text, download } => {
            let mut response = typed(content_type, text).into_response();
            download.iter().for_each(|name| keep_as(&mut response, name));
            response
        }
        Reply::File { file, content_type, name, download } => {
            let is_text = content_type.starts_with("text/") || content_type == "application/json";
            let masker = is_text.then(|| shared.app.masker());
            let mut response = ([(header::CONTENT_TYPE, content_type)], streamed(file, masker)).into_response();
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(SANDBOX));
            if download || content_type == "application/octet-stream" {
                keep_as(&mut response, &name);
            }
            response
        }
        Reply::SeeOther(to, session) => {
            let mut response = StatusCode::SEE_OTHER.into_response();
            if let Ok(to) = HeaderValue::try_from(to) {
                response.headers_mut().insert(header::LOCATION, to);
            }
            session.iter().for_each(|session| set_cookie(&mut response, shared, session));
            response
        }
        Reply::Made { bytes, content_type, download } => made(shared, bytes, &content_type, download.as_deref()),
        Reply::Events(watched) => events::answer(shared.app.clone(), watched),
    }
}

/// Something that a pipeline has made, with no more rights than its files.
fn made(shared: &Shared, bytes: Vec<u8>, content_type: &str, download: Option<&str>) -> Response {
    let is_text = content_type.starts_with("text/") || content_type == "application/json";
    let bytes = match (is_text, String::from_utf8(bytes)) {
        (true, Ok(text)) => shared.app.masker().text(&text).into_owned().into_bytes(),
        (_, text) => text.map_or_else(std::string::FromUtf8Error::into_bytes, String::into_bytes),
    };
    let content_type = HeaderValue::try_from(content_type).unwrap_or(HeaderValue::from_static("text/plain"));
    let mut response = ([(header::CONTENT_TYPE, content_type)], bytes).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(SANDBOX));
    download.iter().for_each(|name| keep_as(&mut response, name));
    response
}

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// A refusal as the API tells it; the guard makes a page of it where people look.
fn refusal(problem: Problem) -> Response {
    let mut response = status_of(problem.status).into_response();
    response.extensions_mut().insert(problem);
    response
}

/// The file's name for the browser to keep it, with nothing in it that could end the header.
fn keep_as(response: &mut Response, name: &str) {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.@".contains(c) { c } else { '_' };
    let name: String = name.chars().map(plain).collect();
    if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
}

/// Lets in who may ask, and gives every answer its headers.
async fn guard(
    State(shared): State<Shared>,
    ConnectInfo(Peer(peer)): ConnectInfo<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    let is_api = path.starts_with(API);
    let only_looks = matches!(*request.method(), Method::GET | Method::HEAD);
    let headers = request.headers();
    let cookie = cookie(headers, &shared.cookie);
    let caller = Caller {
        peer: peer.ip(),
        host: text(headers, header::HOST).unwrap_or_default(),
        origin: text(headers, header::ORIGIN),
        bearer: text(headers, header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer ")),
        cookie,
        only_looks,
    };
    let access = &shared.app.access;
    let admitted = match access.admit(&caller) {
        Err(Denied::Unknown | Denied::OtherOrigin | Denied::OnlyRead)
            if is_open(&path) && (only_looks || crate::access::is_own_origin(&caller)) =>
        {
            Ok(Role::Read)
        }
        admitted => admitted,
    };
    let is_new = !access.has_tokens() && only_looks && !is_api && cookie != Some(access.session(Role::Run));
    let mut response = match admitted {
        Err(Denied::Unknown) if !is_api && only_looks => {
            respond(&shared, Reply::SeeOther(format!("/login?next={}", crate::templates::encoded(&path)), None))
        }
        Err(denied) => refusal(Problem {
            status: if denied == Denied::Unknown { 401 } else { 403 },
            message: denied.message().to_owned(),
        }),
        Ok(role) => {
            request.extensions_mut().insert(role);
            let answer = tokio::time::timeout(PATIENCE, next.run(request)).await;
            let mut response =
                answer.unwrap_or_else(|_| refusal(Problem { status: 408, message: "it took too long".to_owned() }));
            if is_new && response.status().is_success() {
                set_cookie(&mut response, &shared, access.session(Role::Run));
            }
            response
        }
    };
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = told(&shared, &problem, is_api);
    } else if response.status() == StatusCode::PAYLOAD_TOO_LARGE {
        response =
            told(&shared, &Problem { status: 413, message: "the body is longer than 64 KiB".to_owned() }, is_api);
    }
    finish(&mut response);
    response
}

fn told(shared: &Shared, problem: &Problem, is_api: bool) -> Response {
    let reply = match is_api {
        true => Reply::Json(problem.status, serde_json::json!({"error": problem.message})),
        false => Reply::Html(pages::problem(&shared.app, problem)),
    };
    let mut response = respond(shared, reply);
    *response.status_mut() = status_of(problem.status);
    response
}

fn finish(response: &mut Response) {
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    set(header::CACHE_CONTROL, "no-store");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
}

fn set_cookie(response: &mut Response, shared: &Shared, session: &str) {
    let cookie = format!("{}={session}; Path=/; HttpOnly; SameSite=Strict", shared.cookie);
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// A listener that accepts no more than so many connections at a time.
struct Bounded {
    inner: TcpListener,
    free: Arc<Semaphore>,
}

impl Listener for Bounded {
    type Io = Counted;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        // The semaphore is never closed.
        let place = self.free.clone().acquire_owned().await.ok();
        let (stream, peer) = Listener::accept(&mut self.inner).await;
        (Counted::new(stream, place), peer)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.inner.local_addr()
    }
}

impl axum::extract::connect_info::Connected<IncomingStream<'_, Bounded>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Bounded>) -> Self {
        Self(*stream.remote_addr())
    }
}
