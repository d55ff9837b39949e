//! What the server and the line to it answer, as messages with what to do.

use std::io;

use mysql_async::{DriverError, Error, IoError, ServerError};
use tidemill_core::connection::{ConnectionError, ConnectionErrorKind as Kind};

use super::settings::Settings;

/// An error of the client, as one of the connection.
pub(super) fn of(settings: &Settings, error: &Error) -> ConnectionError {
    let fault = |kind, message: String| ConnectionError::new(kind, &settings.name, message);
    let place = &settings.place;
    match error {
        Error::Server(error) => of_server(settings, error),
        Error::Io(IoError::Tls(error)) => of_tls(settings, &error.to_string()),
        Error::Io(IoError::Io(error)) => of_io(settings, error),
        Error::Driver(DriverError::NoClientSslFlagFromServer) => {
            fault(Kind::Refused, format!("does not speak TLS at {place}")).help(
                "have the server speak it, or say `ssl-mode=disabled` in the URL where the line is safe by itself",
            )
        }
        Error::Driver(DriverError::UnknownAuthPlugin { name }) => {
            fault(Kind::Refused, format!("demands a kind of password that is not known here: `{name}`"))
                .help("let the user log in by `mysql_native_password` or `caching_sha2_password`")
        }
        Error::Driver(DriverError::CleartextPluginDisabled) => {
            fault(Kind::Refused, "asks for the password in clear, which is not given".to_owned())
                .help("let the user log in by `mysql_native_password` or `caching_sha2_password`")
        }
        Error::Driver(DriverError::ConnectionClosed | DriverError::PacketOutOfOrder) => lost(settings),
        error => fault(Kind::Unreachable, format!("was lost: {error}")),
    }
}

/// That the server is gone in the middle of something.
pub(super) fn lost(settings: &Settings) -> ConnectionError {
    ConnectionError::new(
        Kind::Unreachable,
        &settings.name,
        format!("was lost: {} does not answer any more", settings.place),
    )
    .help("see whether the server was restarted, and what its log says")
}

/// That nobody answers in time.
pub(super) fn timed_out(settings: &Settings) -> ConnectionError {
    let message = format!("got no answer from {} within {} s", settings.place, settings.connect_timeout.as_secs());
    ConnectionError::new(Kind::Unreachable, &settings.name, message)
        .help("look at the address and the firewall, or give it more time: `connect-timeout=60` in the URL")
}

/// That the work was cancelled.
pub(super) fn cancelled(settings: &Settings) -> ConnectionError {
    ConnectionError::new(Kind::Cancelled, &settings.name, "was left because the work was cancelled")
}

fn of_io(settings: &Settings, error: &io::Error) -> ConnectionError {
    let (place, text) = (&settings.place, error.to_string());
    let fault =
        |message: String, help: &str| ConnectionError::new(Kind::Unreachable, &settings.name, message).help(help);
    if text.contains("certificate") || text.contains("peer is incompatible") || text.contains("received fatal alert") {
        return of_tls(settings, &text);
    }
    if text.contains("failed to lookup address") || text.contains("could not resolve") {
        return fault(
            format!("has a host that nobody knows: {place}"),
            "look at how it is written, and at the network",
        );
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => fault(
            format!("found nobody listening at {place}"),
            "start the server, or look at the port and its `bind-address`",
        ),
        io::ErrorKind::NotFound => {
            fault(format!("found no socket at {place}"), "start the server, or look at `socket` in the URL")
        }
        io::ErrorKind::PermissionDenied => fault(format!("may not use the socket {place}"), "look at its permissions"),
        io::ErrorKind::TimedOut => timed_out(settings),
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::ConnectionAborted => lost(settings),
        _ => fault(format!("cannot be had from {place}: {text}"), "look at the address and the network"),
    }
}

/// The name for which a certificate is good that was refused because it is good for no other.
pub(super) fn certified_name(error: &Error) -> Option<String> {
    use rustls::{CertificateError, Error as Tls};
    let Error::Io(IoError::Io(error)) = error else { return None };
    match error.get_ref()?.downcast_ref::<Tls>()? {
        Tls::InvalidCertificate(CertificateError::NotValidForNameContext { presented, .. }) => {
            // Each is written as `DnsName("db.example")`.
            presented.first().and_then(|name| name.split('"').nth(1)).map(ToOwned::to_owned)
        }
        _ => None,
    }
}

