//! What a Spark server says is wrong.

use std::collections::HashMap;
use std::fmt;

use prost::Message;
use tonic::{Code, Status};

use crate::proto::spark::connect as pb;

/// The code under which a statement ends that stood still; no server uses it.
pub(super) const STALLED: Code = Code::Aborted;

/// What went wrong, with Spark's error class where it said one.
#[derive(Clone, Debug)]
pub(crate) struct SparkError {
    /// Spark's name of the error: `ARITHMETIC_OVERFLOW`.
    pub class: Option<String>,
    /// What Spark says.
    pub message: String,
    /// The status of the call.
    pub code: Code,
    /// The server cannot be reached, or has forgotten the session.
    pub is_lost: bool,
    /// To try again may help: it is lost, or the statement stood still.
    pub is_transient: bool,
    /// Somebody ended the statement.
    pub is_cancelled: bool,
}

impl fmt::Display for SparkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message.lines().next().unwrap_or_default())
    }
}

/// `google.rpc.Status`, which the details of a call's status are.
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// `google.rpc.ErrorInfo`.
#[derive(Clone, PartialEq, Message)]
struct ErrorInfo {
    #[prost(map = "string, string", tag = "3")]
    metadata: HashMap<String, String>,
}

impl SparkError {
    /// What Spark says in its first line, without its state of SQL.
    pub fn summary(&self) -> &str {
        let line = self.message.lines().next().unwrap_or_default();
        line.split(" SQLSTATE:").next().unwrap_or(line)
    }

    /// What the status alone says, and the number under which the server keeps more.
    pub(super) fn of(status: &Status) -> (Self, Option<String>) {
        let details = RpcStatus::decode(status.details()).map(|status| status.details).unwrap_or_default();
        let is_info = |any: &&prost_types::Any| any.type_url.ends_with("google.rpc.ErrorInfo");
        let info = details.iter().find(is_info).and_then(|any| ErrorInfo::decode(any.value.as_slice()).ok());
        let metadata = info.map(|info| info.metadata).unwrap_or_default();
        let class = metadata.get("errorClass").cloned();
        let gone = status.message().contains("INVALID_HANDLE");
        let error = Self {
            class,
            message: status.message().to_owned(),
            code: status.code(),
            is_lost: is_lost(status) || gone,
            is_transient: is_lost(status) || gone || status.code() == STALLED,
            is_cancelled: status.code() == Code::Cancelled || status.message().contains("OPERATION_CANCELED"),
        };
        (error, metadata.get("errorId").cloned())
    }

    /// The same with what the server keeps of it: the deepest cause that has a class says what was wrong with the value. A cause
    /// without one below it, such as a disk that is full, is told behind it.
    pub(super) fn with_details(mut self, found: pb::FetchErrorDetailsResponse) -> Self {
        let root = found.root_error_idx.and_then(|root| usize::try_from(root).ok()).unwrap_or(0);
        if let Some(root) = found.errors.get(root) {
            self.message.clone_from(&root.message);
        }
        for cause in &found.errors {
            let Some(class) = cause.spark_throwable.as_ref().and_then(|thrown| thrown.error_class.clone()) else {
                continue;
            };
            self.class = Some(class);
            self.message.clone_from(&cause.message);
        }
        let has_class = |cause: &pb::fetch_error_details_response::Error| {
            cause.spark_throwable.as_ref().is_some_and(|thrown| thrown.error_class.is_some())
        };
        if let Some(deepest) = found.errors.last().filter(|deepest| self.class.is_some() && !has_class(deepest)) {
            let cause = deepest.message.lines().next().unwrap_or_default();
            if !cause.is_empty() {
                self.message = format!("{}: {cause}", self.summary().trim_end_matches('.'));
            }
        }
        self
    }

    /// An answer that the protocol does not have.
    pub(super) fn unexpected(what: &str) -> Self {
        Self::of(&Status::internal(format!("the Spark server answered otherwise than was asked: {what}"))).0
    }
}

/// Whether the connection broke, which says nothing of the statement. A body cut off by a dead server comes as `Unknown`.
pub(super) fn is_lost(status: &Status) -> bool {
    let is_cut_off =
        || std::error::Error::source(status).is_some() || status.message().contains("error reading a body");
    matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded)
        || (status.code() == Code::Unknown && is_cut_off())
}
