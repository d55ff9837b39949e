//! Where traces and metrics go: what the variables say, else what the file says.

use std::collections::HashMap;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use tidemill_core::spec::{OtlpProtocol, TelemetryConfig};
use tidemill_secrets::masked;

use crate::Variables;

/// How long a request may take, if no variable says it.
const LIMIT: Duration = Duration::from_secs(10);

/// Where traces and metrics go.
#[derive(Clone, Debug, PartialEq)]
pub struct OtelSettings {
    pub(crate) traces: Option<OtlpTarget>,
    pub(crate) metrics: Option<OtlpTarget>,
    pub(crate) resource: Resource,
    /// The queue's length, if a variable says it: then it is not for us to choose.
    pub(crate) queue_is_set: bool,
    /// What in the variables is not understood, as sentences.
    pub warnings: Vec<String>,
}

/// Where one kind of signal goes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OtlpTarget {
    pub(crate) url: String,
    pub(crate) protocol: OtlpProtocol,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) limit: Duration,
}

impl OtelSettings {
    /// The settings, if the file or a variable asks for traces or metrics. A variable goes over what the file says: who starts a
    /// run knows where the collector is.
    pub fn of(file: Option<&TelemetryConfig>, variables: &Variables) -> Option<Self> {
        if variables.is_true("OTEL_SDK_DISABLED") {
            return None;
        }
        let mut warnings = Vec::new();
        let traces = target(Signal::Traces, file, variables, &mut warnings);
        let metrics = target(Signal::Metrics, file, variables, &mut warnings);
        warnings.dedup();
        let is_asked = traces.is_some() || metrics.is_some() || !warnings.is_empty();
        is_asked.then(|| Self {
            traces,
            metrics,
            resource: resource(file, variables),
            queue_is_set: variables.get("OTEL_BSP_MAX_QUEUE_SIZE").is_some(),
            warnings,
        })
    }
}

impl OtelSettings {
    /// Whether anything goes by gRPC.
    pub(crate) fn has_grpc(&self) -> bool {
        self.traces.iter().chain(&self.metrics).any(|target| target.protocol == OtlpProtocol::Grpc)
    }

    /// Whether runs are told as traces.
    pub fn has_traces(&self) -> bool {
        self.traces.is_some()
    }
}

#[derive(Clone, Copy)]
enum Signal {
    Traces,
    Metrics,
}

impl Signal {
    /// As variables and paths have it.
    fn name(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
        }
    }

    fn is_wanted_by(self, file: &TelemetryConfig) -> bool {
        match self {
            Self::Traces => file.traces,
            Self::Metrics => file.metrics,
        }
    }
}

fn target(
    signal: Signal,
    file: Option<&TelemetryConfig>,
    variables: &Variables,
    warnings: &mut Vec<String>,
) -> Option<OtlpTarget> {
    let upper = signal.name().to_ascii_uppercase();
    let variable = |name: &str| {
        let own = variables.get(&format!("OTEL_EXPORTER_OTLP_{upper}_{name}"));
        own.or_else(|| variables.get(&format!("OTEL_EXPORTER_OTLP_{name}")))
    };
    let protocol = match variable("PROTOCOL") {
        Some("grpc") => OtlpProtocol::Grpc,
        Some("http/protobuf") => OtlpProtocol::HttpProtobuf,
        Some(other) => {
            let known = "`http/protobuf` and `grpc` are known here, and the first is taken";
            warnings.push(format!("OTEL_EXPORTER_OTLP_PROTOCOL is `{other}`: {known}"));
            OtlpProtocol::HttpProtobuf
        }
        None => file.and_then(|file| file.protocol).unwrap_or_default(),
    };
    let below = |base: &str| match protocol {
        OtlpProtocol::HttpProtobuf => format!("{}/v1/{}", base.trim_end_matches('/'), signal.name()),
        OtlpProtocol::Grpc => base.to_owned(),
    };
    let own = variables.get(&format!("OTEL_EXPORTER_OTLP_{upper}_ENDPOINT")).map(str::to_owned);
    let named = own.or_else(|| variables.get("OTEL_EXPORTER_OTLP_ENDPOINT").map(below));
    let file = file.filter(|file| signal.is_wanted_by(file));
    let is_asked = match variables.get(&format!("OTEL_{upper}_EXPORTER")) {
        Some("none") => false,
        Some("otlp") => true,
        Some(other) => {
            warnings.push(format!("OTEL_{upper}_EXPORTER is `{other}`: `otlp` and `none` are known here"));
            false
        }
        None => named.is_some() || file.is_some(),
    };
    if !is_asked {
        return None;
    }
    let of_file = || file.and_then(|file| file.endpoint.as_deref()).map(|url| below(url.trim()));
    let usual = || match protocol {
        OtlpProtocol::HttpProtobuf => below("http://localhost:4318"),
        OtlpProtocol::Grpc => below("http://localhost:4317"),
    };
    let mut headers: HashMap<String, String> =
        file.map(|file| file.headers.iter().cloned().collect()).unwrap_or_default();
    headers.extend(variable("HEADERS").into_iter().flat_map(listed));
    let limit = variable("TIMEOUT").and_then(|text| text.parse().ok()).map_or(LIMIT, Duration::from_millis);
    Some(OtlpTarget { url: named.or_else(of_file).unwrap_or_else(usual), protocol, headers, limit })
}

