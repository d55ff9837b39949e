//! A session with a Spark Connect server.

use std::future::Future;
use std::time::Duration;

use arrow_array::RecordBatch;
use tidemill_core::attempt::CancelToken;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Response, Status};

use super::error::SparkError;
use super::rows::Rows;
use super::stream::Statement;
use super::{QueryColumn, columns, query};
use crate::address::Address;
use crate::proto::spark::connect::{
    self as pb, analyze_plan_request as asked, spark_connect_service_client::SparkConnectServiceClient,
};

/// What the server hears of this client.
pub(super) const CLIENT: &str = "tidemill";
/// The largest message either way, in bytes: a batch of rows.
const MOST_BYTES: usize = 256 << 20;

pub(super) type Client = SparkConnectServiceClient<Channel>;

/// A session: its settings and statements. Every method may be called from several threads; what is asynchronous runs on one
/// small runtime of its own.
pub(crate) struct Session {
    runtime: tokio::runtime::Runtime,
    channel: Channel,
    address: Address,
    /// How long a statement may stand still.
    pub(super) stall_limit: Duration,
    /// A UUID; it may be one of an earlier process, whose statements can so be ended.
    pub id: String,
}

impl Session {
    /// A session of that id. Nothing connects yet.
    ///
    /// # Errors
    /// If the address cannot be used, as a sentence.
    pub fn new(address: Address, id: String, stall_limit: Duration) -> Result<Self, String> {
        address.protects_token()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let wrong = |error: tonic::transport::Error| format!("{}: {error}", address.authority);
        let scheme = if address.tls { "https" } else { "http" };
        let mut endpoint = Endpoint::from_shared(format!("{scheme}://{}", address.authority))
            .and_then(|endpoint| endpoint.user_agent(CLIENT))
            .map_err(wrong)?
            .connect_timeout(Duration::from_secs(10))
            .http2_keep_alive_interval(Duration::from_secs(30))
            .keep_alive_while_idle(true);
        if address.tls {
            endpoint = endpoint.tls_config(ClientTlsConfig::new().with_enabled_roots()).map_err(wrong)?;
        }
        let channel = {
            let _within = runtime.enter();
            endpoint.connect_lazy()
        };
        Ok(Self { runtime, channel, address, stall_limit, id })
    }

    pub(super) fn client(&self) -> Client {
        let client = SparkConnectServiceClient::new(self.channel.clone());
        client.max_decoding_message_size(MOST_BYTES).max_encoding_message_size(MOST_BYTES)
    }

    pub(super) fn user(&self) -> Option<pb::UserContext> {
        let user = self.address.user.clone();
        Some(pb::UserContext { user_id: user.clone(), user_name: user, ..Default::default() })
    }

