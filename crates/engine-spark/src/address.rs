//! Where a Spark Connect server is, and as whom to speak with it.

use tidemill_core::spec::ClusterConfig;

/// The port of a Spark Connect server where none is named.
const PORT: u16 = 15_002;

/// `sc://host:15002/;use_ssl=true;token=…;user_id=…`, as Spark's own clients read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// `host:port`.
    pub authority: String,
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// What the server is shown: `Bearer …`.
    pub token: Option<String>,
    /// The name under which the server keeps the session.
    pub user: String,
}

impl Address {
    /// That of a cluster, with its token.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn of(config: &ClusterConfig) -> Result<Self, String> {
        let address = Self::parse(&config.url)?;
        Ok(Self { token: address.token.or_else(|| config.token.clone()), ..address })
    }

    /// Reads an address.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence for the user.
    pub fn parse(url: &str) -> Result<Self, String> {
        let rest =
            url.strip_prefix("sc://").ok_or("a Spark address begins with sc://, such as sc://localhost:15002")?;
        let (authority, parameters) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.is_empty() {
            return Err("a Spark address names a host, such as sc://localhost:15002".to_owned());
        }
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let authority = if has_port { authority.to_owned() } else { format!("{authority}:{PORT}") };
        let mut address = Self { authority, user: "tidemill".to_owned(), ..Self::default() };
        for parameter in parameters.split(';').filter(|parameter| !parameter.is_empty()) {
            let (key, value) = parameter.split_once('=').ok_or_else(|| format!("{parameter} is not key=value"))?;
            match key {
                "use_ssl" => address.tls = value.eq_ignore_ascii_case("true"),
                "token" => address.token = Some(value.to_owned()),
                "user_id" => address.user = value.to_owned(),
                _ => return Err(format!("a Spark address has no parameter {key}; it has use_ssl, token and user_id")),
            }
        }
        Ok(address)
    }

    /// Refuses to send a token over a network in clear.
    ///
    /// # Errors
    /// If it would be.
    pub fn protects_token(&self) -> Result<(), String> {
        let host = self.authority.rsplit_once(':').map_or(self.authority.as_str(), |(host, _)| host);
        let is_loopback = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        if self.token.is_some() && !self.tls && !is_loopback {
            return Err(format!("the token would go to {host} in clear; say `use_ssl=true` in the address"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_other_clients_read_it() {
        let plain = Address::parse("sc://spark.example").unwrap();
        assert_eq!((plain.authority.as_str(), plain.tls, plain.token), ("spark.example:15002", false, None));
        let full = Address::parse("sc://h:1/;use_ssl=true;token=a=b;user_id=me").unwrap();
        let wanted = Address { authority: "h:1".into(), tls: true, token: Some("a=b".into()), user: "me".into() };
        assert_eq!(full, wanted);
        for wrong in ["http://h", "sc://", "sc://h/;x", "sc://h/;colour=red"] {
            assert!(Address::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_token_goes_in_clear_to_this_machine_alone() {
        assert!(Address::parse("sc://127.0.0.1/;token=x").unwrap().protects_token().is_ok());
        assert!(Address::parse("sc://spark.example/;token=x").unwrap().protects_token().is_err());
        assert!(Address::parse("sc://spark.example/;token=x;use_ssl=true").unwrap().protects_token().is_ok());
    }
}