/// `name=value,…` of a variable.
fn listed(text: &str) -> impl Iterator<Item = (String, String)> {
    text.split(',').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    })
}

/// Who tells: what the variables say, and what the file says beside them.
fn resource(file: Option<&TelemetryConfig>, variables: &Variables) -> Resource {
    let of_variables: HashMap<String, String> =
        variables.get("OTEL_RESOURCE_ATTRIBUTES").into_iter().flat_map(listed).collect();
    let is_named = variables.get("OTEL_SERVICE_NAME").is_some() || of_variables.contains_key("service.name");
    let service = file.and_then(|file| file.service.clone()).unwrap_or_else(|| "tidemill".to_owned());
    let service = (!is_named).then(|| KeyValue::new("service.name", masked(service)));
    let version = (!of_variables.contains_key("service.version"))
        .then(|| KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    let attributes = file.map(|file| file.attributes.as_slice()).unwrap_or_default().iter();
    let attributes = attributes.filter(|(name, _)| !of_variables.contains_key(name));
    let attributes = attributes.map(|(name, value)| KeyValue::new(name.clone(), masked(value.clone())));
    // The builder takes in what the variables say by itself.
    Resource::builder().with_attributes(service.into_iter().chain(version).chain(attributes)).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn urls(file: Option<&TelemetryConfig>, pairs: &[(&str, &str)]) -> [Option<String>; 2] {
        let settings = OtelSettings::of(file, &variables(pairs));
        let url = |target: Option<OtlpTarget>| target.map(|target| target.url);
        settings.map_or([None, None], |settings| [url(settings.traces), url(settings.metrics)])
    }

    fn file() -> TelemetryConfig {
        let endpoint = Some("http://file:4318".to_owned());
        TelemetryConfig { endpoint, traces: true, metrics: true, ..TelemetryConfig::default() }
    }

    #[test]
    fn a_variable_goes_over_the_file() {
        let told = |traces: &str, metrics: &str| [Some(traces.to_owned()), Some(metrics.to_owned())];
        assert_eq!(urls(None, &[]), [None, None]);
        assert_eq!(urls(Some(&file()), &[]), told("http://file:4318/v1/traces", "http://file:4318/v1/metrics"));
        assert_eq!(
            urls(Some(&file()), &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://env:1/"), ("OTEL_METRICS_EXPORTER", "otlp")]),
            told("http://env:1/v1/traces", "http://env:1/v1/metrics")
        );
        assert_eq!(
            urls(None, &[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://env:1/mine")]),
            [Some("http://env:1/mine".to_owned()), None]
        );
        assert_eq!(
            urls(None, &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://env:4317"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]),
            told("http://env:4317", "http://env:4317")
        );
        assert_eq!(urls(Some(&file()), &[("OTEL_TRACES_EXPORTER", "none")])[0], None);
        assert_eq!(urls(Some(&file()), &[("OTEL_SDK_DISABLED", "true")]), [None, None]);
        let only_metrics = TelemetryConfig { traces: false, ..file() };
        assert_eq!(urls(Some(&only_metrics), &[])[0], None);
        let usual = TelemetryConfig { endpoint: None, ..file() };
        assert_eq!(urls(Some(&usual), &[])[0].as_deref(), Some("http://localhost:4318/v1/traces"));
    }

    #[test]
    fn what_is_not_known_is_told() {
        let settings = OtelSettings::of(None, &variables(&[("OTEL_TRACES_EXPORTER", "jaeger")])).unwrap();
        assert_eq!(settings.warnings, ["OTEL_TRACES_EXPORTER is `jaeger`: `otlp` and `none` are known here"]);
    }

    #[test]
    fn headers_come_from_both() {
        let of_file = TelemetryConfig { headers: vec![("a".to_owned(), "1".to_owned())], ..file() };
        let settings =
            OtelSettings::of(Some(&of_file), &variables(&[("OTEL_EXPORTER_OTLP_HEADERS", "b=2, c = 3=3,d")]));
        let headers = settings.unwrap().traces.unwrap().headers;
        let expected = [("a", "1"), ("b", "2"), ("c", "3=3")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(headers, expected.into_iter().collect());
    }
}
