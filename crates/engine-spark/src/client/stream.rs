//! A statement under way: its responses, and asking for them again where the connection broke.

use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use tidemill_core::attempt::CancelToken;
use tidemill_core::spec::HumanDuration;
use tonic::{Status, Streaming};

use super::error::{STALLED, is_lost};
use super::session::{CLIENT, Session};
use crate::proto::spark::connect::{self as pb, execute_plan_response::ResponseType};
use crate::uuid::uuid;

/// How often it is looked whether the result is still wanted.
const LOOK: Duration = Duration::from_millis(200);
/// How long a lost server is asked again.
const PATIENCE: Duration = Duration::from_secs(30);

/// Takes rows as they come; whether more are wanted.
pub(super) type TakeBatch<'a> = dyn FnMut(RecordBatch) -> bool + 'a;

/// A statement.
pub(super) struct Statement<'a> {
    session: &'a Session,
    operation: String,
    plan: pb::Plan,
    tag: String,
}

/// How the responses of one stream ended.
enum Ended {
    /// All are there.
    Complete,
    /// The stream ended or broke before that.
    Broken(Option<Status>),
}

/// What has come so far.
#[derive(Default)]
struct Received {
    /// The last response, behind which the server goes on.
    last: Option<String>,
    /// Since when nothing has come.
    silent: Option<Instant>,
    /// How far its tasks have come.
    progress: Progress,
}

/// How far the tasks of a statement have come: tasks that have ended, and bytes read.
struct Progress {
    at: (i64, i64),
    since: Instant,
}

impl Default for Progress {
    fn default() -> Self {
        Self { at: (0, 0), since: Instant::now() }
    }
}

impl Progress {
    fn note(&mut self, response: Option<&ResponseType>) {
        let at = match response {
            Some(ResponseType::ExecutionProgress(told)) => told
                .stages
                .iter()
                .fold((0, 0), |(tasks, bytes), s| (tasks + s.num_completed_tasks, bytes + s.input_bytes_read)),
            Some(ResponseType::ArrowBatch(_)) => (self.at.0, self.at.1 + 1),
            _ => return,
        };
        if at != self.at {
            *self = Self { at, since: Instant::now() };
        }
    }
}

impl<'a> Statement<'a> {
    /// A statement that has not been sent.
    pub fn new(session: &'a Session, plan: pb::Plan, tag: &str) -> Self {
        Self { session, operation: uuid(), plan, tag: tag.to_owned() }
    }

    /// Sends it and hands on all of its rows, for as long as `take` wants more.
    pub async fn run(&self, cancelled: &CancelToken, take: &mut TakeBatch<'_>) -> Result<(), Status> {
        let mut received = Received::default();
        let mut client = self.session.client();
        let mut stream = client.execute_plan(self.session.request(self.first())).await;
        loop {
            let ended = match stream {
                Ok(responses) => self.take(responses.into_inner(), &mut received, cancelled, take).await?,
                Err(status) => Ended::Broken(Some(status)),
            };
            let broken = match ended {
                Ended::Complete => return Ok(()),
                Ended::Broken(status) => status,
            };
            self.wait(broken, &mut received, cancelled).await?;
            stream = client.reattach_execute(self.session.request(self.again(received.last.clone()))).await;
        }
    }

    /// Takes responses until there are no more. The server ends long streams on purpose; what it has not said yet is asked for
    /// again.
    async fn take(
        &self,
        mut responses: Streaming<pb::ExecutePlanResponse>,
        received: &mut Received,
        cancelled: &CancelToken,
        take: &mut TakeBatch<'_>,
    ) -> Result<Ended, Status> {
        loop {
            let next = tokio::time::timeout(LOOK, responses.message()).await;
            self.end_if(cancelled).await?;
            self.end_if_it_stands_still(&received.progress).await?;
            let response = match next {
                Err(_) => continue,
                Ok(Ok(Some(response))) => response,
                Ok(Ok(None)) => return Ok(Ended::Broken(None)),
                Ok(Err(status)) => return Ok(Ended::Broken(Some(status))),
            };
            received.silent = None;
            received.last = Some(response.response_id.clone());
            received.progress.note(response.response_type.as_ref());
            match response.response_type {
                Some(ResponseType::ArrowBatch(batch)) => {
                    if !decode(&batch.data, take)? {
                        self.interrupt().await;
                        return Err(Status::cancelled("no more rows are wanted"));
                    }
                    // To hand on rows may have taken long.
                    received.progress.since = Instant::now();
                }
                Some(ResponseType::ResultComplete(_)) => return Ok(Ended::Complete),
                _ => {}
            }
        }
    }

