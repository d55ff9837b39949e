//! A line to the server that breaks at a commit.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

/// When the line breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cut {
    /// Before the server hears of the commit.
    Before,
    /// After the server has answered, before the client hears of it.
    After,
}

/// Passes everything on to that port of this machine, until a client says `commit`; its own port comes back. Later clients are
/// served without a break.
pub fn breaking(port: u16, cut: Cut) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("there are free ports");
    let own = listener.local_addr().expect("it has an address").port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (Ok(client), Ok(server)) = (client, TcpStream::connect(("127.0.0.1", port))) else { return };
            std::thread::spawn(move || pass(client, server, cut));
        }
    });
    own
}

fn pass(client: TcpStream, server: TcpStream, cut: Cut) {
    let (Ok(mut from_client), Ok(mut to_server)) = (client.try_clone(), server.try_clone()) else { return };
    let (mut from_server, mut to_client) = (server, client);
    std::thread::spawn(move || {
        // The line has broken: nothing is left to be passed on.
        let _ = std::io::copy(&mut from_server, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    let mut buffer = vec![0; 1 << 16];
    while let Ok(read @ 1..) = from_client.read(&mut buffer) {
        let is_commit = buffer[..read].ends_with(b"\x03commit");
        if is_commit && cut == Cut::After {
            // The client hears nothing any more; the server does the work.
            let _ = from_client.shutdown(Shutdown::Both);
        }
        if !is_commit || cut == Cut::After {
            let _ = to_server.write_all(&buffer[..read]);
        }
        if is_commit {
            break;
        }
    }
    let _ = from_client.shutdown(Shutdown::Both);
    let _ = to_server.shutdown(Shutdown::Write);
}
