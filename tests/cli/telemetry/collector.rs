//! A collector that takes traces and metrics as protobuf over HTTP.

use http::HeaderMap;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tidemill_test_servers::GrpcServer;

use crate::webhooks::{Heard, Server, server};

/// More requests than any run here makes.
const MANY: usize = 200;

/// A collector.
pub struct Collector {
    server: Server,
}

/// What it has got.
#[derive(Default)]
pub struct Received {
    pub requests: Vec<Heard>,
    /// Of calls by gRPC.
    pub headers: Vec<HeaderMap>,
    pub spans: Vec<Span>,
    pub metrics: Vec<Metric>,
    /// Who has sent it.
    pub resource: Vec<KeyValue>,
}

impl Collector {
    pub fn start() -> Self {
        Self { server: server(&["200 OK"; MANY]) }
    }

    pub fn url(&self) -> &str {
        &self.server.url
    }

    /// What it has got by now.
    pub fn received(&self) -> Received {
        let mut all = Received::default();
        for heard in self.server.heard.try_iter() {
            match heard.line.as_str() {
                "POST /v1/traces HTTP/1.1" => all.take_traces(&heard.bytes),
                "POST /v1/metrics HTTP/1.1" => all.take_metrics(&heard.bytes),
                other => panic!("{other}"),
            }
            all.requests.push(heard);
        }
        all
    }
}

/// What a server of gRPC has got by now.
pub fn called(server: &GrpcServer) -> Received {
    let mut all = Received::default();
    for call in server.calls.try_iter() {
        match call.path.as_str() {
            "/opentelemetry.proto.collector.trace.v1.TraceService/Export" => all.take_traces(&call.message),
            "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" => all.take_metrics(&call.message),
            other => panic!("{other}"),
        }
        all.headers.push(call.headers);
    }
    all
}

impl Received {
    fn take_traces(&mut self, bytes: &[u8]) {
        for part in ExportTraceServiceRequest::decode(bytes).expect("traces").resource_spans {
            self.resource = part.resource.map(|resource| resource.attributes).unwrap_or_default();
            self.spans.extend(part.scope_spans.into_iter().flat_map(|scope| scope.spans));
        }
    }

    fn take_metrics(&mut self, bytes: &[u8]) {
        let parts = ExportMetricsServiceRequest::decode(bytes).expect("metrics").resource_metrics;
        let scopes = parts.into_iter().flat_map(|part| part.scope_metrics);
        self.metrics.extend(scopes.flat_map(|scope| scope.metrics));
    }

    pub fn span(&self, name: &str) -> &Span {
        self.spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no span `{name}`"))
    }

    /// The spans as a tree, each with what it says.
    pub fn tree(&self) -> String {
        let is_root = |span: &&Span| self.spans.iter().all(|other| other.span_id != span.parent_span_id);
        let mut text = String::new();
        self.spans.iter().filter(is_root).for_each(|span| self.branch(span, 0, &mut text));
        text
    }

    fn branch(&self, span: &Span, depth: usize, text: &mut String) {
        let status = span.status.clone().unwrap_or_default();
        let own = ["tidemill.pipeline", "tidemill.run.id", "tidemill.task.id", "tidemill.run.logical_time"];
        let attributes = span.attributes.iter().filter(|pair| !own.contains(&pair.key.as_str()));
        let told: Vec<String> = attributes.map(shown).collect();
        let (pad, message) = ("  ".repeat(depth), status.message);
        let code = ["unset", "ok", "error"][usize::try_from(status.code).expect("a status")];
        *text += format!("{pad}{}: {code} {message}", span.name).trim_end();
        *text += &format!("\n{pad}    {}\n", told.join(", "));
        let mut below: Vec<&Span> = self.spans.iter().filter(|other| other.parent_span_id == span.span_id).collect();
        below.sort_by_key(|span| (span.start_time_unix_nano, span.name.clone()));
        below.into_iter().for_each(|span| self.branch(span, depth + 1, text));
    }

    /// The metrics, each with its points; durations are only counted.
    pub fn measured(&self) -> String {
        let mut lines = Vec::new();
        for metric in &self.metrics {
            let points: Vec<(Vec<KeyValue>, String)> = match metric.data.as_ref().expect("data") {
                Data::Histogram(data) => {
                    let points = data.data_points.iter();
                    points.map(|point| (point.attributes.clone(), format!("{} times", point.count))).collect()
                }
                Data::Sum(data) => {
                    let points = data.data_points.iter();
                    points
                        .map(|point| (point.attributes.clone(), format!("{:?}", point.value.expect("a value"))))
                        .collect()
                }
                other => panic!("{other:?}"),
            };
            for (mut attributes, value) in points {
                attributes.sort_by(|one, other| one.key.cmp(&other.key));
                let told: Vec<String> = attributes.iter().map(shown).collect();
                lines.push(format!("{} [{}] {}: {value}", metric.name, metric.unit, told.join(", ")));
            }
        }
        lines.sort();
        lines.join("\n")
    }
}

fn shown(pair: &KeyValue) -> String {
    format!("{}={}", pair.key.trim_start_matches("tidemill."), pair.value.as_ref().map(value).unwrap_or_default())
}

fn value(value: &AnyValue) -> String {
    match value.value.as_ref().expect("a value") {
        Value::StringValue(text) => text.clone(),
        Value::BoolValue(value) => value.to_string(),
        Value::IntValue(value) => value.to_string(),
        Value::ArrayValue(list) => format!("[{}]", list.values.iter().map(self::value).collect::<Vec<_>>().join("; ")),
        other => panic!("{other:?}"),
    }
}
