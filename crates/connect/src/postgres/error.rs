//! What the server and the line to it answer, as messages with what to do.

use std::error::Error as _;
use std::io;

use rustls::{AlertDescription, CertificateError};
use tidemill_core::connection::{ConnectionError, ConnectionErrorKind as Kind};
use tokio_postgres::error::{DbError, ErrorPosition, SqlState};

use super::settings::Settings;

/// An error of that connection.
pub(super) fn error(name: &str, kind: Kind, message: impl Into<String>) -> ConnectionError {
    ConnectionError::new(kind, name, message)
}

/// That the work was cancelled.
pub(super) fn cancelled(name: &str) -> ConnectionError {
    error(name, Kind::Cancelled, "was left because the work was cancelled")
}

/// Why no connection came about.
pub(super) fn of_connecting(settings: &Settings, fault: &tokio_postgres::Error) -> ConnectionError {
    let Settings { name, place, user, database, .. } = settings;
    if let Some(answer) = fault.as_db_error() {
        return of_login(settings, answer);
    }
    if let Some(tls) = cause::<rustls::Error>(fault) {
        return of_tls(settings, tls);
    }
    if let Some(io) = cause::<io::Error>(fault) {
        return of_io(settings, io);
    }
    match fault.to_string().as_str() {
        "timeout waiting for server" | "connection timed out" => timed_out(settings),
        "invalid configuration" => {
            let why = fault.source().map(ToString::to_string).unwrap_or_default();
            match why.as_str() {
                "password missing" => {
                    error(name, Kind::Refused, format!("needs a password for user {user} at {place}"))
                        .help(password_help(settings))
                }
                why => error(name, Kind::Config, format!("cannot be reached as it is configured: {why}")),
            }
        }
        "error performing TLS handshake" => {
            let why = fault.source().map(ToString::to_string).unwrap_or_default();
            let error = error(name, Kind::Refused, format!("cannot speak TLS with {place}: {why}"));
            if why.contains("does not support TLS") {
                return error.help(
                    "have the server speak TLS, or set `sslmode=prefer` if nobody can listen between here and there",
                );
            }
            error
        }
        other => {
            let why = fault.source().map(|source| format!(": {source}")).unwrap_or_default();
            error(name, Kind::Unreachable, format!("cannot be reached at {place} (database {database}): {other}{why}"))
        }
    }
}

/// That nobody answered in time.
pub(super) fn timed_out(settings: &Settings) -> ConnectionError {
    let Settings { name, place, connect_timeout, .. } = settings;
    let seconds = connect_timeout.as_secs();
    error(name, Kind::Unreachable, format!("does not answer at {place} within {seconds} s"))
        .help("see whether a firewall lies between, or give it longer with `connect_timeout=` in the URL")
}

fn of_login(settings: &Settings, answer: &DbError) -> ConnectionError {
    let Settings { name, place, user, database, .. } = settings;
    let code = answer.code();
    if *code == SqlState::INVALID_PASSWORD {
        return error(name, Kind::Refused, format!("refuses the password of user {user} at {place}"))
            .help(password_help(settings));
    }
    if *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION {
        return error(name, Kind::Refused, format!("refuses user {user} at {place}: {}", answer.message()))
            .help("see which users may come from where in the server's pg_hba.conf, and whether it demands TLS (`sslmode=require`)");
    }
    if *code == SqlState::INVALID_CATALOG_NAME {
        return error(name, Kind::Missing, format!("has no database {database} at {place}"))
            .help("name one that is there behind the last `/` of the URL");
    }
    of_answer(name, answer, None)
}

fn password_help(settings: &Settings) -> String {
    match &settings.open_passfile {
        Some(file) => format!("{} is not read because others may read it too: `chmod 600` it", file.display()),
        None => "give it in the URL as a secret, in PGPASSWORD or in ~/.pgpass".to_owned(),
    }
}

fn of_tls(settings: &Settings, fault: &rustls::Error) -> ConnectionError {
    let Settings { name, place, .. } = settings;
    let refused = |why: &str| error(name, Kind::Refused, format!("has a certificate at {place} that {why}"));
    match fault {
        rustls::Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            refused("has expired").help("have it renewed by who runs the server")
        }
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        ) => refused("is not valid yet").help("see whether the clocks here and there are right"),
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => refused("is for another name")
            .help("connect by the name that the certificate is for, or use `sslmode=verify-ca`"),
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => refused("no known authority has signed")
            .help("name the file of the authority's certificate with `sslrootcert=` in the URL"),
        rustls::Error::InvalidCertificate(why) => refused(&format!("cannot be trusted: {why}")),
        rustls::Error::AlertReceived(alert @ (AlertDescription::CertificateRequired | AlertDescription::UnknownCA)) => {
            error(name, Kind::Refused, format!("refuses this client's certificate at {place}: {alert:?}"))
                .help("name a certificate with `sslcert=` and `sslkey=` in the URL")
        }
        other => error(name, Kind::Refused, format!("cannot speak TLS with {place}: {other}")),
    }
}

