//! A proxy that speaks TLS in front of a server that does not.

use std::io;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

use crate::certificate_authority::Certificates;

/// Listens on a port of this machine, and passes on what comes to another. It ends with the value.
pub struct TlsProxy {
    port: u16,
    _runtime: Runtime,
}

impl TlsProxy {
    /// A proxy of HTTP/2 before the server on that port.
    ///
    /// # Errors
    /// If it cannot listen.
    pub fn start(certificates: &Certificates, to: u16) -> io::Result<Self> {
        let mut config = certificates.server_config();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0)))?;
        let port = listener.local_addr()?.port();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that goes away early is none of the proxy's business.
                tokio::spawn(pass(acceptor.clone(), stream, to));
            }
        });
        Ok(Self { port, _runtime: runtime })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }
}

async fn pass(acceptor: TlsAcceptor, stream: TcpStream, to: u16) -> io::Result<()> {
    let mut client = acceptor.accept(stream).await?;
    let mut server = TcpStream::connect(("127.0.0.1", to)).await?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await.map(|_| ())
}
