//! The way to the collector: queues, and the threads that empty them.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::tonic_types::metadata::MetadataMap;
use opentelemetry_otlp::tonic_types::transport::ClientTlsConfig;
use opentelemetry_otlp::{
    ExporterBuildError, MetricExporter, Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig,
    WithTonicConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Temporality};
use opentelemetry_sdk::trace::{self, BatchConfigBuilder, BatchSpanProcessor, SpanData, SpanProcessor};
use tidemill_core::spec::OtlpProtocol;
use tokio::runtime::Runtime;
use ureq::http::{HeaderMap, HeaderName, HeaderValue};

use super::OtelSettings;
use super::metrics::Instruments;
use super::settings::OtlpTarget;
use crate::client::{Client, shown};

/// At least and at most so many spans wait to be sent; at about half a kilobyte each, 32 MB.
const QUEUE: std::ops::RangeInclusive<usize> = 2048..=65_536;

/// The queues of a run and what empties them.
pub(super) struct Export {
    spans: Option<(BatchSpanProcessor, Client, String)>,
    meters: Option<(SdkMeterProvider, Client, String)>,
    pub(super) instruments: Option<Instruments>,
    /// Where connections of gRPC live.
    runtime: Option<Runtime>,
}

impl Export {
    /// Starts the threads for a run of so many tasks.
    ///
    /// # Errors
    /// If an exporter cannot be made of the settings.
    pub(super) fn start(settings: &OtelSettings, pipeline: &str, tasks: usize) -> Result<Self, String> {
        // Its words repeat the address, which may hold a password.
        let failed = |error: ExporterBuildError, target: &OtlpTarget| {
            error.to_string().replace(&target.url, &shown(&target.url))
        };
        let runtime = settings.has_grpc().then(runtime).transpose()?;
        let inside = runtime.as_ref().map(Runtime::enter);
        let spans = settings.traces.as_ref().map(|target| {
            let client = Client::new(target.limit);
            let exporter = Noting {
                exporter: span_exporter(target, &client).map_err(|error| failed(error, target))?,
                client: client.clone(),
            };
            let mut batches = BatchConfigBuilder::default();
            if !settings.queue_is_set {
                batches = batches.with_max_queue_size(tasks.saturating_mul(2).clamp(*QUEUE.start(), *QUEUE.end()));
            }
            let mut processor = BatchSpanProcessor::new(exporter, batches.build());
            processor.set_resource(&settings.resource);
            Ok::<_, String>((processor, client, host(&target.url)))
        });
        let meters = settings.metrics.as_ref().map(|target| {
            let client = Client::new(target.limit);
            let exporter = metric_exporter(target, &client).map_err(|error| failed(error, target))?;
            let reader = PeriodicReader::builder(Noting { exporter, client: client.clone() }).build();
            let meters = SdkMeterProvider::builder().with_reader(reader).with_resource(settings.resource.clone());
            Ok::<_, String>((meters.build(), client, host(&target.url)))
        });
        let (spans, meters) = (spans.transpose()?, meters.transpose()?);
        let instruments = meters.as_ref().map(|(provider, ..)| Instruments::new(provider, pipeline.to_owned()));
        drop(inside);
        Ok(Self { spans, meters, instruments, runtime })
    }

    /// Puts a span into the queue; if that is full, the span is dropped.
    pub(super) fn span(&self, span: SpanData) {
        if let Some((processor, ..)) = &self.spans {
            processor.on_end(span);
        }
    }

    /// Sends what is left, for so long at most: a sentence about what could not be sent.
    pub(super) fn end(self, grace: Duration) -> Option<String> {
        let deadline = Instant::now() + grace;
        let spans = self.spans.map(|(processor, client, host)| {
            (in_background(move || drop(processor.shutdown_with_timeout(grace))), client, "traces", host)
        });
        let meters = self.meters.map(|(provider, client, host)| {
            (in_background(move || drop(provider.shutdown_with_timeout(grace))), client, "metrics", host)
        });
        let mut lost: Vec<(&str, String)> = Vec::new();
        for (ended, client, what, host) in [spans, meters].into_iter().flatten() {
            let left = deadline.saturating_duration_since(Instant::now());
            // Nothing is ever sent: the thread has ended, or is given up.
            let is_late = matches!(ended.recv_timeout(left), Err(mpsc::RecvTimeoutError::Timeout));
            let late = || is_late.then(|| format!("not taken within {} s", grace.as_secs()));
            lost.extend(client.failure().or_else(late).map(|why| (what, format!("to {host}: {why}"))));
        }
        // Whoever is still at it is given up.
        self.runtime.into_iter().for_each(Runtime::shutdown_background);
        let told = match &lost[..] {
            [(one, why), (other, same)] if why == same => format!("{one} and {other} {why}"),
            lost => lost.iter().map(|(what, why)| format!("{what} {why}")).collect::<Vec<_>>().join("; "),
        };
        (!lost.is_empty()).then(|| format!("could not send {told}"))
    }
}

