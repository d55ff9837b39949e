//! Connections: how many, how long they may take to say what they want, and TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use crate::connection::Impatient;
use crate::peers::Peers;
use crate::reloading::Reloading;

/// So many connections are open at a time; more wait.
const MOST_CONNECTIONS: usize = 512;
/// So long may the head of a request take to come, and so long may a connection be without one.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// So long may a handshake take.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(10);
/// The head of a request is no longer and has no more lines.
const LONGEST_HEAD: usize = 16 << 10;
const MOST_HEADERS: usize = 64;
/// So long is waited if the system gives no connection, such as when too many files are open.
const PAUSE: Duration = Duration::from_millis(100);

/// What each connection is served with.
#[derive(Clone)]
pub struct ListenerState {
    /// What answers.
    pub router: Router,
    /// Speaks TLS.
    pub tls: Option<Arc<Reloading<ServerConfig>>>,
    /// What each peer has.
    pub peers: Arc<Peers>,
}

/// Where a request comes from.
#[derive(Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Serves whoever connects, for ever.
pub async fn listen(listener: TcpListener, served: ListenerState) {
    let free = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        // The semaphore is never closed.
        let seat = free.clone().acquire_owned().await.ok();
        let Ok((stream, peer)) = listener.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        // Whoever has too many is hung up on.
        let Some(place) = served.peers.place(peer.ip(), Instant::now()) else { continue };
        let served = served.clone();
        tokio::spawn(async move {
            // What a peer does wrong ends its connection and nothing else.
            let _ = converse(stream, Peer(peer), served).await;
            drop((seat, place));
        });
    }
}

async fn converse(stream: TcpStream, peer: Peer, served: ListenerState) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let stream = Impatient::new(stream);
    let Some(tls) = served.tls else { return answer(stream, peer, served.router).await };
    let accepted = TlsAcceptor::from(tls.get()).accept(stream);
    let stream = tokio::time::timeout(HANDSHAKE_PATIENCE, accepted).await??;
    answer(stream, peer, served.router).await
}

async fn answer<S>(stream: S, peer: Peer, router: Router) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        router.call(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_headers(MOST_HEADERS)
        .max_header_size(LONGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .await
        .map_err(io::Error::other)
}
