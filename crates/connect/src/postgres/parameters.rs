//! The parameters of a connection: from its URL, from `PG*` variables, from libpq's defaults.

use percent_encoding::percent_decode_str;
use tidemill_core::diagnostic::nearest;

/// Parameters of libpq that have a meaning here, each with the variable that gives it where the URL does not.
const KNOWN: &[(&str, &str)] = &[
    ("host", "PGHOST"),
    ("hostaddr", "PGHOSTADDR"),
    ("port", "PGPORT"),
    ("user", "PGUSER"),
    ("password", "PGPASSWORD"),
    ("dbname", "PGDATABASE"),
    ("passfile", "PGPASSFILE"),
    ("sslmode", "PGSSLMODE"),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("sslcert", "PGSSLCERT"),
    ("sslkey", "PGSSLKEY"),
    ("channel_binding", "PGCHANNELBINDING"),
    ("application_name", "PGAPPNAME"),
    ("options", "PGOPTIONS"),
    ("connect_timeout", "PGCONNECT_TIMEOUT"),
    ("target_session_attrs", "PGTARGETSESSIONATTRS"),
    ("load_balance_hosts", "PGLOADBALANCEHOSTS"),
    ("keepalives", ""),
    ("keepalives_idle", ""),
    ("keepalives_interval", ""),
    ("keepalives_count", ""),
    ("tcp_user_timeout", ""),
];

/// Parameters of libpq that change nothing here: there is one encoding, and no GSSAPI.
const WITHOUT_EFFECT: &[&str] =
    &["client_encoding", "fallback_application_name", "gssencmode", "sslcompression", "sslsni"];

/// Reads an environment variable.
pub(super) type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The parameters of one connection, by libpq's names.
pub(super) struct Parameters<'a> {
    given: Vec<(&'static str, String)>,
    variables: Variables<'a>,
}

impl<'a> Parameters<'a> {
    /// Those of a URL `postgres://user:password@host:port,host:port/database?parameter=value`.
    ///
    /// # Errors
    /// A sentence, without any value of the URL, if it cannot be read.
    pub fn of_url(url: &str, variables: Variables<'a>) -> Result<Self, String> {
        let rest = url.split_once("://").map_or("", |(_, rest)| rest);
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let mut parameters = Self { given: Vec::new(), variables };
        let hosts = match authority.rsplit_once('@') {
            Some((user, hosts)) => {
                let (user, password) = user.split_once(':').unwrap_or((user, ""));
                parameters.give("user", user)?;
                parameters.give("password", password)?;
                hosts
            }
            None => authority,
        };
        parameters.give_hosts(hosts)?;
        parameters.give("dbname", database)?;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            parameters.give_named(name, value)?;
        }
        Ok(parameters)
    }

    /// The value of a parameter, if the URL or a variable gives one that is not empty.
    pub fn get(&self, name: &str) -> Option<String> {
        let given = self.given.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        let variable = || KNOWN.iter().find(|(known, variable)| *known == name && !variable.is_empty());
        given.or_else(|| (self.variables)(variable()?.1)).filter(|value| !value.is_empty())
    }

    /// The value of a parameter that is a number.
    ///
    /// # Errors
    /// If it is none.
    pub fn number<N: std::str::FromStr>(&self, name: &str) -> Result<Option<N>, String> {
        let number = |value: String| value.trim().parse().map_err(|_| format!("has a `{name}` that is not a number"));
        self.get(name).map(number).transpose()
    }

    /// What a variable says that is no parameter.
    pub fn variable(&self, name: &str) -> Option<String> {
        (self.variables)(name).filter(|value| !value.is_empty())
    }

    fn give(&mut self, name: &'static str, value: &str) -> Result<(), String> {
        if value.is_empty() {
            return Ok(());
        }
        let decoded = percent_decode_str(value).decode_utf8();
        let value = decoded.map_err(|_| format!("has a URL whose {name} is not UTF-8"))?.into_owned();
        self.given.push((name, value));
        Ok(())
    }

    fn give_named(&mut self, name: &str, value: &str) -> Result<(), String> {
        let name = if name == "ssl" { "sslmode" } else { name };
        let value = if name == "sslmode" && value == "true" { "require" } else { value };
        if let Some((known, _)) = KNOWN.iter().find(|(known, _)| *known == name) {
            return self.give(known, value);
        }
        if WITHOUT_EFFECT.contains(&name) {
            return Ok(());
        }
        let meant = nearest(name, KNOWN.iter().map(|(known, _)| *known));
        let meant = meant.map(|meant| format!("; do you mean `{meant}`?")).unwrap_or_default();
        Err(format!("has a URL with a parameter `{name}` that is not known{meant}"))
    }

    /// `host:port,[::1]:port`: as libpq's two lists.
    fn give_hosts(&mut self, hosts: &str) -> Result<(), String> {
        let split = |host: &str| match host.rsplit_once(':') {
            Some((name, port)) if !port.contains(']') => (name.to_owned(), port.to_owned()),
            _ => (host.to_owned(), String::new()),
        };
        let (names, ports): (Vec<_>, Vec<_>) = hosts.split(',').map(split).unzip();
        let names: Vec<&str> = names.iter().map(|name| name.trim_matches(['[', ']'])).collect();
        self.give("host", &names.join(","))?;
        if ports.iter().all(String::is_empty) { Ok(()) } else { self.give("port", &ports.join(",")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Parameters<'static> {
        Parameters::of_url(url, &|_| None).expect("a good URL")
    }

    #[test]
    fn a_url_gives_what_it_says() {
        let all = of("postgres://an%40a:p%3Aw@[::1]:5433,db.example/shop?sslmode=require&options=-c%20a%3Db");
        for (name, value) in [
            ("user", "an@a"),
            ("password", "p:w"),
            ("host", "::1,db.example"),
            ("port", "5433,"),
            ("dbname", "shop"),
            ("sslmode", "require"),
            ("options", "-c a=b"),
        ] {
            assert_eq!(all.get(name).as_deref(), Some(value), "{name}");
        }
        assert_eq!(of("postgresql://").get("host"), None);
        assert_eq!(of("postgres:///shop?host=/var/run").get("host").as_deref(), Some("/var/run"));
    }

    #[test]
    fn variables_stand_in_for_what_the_url_leaves_out() {
        let variable = |name: &str| (name == "PGUSER" || name == "PGHOST").then(|| format!("of {name}"));
        let all = Parameters::of_url("postgres://here/", &variable).expect("a good URL");
        assert_eq!(all.get("host").as_deref(), Some("here"));
        assert_eq!(all.get("user").as_deref(), Some("of PGUSER"));
    }

    #[test]
    fn an_unknown_parameter_is_named() {
        let error = Parameters::of_url("postgres://h/d?sslmod=require", &|_| None).err();
        assert_eq!(
            error.as_deref(),
            Some("has a URL with a parameter `sslmod` that is not known; do you mean `sslmode`?")
        );
    }
}