    pub(super) fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let bearer =
            self.address.token.as_ref().and_then(|token| MetadataValue::try_from(format!("Bearer {token}")).ok());
        if let Some(bearer) = bearer {
            request.metadata_mut().insert("authorization", bearer);
        }
        request
    }

    fn ask<T>(&self, call: impl Future<Output = Result<Response<T>, Status>>) -> Result<T, SparkError> {
        self.runtime.block_on(call).map(Response::into_inner).map_err(|status| self.explained(&status))
    }

    /// The server's host.
    pub fn host(&self) -> &str {
        self.address.authority.rsplit_once(':').map_or(self.address.authority.as_str(), |(host, _)| host)
    }

    /// The name under which the server keeps the session.
    pub fn user_name(&self) -> &str {
        &self.address.user
    }

    /// Spark's version: the cheapest question there is.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses.
    pub fn version(&self) -> Result<String, SparkError> {
        let message = pb::AnalyzePlanRequest {
            session_id: self.id.clone(),
            user_context: self.user(),
            client_type: Some(CLIENT.to_owned()),
            analyze: Some(asked::Analyze::SparkVersion(asked::SparkVersion {})),
            ..Default::default()
        };
        let mut client = self.client();
        match self.ask(client.analyze_plan(self.request(message)))?.result {
            Some(pb::analyze_plan_response::Result::SparkVersion(found)) => Ok(found.version),
            _ => Err(SparkError::unexpected("its version")),
        }
    }

    /// Changes settings of the session.
    ///
    /// # Errors
    /// If one cannot be set.
    pub fn set(&self, settings: &[(String, String)]) -> Result<(), SparkError> {
        use pb::config_request::operation::OpType;
        let pair = |(key, value): &(String, String)| pb::KeyValue { key: key.clone(), value: Some(value.clone()) };
        let pairs = settings.iter().map(pair).collect();
        self.config(OpType::Set(pb::config_request::Set { pairs, ..Default::default() })).map(|_| ())
    }

    /// The settings of these names as the server tells them; empty where it does not.
    ///
    /// # Errors
    /// If it does not say.
    pub fn settings(&self, keys: Vec<String>) -> Result<Vec<(String, String)>, SparkError> {
        use pb::config_request::operation::OpType;
        let found = self.config(OpType::GetOption(pb::config_request::GetOption { keys }))?;
        Ok(found.pairs.into_iter().map(|pair| (pair.key, pair.value.unwrap_or_default())).collect())
    }

    fn config(&self, operation: pb::config_request::operation::OpType) -> Result<pb::ConfigResponse, SparkError> {
        let message = pb::ConfigRequest {
            session_id: self.id.clone(),
            user_context: self.user(),
            client_type: Some(CLIENT.to_owned()),
            operation: Some(pb::config_request::Operation { op_type: Some(operation) }),
            ..Default::default()
        };
        let mut client = self.client();
        self.ask(client.config(self.request(message)))
    }

    /// The columns of a query, without running it, with their types as far as tables have them.
    ///
    /// # Errors
    /// If the query is wrong, or the server is lost.
    pub fn columns(&self, sql: &str) -> Result<Vec<QueryColumn>, SparkError> {
        let message = pb::AnalyzePlanRequest {
            session_id: self.id.clone(),
            user_context: self.user(),
            client_type: Some(CLIENT.to_owned()),
            analyze: Some(asked::Analyze::Schema(asked::Schema { plan: Some(query::query(sql)) })),
            ..Default::default()
        };
        let mut client = self.client();
        match self.ask(client.analyze_plan(self.request(message)))?.result {
            Some(pb::analyze_plan_response::Result::Schema(found)) => Ok(columns::of(found)),
            _ => Err(SparkError::unexpected("the columns of a query")),
        }
    }

    /// Runs a query and takes its rows: ints and texts.
    ///
    /// # Errors
    /// If the query fails, is cancelled, or the server is lost.
    pub fn rows(&self, sql: &str, tag: &str, cancelled: &CancelToken) -> Result<Rows, SparkError> {
        let mut rows = Rows::default();
        let push = |batch| {
            rows.push(batch);
            true
        };
        self.execute(query::query(sql), tag, cancelled, push).map(|()| rows)
    }

    /// Runs a query and hands on its rows, batch by batch, for as long as `take` wants more.
    ///
    /// # Errors
    /// As [`rows`](Self::rows).
    pub fn batches(
        &self,
        sql: &str,
        tag: &str,
        cancelled: &CancelToken,
        take: impl FnMut(RecordBatch) -> bool,
    ) -> Result<(), SparkError> {
        self.execute(query::query(sql), tag, cancelled, take)
    }

    /// Writes a query's rows as Parquet, with options of its writer, into a folder that must not exist.
    ///
    /// # Errors
    /// If the query fails, is cancelled, the folder exists, or the server is lost.
    pub fn write(
        &self,
        sql: &str,
        folder: &str,
        options: Vec<(String, String)>,
        tag: &str,
        cancelled: &CancelToken,
    ) -> Result<(), SparkError> {
        self.execute(query::write(sql, folder, options), tag, cancelled, |_| true)
    }

    fn execute(
        &self,
        plan: pb::Plan,
        tag: &str,
        cancelled: &CancelToken,
        mut take: impl FnMut(RecordBatch) -> bool,
    ) -> Result<(), SparkError> {
        let statement = Statement::new(self, plan, tag);
        let outcome = self.runtime.block_on(statement.run(cancelled, &mut take));
        // The server keeps what it answered until it is told that nobody will ask again. If it does not hear, it forgets later.
        let mut client = self.client();
        let _ = self.ask(client.release_execute(self.request(statement.release())));
        outcome.map_err(|status| self.explained(&status))
    }

    /// Ends all statements of the session.
    ///
    /// # Errors
    /// If the server cannot be reached.
    pub fn interrupt(&self) -> Result<(), SparkError> {
        let message = pb::InterruptRequest {
            session_id: self.id.clone(),
            user_context: self.user(),
            client_type: Some(CLIENT.to_owned()),
            interrupt_type: pb::interrupt_request::InterruptType::All as i32,
            ..Default::default()
        };
        let mut client = self.client();
        self.ask(client.interrupt(self.request(message))).map(|_| ())
    }

    /// Ends the session; its id cannot be used again.
    ///
    /// # Errors
    /// If the server cannot be reached; it ends the session by itself later.
    pub fn release(&self) -> Result<(), SparkError> {
        let message = pb::ReleaseSessionRequest {
            session_id: self.id.clone(),
            user_context: self.user(),
            client_type: Some(CLIENT.to_owned()),
            ..Default::default()
        };
        let mut client = self.client();
        self.ask(client.release_session(self.request(message))).map(|_| ())
    }

    /// The error of a status, with what the server keeps of it.
    fn explained(&self, status: &Status) -> SparkError {
        let (mut error, id) = SparkError::of(status);
        if error.is_lost {
            error.message = format!("at {} cannot be reached: {}", self.address.authority, error.message);
        }
        let Some(error_id) = id else { return error };
        let message = pb::FetchErrorDetailsRequest {
            session_id: self.id.clone(),
            user_context: self.user(),
            client_type: Some(CLIENT.to_owned()),
            error_id,
            ..Default::default()
        };
        let mut client = self.client();
        match self.runtime.block_on(client.fetch_error_details(self.request(message))) {
            Ok(found) => error.with_details(found.into_inner()),
            Err(_) => error,
        }
    }
}
