//! What a store refuses, in words for people.

use super::super::fault::{Fault, FaultKind};
use super::super::network;

/// The fault behind an error of the library, which may hold signed URLs and whole answers.
pub(super) fn fault(error: &object_store::Error, bucket: &str) -> Fault {
    let texts: Vec<String> = network::chain(error).iter().map(ToString::to_string).collect();
    let says = |what: &str| texts.iter().any(|text| text.contains(what));
    let told = answer(&texts).map_or_else(String::new, |answer| format!(" ({answer})"));
    let help = "check the keys of the connection and what they are allowed to do";
    if says("NoSuchBucket") || says("ContainerNotFound") {
        return Fault::new(FaultKind::Missing, format!("there is no bucket `{bucket}`"))
            .help("check its name and the endpoint");
    }
    if says("metadata") || says("169.254.") {
        return Fault::new(FaultKind::Refused, "there are no keys to ask with")
            .help("set the usual variables of the cloud, or give keys to the connection");
    }
    match error {
        object_store::Error::NotFound { .. } => Fault::new(FaultKind::Missing, "it is not there"),
        object_store::Error::Precondition { .. } => Fault::new(FaultKind::Changed, "it changed while it was read"),
        object_store::Error::PermissionDenied { .. } => {
            Fault::new(FaultKind::Refused, format!("the bucket `{bucket}` refuses access{told}")).help(help)
        }
        object_store::Error::Unauthenticated { .. } => {
            Fault::new(FaultKind::Refused, format!("the store does not know these keys{told}")).help(help)
        }
        _ if says("redirect") || says(" 301 ") => {
            Fault::new(FaultKind::Refused, format!("the bucket `{bucket}` is in another region"))
                .help("give its `region`")
        }
        _ if says("non-2xx") => Fault::new(FaultKind::Refused, format!("the store refuses{told}")),
        _ if says("HTTP error") => network::fault(error, &host(&texts)),
        _ => Fault::new(FaultKind::Refused, texts.last().map_or("", String::as_str).to_owned()),
    }
}

/// The host that was asked, as the library tells it in its error: `… http://host:9000/bucket/key?signature …`.
fn host(texts: &[String]) -> String {
    let urls = texts.iter().flat_map(|text| text.split(|c: char| c.is_whitespace() || "()'\"".contains(c)));
    let mut hosts = urls.filter_map(|word| url::Url::parse(word).ok()?.host_str().map(str::to_owned));
    hosts.next().unwrap_or_else(|| "the store".to_owned())
}

/// What the server answered: its status, and what it says in its own words.
fn answer(texts: &[String]) -> Option<String> {
    let text = texts.iter().find_map(|text| text.split_once("non-2xx status code: ")).map(|(_, answer)| answer)?;
    let (status, body) = text.split_once(": ").unwrap_or((text, ""));
    let element = |name: &str| {
        let (_, rest) = body.split_once(&format!("<{name}>"))?;
        rest.split('<').next()
    };
    let parts = [Some(status), element("Code"), element("Message")];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join(": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_told_and_nothing_else_of_the_url() {
        let text = "Error performing GET http://minio:9000/b/k?sig=x in 2ms, after 1 retries - HTTP error: error sending request";
        assert_eq!(host(&[text.to_owned()]), "minio");
        assert_eq!(host(&["HTTP error".to_owned()]), "the store");
    }

    #[test]
    fn an_answer_is_told_without_what_else_is_in_it() {
        let text = "Error performing GET http://h/b/k?sig=x in 2ms - Server returned non-2xx status code: 403 Forbidden: \
                    <?xml?><Error><Code>InvalidAccessKeyId</Code><Message>No such key</Message><Key>S</Key></Error>";
        assert_eq!(answer(&[text.to_owned()]).as_deref(), Some("403 Forbidden: InvalidAccessKeyId: No such key"));
        assert_eq!(answer(&["no answer".to_owned()]), None);
    }
}
