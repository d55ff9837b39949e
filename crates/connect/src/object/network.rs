//! What the network says when something does not come, in words for people.

use std::error::Error;
use std::io;

use super::fault::{Fault, FaultKind};

/// An error and what is behind it.
pub(crate) fn chain<'e>(error: &'e (dyn Error + 'static)) -> Vec<&'e (dyn Error + 'static)> {
    let mut chain = vec![error];
    let mut behind = error.source();
    while let Some(error) = behind {
        chain.push(error);
        behind = error.source();
    }
    chain
}

/// The fault behind an error of the network; `host` is who was to answer.
pub(crate) fn fault(error: &(dyn Error + 'static), host: &str) -> Fault {
    let chain = chain(error);
    let texts: Vec<String> = chain.iter().map(ToString::to_string).collect();
    let says = |what: &str| texts.iter().any(|text| text.contains(what));
    let is =
        |kind| chain.iter().filter_map(|error| error.downcast_ref::<io::Error>()).any(|error| error.kind() == kind);
    let innermost = texts.last().map_or("", String::as_str);
    if says("dns error") || says("failed to lookup") {
        return Fault::new(FaultKind::Unreachable, format!("the host `{host}` is not known"))
            .help("check its name, and that this machine is online");
    }
    if says("certificate") {
        return Fault::new(FaultKind::Refused, format!("the certificate of {host} is not trusted: {innermost}"))
            .help("if it is signed by an authority of your own, name that one's file in SSL_CERT_FILE");
    }
    if is(io::ErrorKind::ConnectionRefused) {
        return Fault::new(FaultKind::Unreachable, format!("nobody answers at {host}"))
            .help("check the address, and that the server runs");
    }
    let is_timeout =
        |error: &&(dyn Error + 'static)| error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout);
    if is(io::ErrorKind::TimedOut) || chain.iter().any(is_timeout) {
        return Fault::new(FaultKind::Unreachable, format!("{host} says nothing for too long"))
            .help("if it needs longer, give the connection a longer `timeout`");
    }
    Fault::new(FaultKind::Unreachable, format!("the talk with {host} broke off: {innermost}"))
}
