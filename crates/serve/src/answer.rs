//! Replies as answers of the web server.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::events;
use crate::reply::{Problem, Reply};
use crate::streamed::streamed;

/// What a pipeline has published may have a look of its own and pictures within itself, but runs nothing and is of no origin.
const SANDBOX: &str =
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'";

/// The value of a cookie that the guard is to set.
#[derive(Clone)]
pub struct SessionCookie(pub String);

/// The answer that a reply is.
pub fn respond(app: &Arc<App>, reply: Reply) -> Response {
    let masked = |text: String| app.masker().text(&text).into_owned();
    let typed = |content_type: &'static str, text: String| ([(header::CONTENT_TYPE, content_type)], masked(text));
    match reply {
        Reply::Html(text) => typed("text/html; charset=utf-8", text).into_response(),
        Reply::Json(status, value) => (status_of(status), typed("application/json", value.to_string())).into_response(),
        Reply::Text { content_type, text, download } => {
            let mut response = typed(content_type, text).into_response();
            download.iter().for_each(|name| keep_as(&mut response, name));
            response
        }
        Reply::File { file, content_type, name, download } => {
            let body = streamed(file, app.masker());
            let mut response = ([(header::CONTENT_TYPE, content_type)], body).into_response();
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(SANDBOX));
            if download || content_type == "application/octet-stream" {
                keep_as(&mut response, &name);
            }
            response
        }
        Reply::SeeOther(to, session) => {
            let mut response = StatusCode::SEE_OTHER.into_response();
            if let Ok(to) = HeaderValue::try_from(to) {
                response.headers_mut().insert(header::LOCATION, to);
            }
            session.into_iter().for_each(|session| {
                response.extensions_mut().insert(SessionCookie(session));
            });
            response
        }
        Reply::Made { bytes, content_type, download } => made(app, bytes, &content_type, download.as_deref()),
        Reply::Events(watched) => events::answer(app, watched),
    }
}

/// Something that a pipeline has made, with no more rights than its files.
fn made(app: &App, bytes: Vec<u8>, content_type: &str, download: Option<&str>) -> Response {
    let is_text = content_type.starts_with("text/") || content_type == "application/json";
    let bytes = match (is_text, String::from_utf8(bytes)) {
        (true, Ok(text)) => app.masker().text(&text).into_owned().into_bytes(),
        (_, text) => text.map_or_else(std::string::FromUtf8Error::into_bytes, String::into_bytes),
    };
    let content_type = HeaderValue::try_from(content_type).unwrap_or(HeaderValue::from_static("text/plain"));
    let mut response = ([(header::CONTENT_TYPE, content_type)], bytes).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(SANDBOX));
    download.iter().for_each(|name| keep_as(&mut response, name));
    response
}

/// A status by its number.
pub fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// A refusal as the API tells it; the guard makes a page of it where people look.
pub fn refusal(problem: Problem) -> Response {
    let mut response = status_of(problem.status).into_response();
    response.extensions_mut().insert(problem);
    response
}

/// The file's name for the browser to keep it, with nothing in it that could end the header.
fn keep_as(response: &mut Response, name: &str) {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.@".contains(c) { c } else { '_' };
    let name: String = name.chars().map(plain).collect();
    if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
}
