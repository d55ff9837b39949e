//! A server that takes whatever is called by gRPC, and answers with an empty message.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};

use h2::server::SendResponse;
use http::{HeaderMap, HeaderValue, Request, Response};
use tokio::net::{TcpListener, TcpStream};

/// A call.
#[derive(Clone, Debug)]
pub struct GrpcCall {
    /// `/package.Service/Method`.
    pub path: String,
    /// What came with it.
    pub headers: HeaderMap,
    /// The message, as protobuf.
    pub message: Vec<u8>,
}

/// A server, from its start to the end of the process.
pub struct GrpcServer {
    /// Where it is.
    pub url: String,
    /// What it is called for.
    pub calls: Receiver<GrpcCall>,
}

impl GrpcServer {
    /// Starts it.
    ///
    /// # Errors
    /// If there is no port or no thread.
    pub fn start() -> io::Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        listener.set_nonblocking(true)?;
        let (tell, calls) = channel();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        std::thread::Builder::new().spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = TcpListener::from_std(listener) else { return };
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(connected(stream, tell.clone()));
                }
            });
        })?;
        Ok(Self { url, calls })
    }
}

async fn connected(stream: TcpStream, tell: Sender<GrpcCall>) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((request, respond))) = connection.accept().await {
        // A call that breaks off is none.
        tokio::spawn(answer(request, respond, tell.clone()));
    }
}

async fn answer(
    request: Request<h2::RecvStream>,
    mut respond: SendResponse<bytes::Bytes>,
    tell: Sender<GrpcCall>,
) -> Result<(), h2::Error> {
    let (head, mut body) = request.into_parts();
    let mut bytes = Vec::new();
    while let Some(part) = body.data().await {
        let part = part?;
        body.flow_control().release_capacity(part.len())?;
        bytes.extend_from_slice(&part);
    }
    // In front of the message: whether it is compressed, and its length.
    let message = bytes.get(5..).unwrap_or_default().to_vec();
    // Nobody may want to know any more.
    let _ = tell.send(GrpcCall { path: head.uri.path().to_owned(), headers: head.headers, message });
    let mut response = Response::new(());
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    let mut stream = respond.send_response(response, false)?;
    stream.send_data(bytes::Bytes::from_static(&[0; 5]), false)?;
    let mut end = HeaderMap::new();
    end.insert("grpc-status", HeaderValue::from_static("0"));
    stream.send_trailers(end)
}
