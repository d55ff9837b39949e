//! Traces and metrics by OpenTelemetry.

use std::io::Read;
use std::net::TcpListener;
use std::process::Stdio;

use insta::assert_snapshot;

use tidemill_test_servers::GrpcServer;

use super::collector::{Collector, Received, called};
use crate::project::{Outcome, Project};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A table, a command that says where it belongs in a trace, and one that fails twice.
fn project() -> Project {
    Project::new().file("t.csv", "n\n1\n2\n3\n").pipeline(
        "
        version: 1
        name: shop
        tasks:
          t: {type: load, path: t.csv}
          told:
            type: command
            run: printf '%s|%s' \"$TRACEPARENT\" \"$TRACESTATE\" > ${{ outputs.place }}
            outputs: {place: place.txt}
            depends_on: [t]
          fails: {type: command, run: 'exit 3', depends_on: [told], retries: 1}
          behind: {type: aggregate, from: t, metrics: {n: count(*)}, depends_on: [fails]}
        finally:
          last: {type: command, run: 'true'}
        ",
    )
}

fn run<const N: usize>(project: &Project, variables: [(&str, &str); N]) -> Outcome {
    let mut command = project.command(["run", "--keep-going", "-j", "1"]);
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.envs(variables).env("PATH", path).stdout(Stdio::piped()).stderr(Stdio::piped());
    project.wait(command.spawn().expect("the binary starts"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_run_is_a_trace_and_each_attempt_a_span() {
    let (collector, project) = (Collector::start(), project());
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url()), ("OTEL_SERVICE_NAME", "night")];
    let outcome = run(&project, variables).exits(1);
    assert!(!outcome.stderr.contains("telemetry"), "{}", outcome.stderr);
    let received = collector.received();
    assert_snapshot!(received.tree(), @r"
    run shop: error fails failed
        run.trigger=manual, tasks.ran=3, tasks.cached=0, tasks.failed=1, tasks.skipped=1, tasks.cancelled=0, run.status=failed
      t: ok
          task.type=load, task.attempt=1, task.reasons=[first run], task.status=success, task.cached=false, rows.in=3, rows.out=3, rows.rejected=0, warnings=0
      told: ok
          task.type=command, task.attempt=1, task.reasons=[first run], task.status=success, task.cached=false, warnings=0
      fails: error `exit 3` ended with exit code 3
          task.type=command, task.attempt=1, task.reasons=[a command without outputs always runs], task.status=failed, task.cached=false, task.exit_code=3
      fails: error `exit 3` ended with exit code 3
          task.type=command, task.attempt=2, task.reasons=[a command without outputs always runs], task.status=failed, task.cached=false, warnings=0, task.exit_code=3
      last: ok
          task.type=command, task.attempt=1, task.reasons=[], task.status=success, task.cached=false, warnings=0
    ");
    assert_snapshot!(received.measured(), @r"
    tidemill.run.duration [s] pipeline=shop, run.status=failed: 1 times
    tidemill.run.failures [{run}] pipeline=shop: AsInt(1)
    tidemill.task.duration [s] pipeline=shop, task.id=fails, task.status=failed, task.type=command: 1 times
    tidemill.task.duration [s] pipeline=shop, task.id=last, task.status=success, task.type=command: 1 times
    tidemill.task.duration [s] pipeline=shop, task.id=t, task.status=success, task.type=load: 1 times
    tidemill.task.duration [s] pipeline=shop, task.id=told, task.status=success, task.type=command: 1 times
    tidemill.task.failures [{task}] pipeline=shop, task.id=fails, task.type=command: AsInt(1)
    tidemill.task.rows [{row}] pipeline=shop, rows=made, task.id=t, task.type=load: AsInt(3)
    tidemill.task.rows [{row}] pipeline=shop, rows=read, task.id=t, task.type=load: AsInt(3)
    tidemill.task.rows [{row}] pipeline=shop, rows=rejected, task.id=t, task.type=load: AsInt(0)
    ");
    let is_named = |received: &Received| {
        let text = format!("{:?}", received.resource);
        text.contains("service.name") && text.contains("\"night\"")
    };
    assert!(is_named(&received), "{:?}", received.resource);
    // The next run has nothing to do but what failed.
    run(&project, variables).exits(1);
    let again = collector.received();
    assert!(
        again
            .span("t")
            .attributes
            .iter()
            .any(|pair| pair.key == "tidemill.task.cached" && format!("{:?}", pair.value).contains("BoolValue(true)"))
    );
}

#[test]
fn grpc_carries_the_same() {
    let server = GrpcServer::start().expect("a server");
    let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let headers = ("OTEL_EXPORTER_OTLP_HEADERS", "x-token=open-sesame");
    let outcome = run(&project(), [("OTEL_EXPORTER_OTLP_ENDPOINT", server.url.as_str()), grpc, headers]).exits(1);
    let received = called(&server);
    assert!(!outcome.stderr.contains("telemetry"), "{}", outcome.stderr);
    assert_eq!(received.spans.len(), 6, "{}", received.tree());
    assert_eq!(received.span("told").parent_span_id, received.span("run shop").span_id);
    assert!(received.metrics.iter().any(|metric| metric.name == "tidemill.run.duration"));
    assert!(received.headers.iter().all(|headers| headers.get("x-token").is_some_and(|token| token == "open-sesame")));
    let gone = run(&project(), [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), grpc]).exits(1);
    assert_snapshot!(gone.warnings(), @r"warning telemetry: could not send traces and metrics to http://127.0.0.1:1: Unavailable: transport error: tcp connect error: tcp connect error: Connection refused (os error 111)");
}

#[test]
fn a_trace_goes_on_from_whoever_starts_the_run_to_what_the_run_starts() {
    let (collector, project) = (Collector::start(), project());
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url());
    run(&project, [endpoint, ("TRACEPARENT", PARENT), ("TRACESTATE", "vendor=1")]).exits(1);
    let received = collector.received();
    let (root, told) = (received.span("run shop"), received.span("told"));
    assert_eq!((hex(&root.trace_id), hex(&root.parent_span_id)), (PARENT[3..35].to_owned(), PARENT[36..52].to_owned()));
    assert_eq!(told.parent_span_id, root.span_id);
    assert_eq!(project.read("place.txt"), format!("00-{}-{}-01|vendor=1", &PARENT[3..35], hex(&told.span_id)));
}

#[test]
fn a_trace_that_nobody_wants_is_handed_on_and_not_sent() {
    let (collector, project) = (Collector::start(), project());
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url());
    let unsampled = PARENT.replace("-01", "-00");
    run(&project, [endpoint, ("TRACEPARENT", &unsampled)]).exits(1);
    assert!(collector.received().spans.is_empty());
    assert!(project.read("place.txt").ends_with("-00|"));
    project.gone("place.txt");
    project.gone(".tidemill/state.db");
    run(&project, [endpoint, ("TRACEPARENT", PARENT), ("OTEL_SDK_DISABLED", "true")]).exits(1);
    assert!(collector.received().requests.is_empty());
    assert_eq!(project.read("place.txt"), format!("{PARENT}|"));
}

