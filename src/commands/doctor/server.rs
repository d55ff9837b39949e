//! What belongs to `serve`: its address, its tokens, its certificate.

use std::io::ErrorKind;
use std::net::TcpListener;

use tidemill_serve::{TlsFiles, TokenSource};

use super::finding::Finding;
use crate::commands::serve::{ServerArgs, open_files};
use crate::failure::Failure;
use crate::summary::counted;

/// Shorter tokens than this can be guessed.
const SHORT: usize = 16;

/// What there is to say of a server with that setting.
pub fn findings(server: &ServerArgs) -> Vec<Finding> {
    let (tokens, tls) = (server.tokens(), server.tls());
    let mut findings = vec![address(server, &tokens, tls.as_ref())];
    findings.extend((!tokens.is_none()).then(|| who_may(&tokens)));
    findings.extend(tls.as_ref().map(certificate));
    findings.extend(open_files(&tokens, tls.as_ref()).map(|file| {
        Finding::note("page", format!("{} can be read by everybody on this machine", file.display()))
            .help(format!("`chmod 600 {}`", file.display()))
    }));
    findings
}

fn address(server: &ServerArgs, tokens: &TokenSource, tls: Option<&TlsFiles>) -> Finding {
    let (address, is_reachable) = (server.address(), server.is_reachable());
    if is_reachable && tokens.is_none() {
        return Finding::bad("page", format!("{address} can be reached from elsewhere, and no token is set"))
            .help("set TIDEMILL_TOKEN, or give `--token-file`");
    }
    match TcpListener::bind(address) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            Finding::note("page", format!("{address} is taken: perhaps the page is there already"))
                .help("`--listen` with another port, if it is not")
        }
        Err(error) => Finding::bad("page", format!("{address} cannot be listened on: {error}"))
            .help("`--listen` takes an address of this machine; ports below 1024 need rights"),
        Ok(_) if is_reachable && tls.is_none() => {
            Finding::note("page", format!("{address} is free, and what goes over the network would be readable"))
                .help("put TLS in front of it, or give `--tls-cert` and `--tls-key`")
        }
        Ok(_) => Finding::ok("page", format!("{address} is free")),
    }
}

fn who_may(tokens: &TokenSource) -> Finding {
    match tokens.read() {
        Err(failure) => wrong("tokens", &failure),
        Ok(tokens) => match tokens.shortest().filter(|length| *length < SHORT) {
            Some(length) => {
                Finding::note("tokens", format!("one has {}: it can be guessed", counted(length, "character")))
                    .help("`openssl rand -hex 32` makes one that cannot")
            }
            None => Finding::ok("tokens", counted(tokens.known().len(), "token")),
        },
    }
}

fn certificate(files: &TlsFiles) -> Finding {
    let shown = files.certificate.display();
    match files.read().and_then(|_| files.has_expired()) {
        Err(failure) => wrong("tls", &failure),
        Ok(true) => Finding::bad("tls", format!("the certificate in {shown} is not valid at this time"))
            .help("renew it; a server that runs takes up the new one by itself"),
        Ok(false) => Finding::ok("tls", format!("{shown} is valid, and {} is its key", files.key.display())),
    }
}

/// A finding of what could not be read, with what the failure says to do.
fn wrong(check: &'static str, failure: &Failure) -> Finding {
    let help = match failure {
        Failure::Wrong { help, .. } => help.as_slice(),
        _ => &[],
    };
    help.iter().fold(Finding::bad(check, failure.to_string()), |finding, help| finding.help(help))
}
