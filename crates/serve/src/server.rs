//! The web server: from a request to the table of addresses, and from a reply to an answer.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{RawPathParams, RawQuery, State};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::MethodFilter;
use rustls::ServerConfig;
use tidemill_runner::Failure;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::access::Access;
use crate::answer::{refusal, respond};
use crate::app::App;
use crate::asked::Asked;
use crate::guard::{Guard, guard};
use crate::listen::{ListenerState, listen};
use crate::peers::Peers;
use crate::program::Program;
use crate::reloading::Reloading;
use crate::reply::Problem;
use crate::routes::{Handler, ROUTES};
use crate::tls::TlsFiles;
use crate::tokens::{Role, TokenSource, Tokens};

/// No body is longer.
const LONGEST_BODY: usize = 64 << 10;
/// So long may a body take to come.
const BODY_PATIENCE: Duration = Duration::from_secs(10);
/// So many changes are made at a time: each is a process.
const MOST_CHANGES: usize = 8;
/// So many answers are made at a time; more wait.
const MOST_ANSWERS: usize = 32;

/// With what a server is started.
pub struct Settings {
    /// The pipeline files.
    pub files: Vec<PathBuf>,
    /// Where it listens.
    pub listen: SocketAddr,
    /// By which tokens people and programs are known; without any, this machine alone is answered.
    pub tokens: TokenSource,
    /// The certificate, to speak TLS.
    pub tls: Option<TlsFiles>,
    /// Nothing may be started, stopped or changed.
    pub read_only: bool,
    /// This process runs the schedules, which is told.
    pub runs_schedules: bool,
}

/// A server that listens.
pub struct Server {
    app: Arc<App>,
    tls: Option<Arc<Reloading<ServerConfig>>>,
    listener: std::net::TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Listens; nothing is answered yet.
    ///
    /// # Errors
    /// If the address cannot be listened on, or the tokens or the certificate are wrong.
    pub fn open(program: Arc<dyn Program>, settings: Settings) -> Result<Self, Failure> {
        let tokens = tokens(&program, settings.tokens)?;
        let tls = settings.tls.map(|files| certificate(&program, files)).transpose()?;
        let access = Access::new(tokens, settings.read_only, tls.is_some());
        let access = access.map_err(|error| Failure::broken(format!("there are no random numbers: {error}")))?;
        let cannot = |error| Failure::broken(format!("cannot listen on {}: {error}", settings.listen));
        let listener = std::net::TcpListener::bind(settings.listen).map_err(cannot)?;
        listener.set_nonblocking(true).map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let app = App::new(program, access, settings.files, settings.runs_schedules);
        Ok(Self { app: Arc::new(app), tls: tls.map(Arc::new), listener, address })
    }

    /// The address of the page.
    pub fn address(&self) -> String {
        format!("{}://{}/", if self.tls.is_some() { "https" } else { "http" }, self.address)
    }

    /// Answers until the process ends.
    ///
    /// # Errors
    /// If the system does not let us.
    pub fn answer(self) -> std::io::Result<()> {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).max_blocking_threads(MOST_ANSWERS).enable_all().build()?;
        let peers = Arc::new(Peers::default());
        let router = router(&self.app, &peers, self.address.port());
        runtime.block_on(async move {
            let listener = TcpListener::from_std(self.listener)?;
            listen(listener, ListenerState { router, tls: self.tls, peers }).await;
            Ok(())
        })
    }
}

fn tokens(program: &Arc<dyn Program>, source: TokenSource) -> Result<Option<Reloading<Tokens>>, Failure> {
    if source.is_none() {
        return Ok(None);
    }
    let files = source.file.clone().into_iter().collect();
    Reloading::new(files, move || source.read(), stays(program, "the tokens")).map(Some)
}

fn certificate(program: &Arc<dyn Program>, files: TlsFiles) -> Result<Reloading<ServerConfig>, Failure> {
    let paths = vec![files.certificate.clone(), files.key.clone()];
    Reloading::new(paths, move || files.read(), stays(program, "the certificate"))
}

/// Tells that something could not be read again.
fn stays(program: &Arc<dyn Program>, what: &'static str) -> impl Fn(&Failure) + Send + Sync + 'static {
    let program = program.clone();
    move |failure| program.warning(&format!("{what} stay as they were: {failure}"))
}

/// What the handlers know.
#[derive(Clone)]
struct Shared {
    app: Arc<App>,
    changes: Arc<Semaphore>,
}

fn router(app: &Arc<App>, peers: &Arc<Peers>, port: u16) -> Router {
    let shared = Shared { app: app.clone(), changes: Arc::new(Semaphore::new(MOST_CHANGES)) };
    let door = Guard { app: app.clone(), peers: peers.clone(), cookie: format!("tidemill_{port}").into() };
    let mut router = Router::new();
    for (method, path, handler) in ROUTES {
        let (is_change, handler) = (*method == "POST", *handler);
        let answer = move |shared, role, path, query, body| handle(handler, is_change, shared, role, path, query, body);
        let filter = if is_change { MethodFilter::POST } else { MethodFilter::GET };
        router = router.route(path, axum::routing::on(filter, answer));
    }
    router
        .fallback(async || refusal(Problem::missing("there is no such page")))
        .method_not_allowed_fallback(async || {
            refusal(Problem { status: 405, message: "that method is not taken here".to_owned() })
        })
        .layer(from_fn_with_state(door, guard))
        .with_state(shared)
}

/// What a handler of the table is asked, and its answer.
async fn handle(
    handler: Handler,
    is_change: bool,
    State(shared): State<Shared>,
    axum::Extension(role): axum::Extension<Role>,
    path: RawPathParams,
    RawQuery(query): RawQuery,
    body: Body,
) -> Response {
    let body = match body_of(body).await {
        Ok(body) => body,
        Err(problem) => return refusal(problem),
    };
    let Ok(turn) = is_change.then(|| shared.changes.clone().try_acquire_owned()).transpose() else {
        return refusal(Problem { status: 429, message: "other changes are being made; wait a second".to_owned() });
    };
    let query = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
    let path = path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let asked = Asked { app: shared.app.clone(), role, path, query, body };
    // Views read the disk; a panic in one ends that answer and nothing else.
    let answered = tokio::task::spawn_blocking(move || {
        let answer = handler(&asked);
        drop(turn);
        answer
    });
    match answered.await {
        Ok(Ok(reply)) => respond(&shared.app, reply),
        Ok(Err(problem)) => refusal(problem),
        Err(_) => refusal(Problem::broken("this answer could not be made; that is a mistake of the program")),
    }
}

/// The whole body, if it is short and comes soon.
async fn body_of(body: Body) -> Result<Vec<u8>, Problem> {
    match tokio::time::timeout(BODY_PATIENCE, to_bytes(body, LONGEST_BODY)).await {
        Ok(Ok(body)) => Ok(body.to_vec()),
        Ok(Err(_)) => Err(Problem { status: 413, message: "the body is longer than 64 KiB, or broken".to_owned() }),
        Err(_) => Err(Problem { status: 408, message: "the body took too long to come".to_owned() }),
    }
}