fn of_tls(settings: &Settings, text: &str) -> ConnectionError {
    let fault = |message: String, help: &str| ConnectionError::new(Kind::Refused, &settings.name, message).help(help);
    let place = &settings.place;
    if text.to_ascii_lowercase().contains("expired") {
        return fault(format!("has an expired certificate at {place}"), "have the server's certificate renewed");
    }
    if text.contains("NotValidForName") || text.contains("not valid for name") {
        let help = "use the name that stands in the certificate, or `ssl-mode=verify_ca`";
        return fault(format!("has a certificate of another name at {place}"), help);
    }
    if text.contains("UnknownIssuer") || text.contains("CaUsedAsEndEntity") || text.contains("BadSignature") {
        let help = "name the file of that authority's certificate: `ssl-ca=ca.pem` in the URL";
        return fault(format!("has a certificate at {place} that no known authority vouches for"), help);
    }
    fault(
        format!("cannot speak TLS with {place}: {text}"),
        "look at the server's certificate and at `ssl-mode` and `ssl-ca`",
    )
}

fn of_server(settings: &Settings, error: &ServerError) -> ConnectionError {
    let said = error.message.trim();
    let (kind, message, help) = match error.code {
        1045 | 1698 => (
            Kind::Refused,
            format!("refused user {} with that password at {}", settings.user, settings.place),
            "give user and password in the URL, or the password in MYSQL_PWD",
        ),
        1049 => (
            Kind::Missing,
            format!("has no such database: {said}"),
            "write the name of one that is there behind the host",
        ),
        1046 => (
            Kind::Config,
            "has no default database".to_owned(),
            "write it behind the host: mysql://host/database, or as `schema`",
        ),
        1146 | 1051 => {
            (Kind::Missing, format!("has no such table: {said}"), "look at how it is written; SHOW TABLES lists all")
        }
        1054 => (
            Kind::Query,
            format!("has no such column: {said}"),
            "look at how it is written; SHOW COLUMNS FROM the table lists all",
        ),
        1064 | 1149 => {
            (Kind::Query, format!("cannot read the query: {}", near(said)), "try it in the server's own client")
        }
        1044 | 1142 | 1143 | 1227 | 1370 | 1410 => {
            (Kind::Refused, format!("lacks a right: {said}"), "have the right granted to that user")
        }
        1129 | 1130 => {
            (Kind::Refused, format!("lets no one in from this machine: {said}"), "have this machine allowed to connect")
        }
        3159 => (Kind::Refused, "demands TLS".to_owned(), "say `ssl-mode=required` in the URL"),
        1290 | 1792 | 1836 | 3949 => {
            (Kind::Refused, format!("is read-only: {said}"), "write to the primary server, as a user who may write")
        }
        1021 | 1114 => (Kind::Refused, format!("has no room left: {said}"), "make room on the server's disk"),
        3 | 1026 | 1030 | 1041 if said.contains("No space left") || said.contains("errno: 28") => {
            (Kind::Refused, format!("has no room left: {said}"), "make room on the server's disk")
        }
        1040 | 1203 | 1226 => {
            (Kind::Busy, format!("has no connection free: {said}"), "try again, or have more allowed")
        }
        1205 => (Kind::Busy, format!("waited too long for a lock: {said}"), "look at who writes to the table"),
        1213 => (Kind::Busy, format!("was chosen to give way in a deadlock: {said}"), "try again"),
        1053 | 1077 | 1158..=1161 | 1184 | 1927 | 2006 | 2013 | 3169 => return lost(settings),
        1317 | 1969 | 3024 => (
            Kind::Unreachable,
            format!("had its query ended by the server: {said}"),
            "look at who ends queries there, or at its time limit",
        ),
        1048 | 1062 | 1169 | 1264 | 1265 | 1292 | 1364 | 1366 | 1367 | 1406 | 1451 | 1452 | 1690 | 3140 | 3819
        | 4025 => (
            Kind::Value,
            format!("does not take a value: {said}"),
            "look at the rows and at the table's columns and keys",
        ),
        1153 => {
            (Kind::Value, format!("does not take so large a value: {said}"), "raise max_allowed_packet at the server")
        }
        code => (Kind::Query, format!("refused: {said} ({code})"), "try it in the server's own client"),
    };
    ConnectionError::new(kind, &settings.name, message).help(help)
}

/// What is wrong with a query, without advice about manuals.
fn near(said: &str) -> String {
    match said.split_once("right syntax to use ") {
        Some((_, place)) => format!("a syntax error {place}"),
        None => said.to_owned(),
    }
}
