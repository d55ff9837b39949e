//! A request to the web and its answer: tried again, led elsewhere.

use reqwest::header::{HeaderMap, HeaderValue, IF_RANGE, LOCATION, RANGE};
use reqwest::{Client, Method, Response, StatusCode, Url};

use super::super::fault::{Fault, FaultKind};
use super::super::network;
use super::super::retry;

/// How often a server may send elsewhere.
const MOST_REDIRECTS: u32 = 10;

/// What of a file is asked for.
pub(crate) enum Part<'a> {
    /// All of it.
    Whole,
    /// Its first byte: an answer to this says what the file is.
    FirstByte,
    /// All from a byte on, if it still has that ETag.
    From {
        /// The first byte.
        from: u64,
        /// The ETag.
        tag: &'a str,
    },
}

/// What all requests have in common.
pub(crate) struct Exchange<'a> {
    /// Follows no redirect by itself.
    pub client: Client,
    /// Meant for the first host alone.
    pub headers: &'a HeaderMap,
}

impl Exchange<'_> {
    /// The last answer, wherever it comes from: of success, or one that will not change.
    ///
    /// # Errors
    /// If there is none, or it asks for what must not be done.
    pub async fn send(&self, method: Method, url: Url, part: &Part<'_>) -> Result<Response, Fault> {
        let (mut at, mut is_own, mut sent_by) = (url, true, None::<String>);
        for _ in 0..=MOST_REDIRECTS {
            let answer = self.answer(&method, &at, part, is_own).await.map_err(|fault| match &sent_by {
                Some(host) => Fault { message: format!("{host} sends elsewhere, and {}", fault.message), ..fault },
                None => fault,
            })?;
            let Some(next) = led_to(&answer, &at)? else { return Ok(answer) };
            // What the connection knows of its host is nothing for another one.
            is_own &= next.origin() == at.origin();
            sent_by = at.host_str().filter(|host| next.host_str() != Some(host)).map(str::to_owned).or(sent_by);
            at = next;
        }
        Err(Fault::new(FaultKind::Refused, format!("the server sends elsewhere more than {MOST_REDIRECTS} times")))
    }

    /// The answer of that very URL, tried again while it says that it may change.
    async fn answer(&self, method: &Method, url: &Url, part: &Part<'_>, is_own: bool) -> Result<Response, Fault> {
        let mut tries = 0;
        loop {
            tries += 1;
            let mut request = self.client.request(method.clone(), url.clone());
            if is_own {
                request = request.headers(self.headers.clone());
            }
            let answer = request.headers(asking(part)).send().await;
            let is_last = tries == retry::MOST_TRIES;
            let wait = match answer {
                Ok(answer) if !retry::is_passing(answer.status()) => return Ok(answer),
                Ok(answer) if is_last => return Err(unwilling(&answer, tries)),
                Ok(answer) => match retry::asked_for(answer.headers()) {
                    Some(wait) if wait > retry::LONGEST_WAIT => return Err(unwilling(&answer, tries)),
                    asked => asked.unwrap_or_else(|| retry::wait(tries)),
                },
                Err(error) => {
                    let fault = network::fault(&error, url.host_str().unwrap_or_default());
                    if is_last || fault.kind != FaultKind::Unreachable || !is_worth_another_try(&error) {
                        return Err(fault);
                    }
                    retry::wait(tries)
                }
            };
            tokio::time::sleep(wait).await;
        }
    }
}

/// Whether it was not for the name or the address that no answer came.
fn is_worth_another_try(error: &reqwest::Error) -> bool {
    !error.is_connect() && !error.is_timeout()
}

/// The headers that ask for a part.
fn asking(part: &Part<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    match part {
        Part::Whole => {}
        Part::FirstByte => {
            headers.insert(RANGE, HeaderValue::from_static("bytes=0-0"));
        }
        Part::From { from, tag } => {
            let range = HeaderValue::from_str(&format!("bytes={from}-"));
            // Both are made of what a header can hold; without them all of the file comes.
            if let (Ok(range), Ok(tag)) = (range, HeaderValue::from_str(tag)) {
                headers.insert(RANGE, range);
                headers.insert(IF_RANGE, tag);
            }
        }
    }
    headers
}

/// Where an answer sends to, if it does.
fn led_to(answer: &Response, from: &Url) -> Result<Option<Url>, Fault> {
    let sends = [
        StatusCode::MOVED_PERMANENTLY,
        StatusCode::FOUND,
        StatusCode::SEE_OTHER,
        StatusCode::TEMPORARY_REDIRECT,
        StatusCode::PERMANENT_REDIRECT,
    ];
    if !sends.contains(&answer.status()) {
        return Ok(None);
    }
    let refused = |message: String| Fault::new(FaultKind::Refused, message);
    let place = answer.headers().get(LOCATION).and_then(|place| place.to_str().ok());
    let place =
        place.ok_or_else(|| refused(format!("the server answers {} and does not say where to", answer.status())))?;
    let next = from.join(place).map_err(|error| refused(format!("the server sends to what is no URL: {error}")))?;
    let host = next.host_str().unwrap_or_default();
    if from.scheme() == "https" && next.scheme() != "https" {
        return Err(refused(format!(
            "the server sends to {host} without encryption, where nobody could trust what comes"
        ))
        .help("if you trust it all the same, give that address as the URL"));
    }
    if !super::SCHEMES.contains(&next.scheme()) {
        return Err(refused(format!("the server sends to `{}:`, which is not the web", next.scheme())));
    }
    Ok(Some(next))
}

/// That a server still refuses for the moment.
fn unwilling(answer: &Response, tries: u32) -> Fault {
    let status = answer.status();
    let asked = retry::asked_for(answer.headers()).filter(|wait| *wait > retry::LONGEST_WAIT);
    match asked {
        Some(wait) => {
            let message =
                format!("the server answers {status} and wants to be left alone for {} seconds", wait.as_secs());
            Fault::new(FaultKind::Unreachable, message).help("run it again after that")
        }
        None => {
            Fault::new(FaultKind::Unreachable, format!("the server answers {status}, {tries} times one after another"))
                .help("try again later")
        }
    }
}