fn of_io(settings: &Settings, fault: &io::Error) -> ConnectionError {
    let Settings { name, place, .. } = settings;
    let unreachable = |why: String| error(name, Kind::Unreachable, why);
    match fault.kind() {
        io::ErrorKind::ConnectionRefused => unreachable(format!("has no server listening at {place}"))
            .help("see whether the server runs, and whether the port is right"),
        io::ErrorKind::TimedOut => timed_out(settings),
        io::ErrorKind::NotFound => unreachable(format!("has no server listening at {place}"))
            .help("there is no such socket: see whether the server runs, and whether folder and port are right"),
        _ if fault.to_string().contains("lookup address") => {
            unreachable(format!("names a host that is not known: {place}"))
                .help("see whether the host's name is spelled right, and whether the network is there")
        }
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
            unreachable(format!("was cut off while connecting to {place}"))
                .help("see whether a PostgreSQL server listens there, and what its log says")
        }
        _ => unreachable(format!("cannot be reached at {place}: {fault}")),
    }
}

/// What went wrong with a statement; `sql` is what the server was given, if the user has written it.
pub(super) fn of_statement(name: &str, fault: &tokio_postgres::Error, sql: Option<&str>) -> ConnectionError {
    if let Some(answer) = fault.as_db_error() {
        return of_answer(name, answer, sql);
    }
    if fault.is_closed() || cause::<io::Error>(fault).is_some() {
        return lost(name);
    }
    let why = fault.source().map(|source| format!(": {source}")).unwrap_or_default();
    error(name, Kind::Query, format!("cannot do what it was asked: {fault}{why}"))
}

/// That the line broke.
pub(super) fn lost(name: &str) -> ConnectionError {
    error(name, Kind::Unreachable, "was lost: the server or the network went away in the middle")
}

/// What the server answers in place of rows.
fn of_answer(name: &str, answer: &DbError, sql: Option<&str>) -> ConnectionError {
    let code = answer.code();
    let (kind, help) = what_to_do(code, answer);
    let mut message = match kind {
        Kind::Unreachable | Kind::Busy => format!("cannot go on: {}", answer.message()),
        Kind::Cancelled => return error(name, kind, format!("ended the query: {}", answer.message())),
        _ => format!("refuses: {}", answer.message()),
    };
    if let Some(detail) = answer.detail() {
        message = format!("{message} ({})", detail.trim_end_matches('.'));
    }
    if let (Some(sql), Some(ErrorPosition::Original(position))) = (sql, answer.position()) {
        message = format!("{message}, at {}", place(sql, *position));
    }
    let error = error(name, kind, message);
    match help.or_else(|| answer.hint().map(ToOwned::to_owned)) {
        Some(help) => error.help(help.trim_end_matches('.')),
        None => error,
    }
}

/// The kind of fault that a code of the server means, and what to do.
fn what_to_do(code: &SqlState, answer: &DbError) -> (Kind, Option<String>) {
    let help = |kind: Kind, help: &str| (kind, Some(help.to_owned()));
    let table = answer.table().map_or_else(String::new, |table| format!(" of {table}"));
    match code.code() {
        "42501" => help(Kind::Refused, "have the right granted to this user by who owns it"),
        "25006" => help(
            Kind::Refused,
            "nothing can be written on this connection: the server or the user is read-only, or what is read was to write",
        ),
        "28000" | "28P01" => (Kind::Refused, None),
        "42P18" | "42P08" => help(Kind::Query, "say the type of the parameter: `${{ day }}::date`"),
        "42P01" | "3F000" | "42704" => (Kind::Missing, None),
        "53100" => help(Kind::Busy, "free space on the server's disk; nothing was written"),
        "53200" | "53300" | "53400" => {
            help(Kind::Busy, "the server has too much to do: try again, or let fewer tasks use it at once")
        }
        "55P03" => help(Kind::Busy, "someone else holds the table: see pg_locks for who, and try again"),
        "40001" | "40P01" => help(Kind::Busy, "others changed the same rows at once: try again"),
        "57014" => help(Kind::Cancelled, "someone cancelled it, or the server's statement_timeout is too short for it"),
        "23502" => (
            Kind::Value,
            answer
                .column()
                .map(|column| format!("give `{column}` a value in every row, or let the column{table} hold NULL")),
        ),
        "23503" => help(Kind::Value, "write the rows that are pointed to first"),
        "23505" => help(
            Kind::Value,
            "the target holds such a row already: use `mode: upsert` with that key, or leave the row out",
        ),
        "23514" => help(Kind::Value, "leave out or correct the rows that break the rule of the table"),
        "22001" => help(Kind::Value, "cut the text, or give the column more room"),
        "22003" => help(Kind::Value, "give the column a wider type"),
        _ => match &code.code()[..2] {
            "08" | "57" | "58" => (Kind::Unreachable, None),
            "53" => (Kind::Busy, None),
            "22" | "23" => (Kind::Value, None),
            _ => (Kind::Query, None),
        },
    }
}

/// Where the letter of that number is, from 1.
fn place(sql: &str, position: u32) -> String {
    let before: String = sql.chars().take((position as usize).saturating_sub(1)).collect();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
    format!("line {line}, column {column} of the query")
}

fn cause<E: std::error::Error + 'static>(fault: &tokio_postgres::Error) -> Option<&E> {
    let mut next = fault.source();
    while let Some(source) = next {
        if let Some(found) = source.downcast_ref() {
            return Some(found);
        }
        // An error of the system may hold another one that says more, which `source` skips.
        let inner = source.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(found) = inner.and_then(|inner| inner.downcast_ref()) {
            return Some(found);
        }
        next = source.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_position_is_a_line_and_a_column() {
        assert_eq!(place("select é,\n x", 12), "line 2, column 2 of the query");
        assert_eq!(place("", 1), "line 1, column 1 of the query");
    }
}
