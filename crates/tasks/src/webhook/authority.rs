//! What stands in a URL before its path.

/// The part of a URL's text that names a host. It may hold `${{ }}`.
#[derive(Debug, PartialEq, Eq)]
pub struct Authority<'a> {
    /// A password in front of the host.
    pub password: Option<&'a str>,
    /// The host, with its port.
    pub host: &'a str,
}

impl<'a> Authority<'a> {
    /// Finds it in a URL's text; a text that is no URL is taken for a host.
    pub fn of(url: &'a str) -> Self {
        let flat = without_holes(url);
        let start = flat.find("://").map_or(0, |at| at + 3);
        let end = flat[start..].find(['/', '?', '#', '\\']).map_or(flat.len(), |at| start + at);
        let at = flat[start..end].rfind('@').map(|at| start + at);
        let password = at.and_then(|at| {
            let colon = flat[start..at].find(':')?;
            Some(&url[start + colon + 1..at])
        });
        let (mut host, flat) =
            at.map_or((&url[start..end], &flat[start..end]), |at| (&url[at + 1..end], &flat[at + 1..end]));
        // With a `/` in the password, what stands here is a user and the beginning of it.
        if let Some(colon) = flat.rfind(':').filter(|_| !flat.ends_with(']'))
            && !flat[colon + 1..].chars().all(|c| c.is_ascii_digit() || c == HOLE)
        {
            host = &host[..colon];
        }
        Self { password: password.filter(|password| !password.is_empty()), host }
    }
}

/// What stands for the letters of a `${{ }}`, so that none of them is taken for a part of the URL.
const HOLE: char = '\u{1}';

/// The same text, of the same length, with nothing to be read in its `${{ }}`.
fn without_holes(text: &str) -> String {
    let mut flat = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${{") {
        let length = rest[start..].find("}}").map_or(rest.len() - start, |at| at + 2);
        flat.push_str(&rest[..start]);
        flat.extend(std::iter::repeat_n(HOLE, length));
        rest = &rest[start + length..];
    }
    flat + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_told_without_what_is_secret_around_it() {
        let told = [
            ("https://example.com/a@b", None, "example.com"),
            ("https://example.com:8443?x", None, "example.com:8443"),
            ("https://me:hunter2@example.com:80/", Some("hunter2"), "example.com:80"),
            ("https://me:hunter@2@example.com", Some("hunter@2"), "example.com"),
            ("https://me:hunter/2@example.com", None, "me"),
            ("https://me@[::1]:80/", None, "[::1]:80"),
            ("https://me:p@[::1]", Some("p"), "[::1]"),
            ("https://token:@example.com", None, "example.com"),
            ("https://me:${{ env['A/B@C'] }}@example.com/x", Some("${{ env['A/B@C'] }}"), "example.com"),
            ("http://${{ params.host }}:${{ params.port }}/x", None, "${{ params.host }}:${{ params.port }}"),
            ("${{ secrets.URL }}", None, "${{ secrets.URL }}"),
            ("https://é.example/${{", None, "é.example"),
        ];
        for (url, password, host) in told {
            assert_eq!(Authority::of(url), Authority { password, host }, "{url}");
        }
    }
}