/// Lets something end by itself, which may take longer than anybody waits.
fn in_background(work: impl FnOnce() + Send + 'static) -> mpsc::Receiver<()> {
    let (ended, end) = mpsc::channel::<()>();
    // Without a thread it ends with the process.
    let _ = std::thread::Builder::new().name("telemetry end".to_owned()).spawn(move || {
        work();
        drop(ended);
    });
    end
}

/// Where a server is, without a path at it.
fn host(url: &str) -> String {
    let shown = shown(url);
    let path = shown.find("://").and_then(|at| Some(at + 3 + shown[at + 3..].find('/')?));
    path.map_or(shown.clone(), |at| shown[..at].to_owned())
}

fn runtime() -> Result<Runtime, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.map_err(|error| error.to_string())
}

fn span_exporter(target: &OtlpTarget, client: &Client) -> Result<SpanExporter, ExporterBuildError> {
    let builder = SpanExporter::builder();
    match target.protocol {
        OtlpProtocol::HttpProtobuf => by_http(builder.with_http(), target, client).build(),
        OtlpProtocol::Grpc => by_grpc(builder.with_tonic(), target).build(),
    }
}

fn metric_exporter(target: &OtlpTarget, client: &Client) -> Result<MetricExporter, ExporterBuildError> {
    let builder = MetricExporter::builder();
    match target.protocol {
        OtlpProtocol::HttpProtobuf => by_http(builder.with_http(), target, client).build(),
        OtlpProtocol::Grpc => by_grpc(builder.with_tonic(), target).build(),
    }
}

/// What is not taken is sent once more, at once: whoever waits for the end of a run is not to wait for a collector that is gone.
fn once_more() -> RetryPolicy {
    RetryPolicy::recommended().with_max_retries(1)
}

fn by_http<B: WithExportConfig + WithHttpConfig>(builder: B, target: &OtlpTarget, client: &Client) -> B {
    builder
        .with_http_client(Posting(client.clone()))
        .with_headers(target.headers.clone())
        .with_endpoint(&target.url)
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(target.limit)
        .with_retry_policy(once_more())
}

fn by_grpc<B: WithExportConfig + WithTonicConfig>(builder: B, target: &OtlpTarget) -> B {
    // What is no header cannot be sent as one.
    let header = |(name, value): (&String, &String)| {
        Some((name.parse::<HeaderName>().ok()?, value.parse::<HeaderValue>().ok()?))
    };
    let headers: HeaderMap = target.headers.iter().filter_map(header).collect();
    let builder = builder
        .with_endpoint(&target.url)
        .with_timeout(target.limit)
        .with_metadata(MetadataMap::from_headers(headers))
        .with_retry_policy(once_more());
    match target.url.starts_with("https://") {
        true => builder.with_tls_config(ClientTlsConfig::new().with_enabled_roots()),
        false => builder,
    }
}

/// An exporter that keeps why it failed first.
#[derive(Debug)]
struct Noting<E> {
    exporter: E,
    client: Client,
}

impl<E> Noting<E> {
    fn note(&self, result: OTelSdkResult) -> OTelSdkResult {
        result.inspect_err(|error| {
            self.client.note(match error {
                // Of gRPC the name of a client stands before what is wrong.
                OTelSdkError::InternalFailure(why) => why.rsplit("gRPC code: ").next().unwrap_or(why).to_owned(),
                other => other.to_string(),
            });
        })
    }
}

impl<E: trace::SpanExporter> trace::SpanExporter for Noting<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.note(self.exporter.export(batch).await)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<E: PushMetricExporter> PushMetricExporter for Noting<E> {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.note(self.exporter.export(metrics).await)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}

/// Sends requests from the thread that asks for it: those of exporters are their own.
#[derive(Debug)]
struct Posting(Client);

#[async_trait]
impl HttpClient for Posting {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.0.post(request.map(|bytes| bytes.to_vec()))?;
        Ok(answer.map(Bytes::from))
    }
}