#[test]
fn the_file_says_where_and_secrets_stay_secret() {
    let collector = Collector::start();
    let project = Project::new().file(".env", "TOKEN=open-sesame\n").pipeline(&format!(
        "
        version: 1
        name: shop
        secrets: [TOKEN]
        dotenv: .env
        telemetry:
          endpoint: {}
          headers: {{authorization: 'Bearer ${{{{ secrets.TOKEN }}}}'}}
          service: retail
          attributes: {{deployment.environment.name: test}}
          metrics: false
        tasks:
          fails: {{type: command, run: 'echo $T >&2; exit 1', env: {{T: '${{{{ secrets.TOKEN }}}}'}}}}
        ",
        collector.url()
    ));
    let outcome = run(&project, []).exits(1);
    let received = collector.received();
    assert_eq!(received.requests.len(), 1, "{}", outcome.stderr);
    assert!(received.requests[0].headers.contains(&"authorization: bearer open-sesame".to_owned()));
    assert!(!String::from_utf8_lossy(&received.requests[0].bytes).contains("open-sesame"));
    let resource = format!("{:?}", received.resource);
    assert!(resource.contains("retail") && resource.contains("deployment.environment.name"), "{resource}");
    // A secret that is not set is a warning, and the run is what it is.
    project.gone(".env");
    let outcome = run(&project, []).exits(1);
    assert!(outcome.stderr.contains("`telemetry` needs the secret TOKEN, which is not set"), "{}", outcome.stderr);
}

#[test]
fn a_collector_that_is_gone_or_silent_is_a_warning() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("it is bound").to_string();
    // It takes what comes and never answers.
    let swallow = move || {
        for stream in silent.incoming().flatten() {
            std::thread::spawn(move || std::io::copy(&mut { stream }.take(u64::MAX), &mut std::io::sink()));
        }
    };
    std::thread::spawn(swallow);
    let project = Project::new().file("t.csv", "n\n1\n").pipeline(
        "
        version: 1
        tasks:
          t: {type: load, path: t.csv}
        ",
    );
    let gone = run(&project, [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:hunter2@127.0.0.1:1")]).exits(0);
    assert_snapshot!(gone.warnings(), @r"warning telemetry: could not send traces and metrics to http://127.0.0.1:1: Connection refused (os error 111)");
    let silent = [("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{address}"))];
    let silent = run(&project, silent.each_ref().map(|(name, url)| (*name, url.as_str()))).exits(0);
    assert_snapshot!(silent.warnings().replace(&address, "[address]"), @r"warning telemetry: could not send traces and metrics to http://[address]: not taken within 3 s");
}

#[test]
fn a_variable_that_is_not_understood_is_told() {
    let project =
        Project::new().file("t.csv", "n\n1\n").pipeline("version: 1\ntasks:\n  t: {type: load, path: t.csv}\n");
    let outcome = run(&project, [("OTEL_TRACES_EXPORTER", "zipkin")]).exits(0);
    assert_snapshot!(outcome.warnings(), @r"warning telemetry: OTEL_TRACES_EXPORTER is `zipkin`: `otlp` and `none` are known here");
}
