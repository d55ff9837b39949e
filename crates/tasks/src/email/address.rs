//! Addresses as people write them.

use lettre::Address;
use lettre::message::{Mailbox, Mailboxes};

/// The mailboxes of a text: none if it is blank, several if they stand with commas between them. Domains beyond ASCII get the
/// form in which mail servers know them.
///
/// # Errors
/// What is wrong with it, as the end of a sentence that names it.
pub fn mailboxes(text: &str) -> Result<Vec<Mailbox>, String> {
    // A line break would begin another header, and no address has anything else of that kind.
    if text.chars().any(|c| c.is_control() && c != '\t') {
        return Err("there is a line break or another control character in it".to_owned());
    }
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let one = text.trim().parse::<Mailbox>().map(|mailbox| vec![mailbox]);
    let all = one.or_else(|first| match text.contains(',') {
        true => text.parse::<Mailboxes>().map(|many| many.into_iter().collect()),
        false => Err(first),
    });
    all.map_err(|error| error.to_string())?.into_iter().map(international).collect()
}

fn international(mailbox: Mailbox) -> Result<Mailbox, String> {
    let domain = mailbox.email.domain();
    if domain.is_ascii() {
        return Ok(mailbox);
    }
    let ascii = url::Host::parse(domain).map_err(|error| error.to_string())?.to_string();
    let email = Address::new(mailbox.email.user(), ascii).map_err(|error| error.to_string())?;
    Ok(Mailbox::new(mailbox.name, email))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, String> {
        Ok(mailboxes(text)?.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn one_several_or_none() {
        assert_eq!(read(" a@example.com "), Ok(vec!["a@example.com".to_owned()]));
        assert_eq!(read("  "), Ok(Vec::new()));
        let several = read("A <a@example.com>, \"Lovelace, Ada\" <b@example.com>").map(|found| found.len());
        assert_eq!(several, Ok(2));
        assert_eq!(read("Ada, Countess <a@example.com"), Err("Invalid input".to_owned()));
    }

    #[test]
    fn domains_are_written_as_servers_know_them() {
        assert_eq!(read("Jörg <info@bücher.example>"), Ok(vec!["Jörg <info@xn--bcher-kva.example>".to_owned()]));
        assert_eq!(read("jörg@example.com"), Ok(vec!["jörg@example.com".to_owned()]));
    }

    #[test]
    fn an_address_is_one_line() {
        for text in ["a@example.com\r\nBcc: b@example.com", "A\nB <a@example.com>", "a\0@example.com"] {
            assert!(read(text).is_err_and(|error| error.contains("line break")), "{text:?}");
        }
    }
}