    /// A moment before the rest is asked for, if that can help.
    async fn wait(
        &self,
        broken: Option<Status>,
        received: &mut Received,
        cancelled: &CancelToken,
    ) -> Result<(), Status> {
        let Some(status) = broken else { return Ok(()) };
        if !is_lost(&status) && !status.message().contains("INVALID_CURSOR.DISCONNECTED") {
            return Err(status);
        }
        if received.silent.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
            return Err(status);
        }
        tokio::time::sleep(LOOK).await;
        self.end_if(cancelled).await
    }

    /// Has the server end the statement if its result is no longer wanted.
    async fn end_if(&self, cancelled: &CancelToken) -> Result<(), Status> {
        if !cancelled.is_cancelled() {
            return Ok(());
        }
        self.interrupt().await;
        Err(Status::cancelled("no longer wanted"))
    }

    /// The same for one that does not come any further: a driver whose memory has run out goes on answering.
    async fn end_if_it_stands_still(&self, progress: &Progress) -> Result<(), Status> {
        let limit = self.session.stall_limit;
        if progress.since.elapsed() < limit {
            return Ok(());
        }
        self.interrupt().await;
        let limit = HumanDuration(limit);
        let told = format!("was given up: none of its tasks has ended or read further for {limit} (`stall_limit`)");
        Err(Status::new(STALLED, told))
    }

    async fn interrupt(&self) {
        let message = pb::InterruptRequest {
            session_id: self.session.id.clone(),
            user_context: self.session.user(),
            client_type: Some(CLIENT.to_owned()),
            interrupt_type: pb::interrupt_request::InterruptType::OperationId as i32,
            interrupt: Some(pb::interrupt_request::Interrupt::OperationId(self.operation.clone())),
            ..Default::default()
        };
        // A server that does not hear it ends the statement with the session.
        let _ = self.session.client().interrupt(self.session.request(message)).await;
    }

    fn first(&self) -> pb::ExecutePlanRequest {
        use pb::execute_plan_request::{RequestOption, request_option};
        let reattach = pb::ReattachOptions { reattachable: true };
        let option = RequestOption { request_option: Some(request_option::RequestOption::ReattachOptions(reattach)) };
        pb::ExecutePlanRequest {
            session_id: self.session.id.clone(),
            user_context: self.session.user(),
            client_type: Some(CLIENT.to_owned()),
            operation_id: Some(self.operation.clone()),
            plan: Some(self.plan.clone()),
            tags: vec![self.tag.clone()],
            request_options: vec![option],
            ..Default::default()
        }
    }

    fn again(&self, last: Option<String>) -> pb::ReattachExecuteRequest {
        pb::ReattachExecuteRequest {
            session_id: self.session.id.clone(),
            user_context: self.session.user(),
            client_type: Some(CLIENT.to_owned()),
            operation_id: self.operation.clone(),
            last_response_id: last,
            ..Default::default()
        }
    }

    /// That nobody will ask for its responses again.
    pub fn release(&self) -> pb::ReleaseExecuteRequest {
        use pb::release_execute_request::{Release, ReleaseAll};
        pb::ReleaseExecuteRequest {
            session_id: self.session.id.clone(),
            user_context: self.session.user(),
            client_type: Some(CLIENT.to_owned()),
            operation_id: self.operation.clone(),
            release: Some(Release::ReleaseAll(ReleaseAll {})),
            ..Default::default()
        }
    }
}

/// Hands on the rows of a message; whether more are wanted.
fn decode(data: &[u8], take: &mut TakeBatch<'_>) -> Result<bool, Status> {
    let wrong = |error: arrow_schema::ArrowError| Status::data_loss(error.to_string());
    for batch in StreamReader::try_new(data, None).map_err(wrong)? {
        if !take(batch.map_err(wrong)?) {
            return Ok(false);
        }
    }
    Ok(true)
}
