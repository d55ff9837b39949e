//! JUnit's XML, as the readers of continuous integration take it.
//!
//! Source: the schema of the Jenkins xUnit plugin (`junit-10.xsd`): `testsuites` of `testsuite` of `testcase` with `failure` or
//! `error`; times in seconds.

use quick_xml::Writer;
use quick_xml::events::BytesText;
use tidemill_runner::unit_test::{TestOutcome, TestResult};

use super::story;
use crate::terminal::Paint;

/// Rows in the text of a failure are as wide as they need to be.
const WIDTH: usize = 400;

/// The results of a pipeline's tests.
pub fn document(pipeline: &str, outcomes: &[TestOutcome]) -> Vec<u8> {
    let mut writer = Writer::new_with_indent(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_vec(), b' ', 2);
    let count = |is: fn(&TestResult) -> bool| outcomes.iter().filter(|outcome| is(&outcome.result)).count().to_string();
    let failures = count(|result| matches!(result, TestResult::Failed { .. }));
    let errors = count(|result| matches!(result, TestResult::Error { .. }));
    let time = seconds(outcomes.iter().map(|outcome| outcome.duration.as_secs_f64()).sum());
    let all = outcomes.len().to_string();
    let numbers = [("tests", &*all), ("failures", &*failures), ("errors", &*errors), ("time", &*time)];
    let name = printable(pipeline);
    // Writing into memory cannot fail.
    _ = writer.create_element("testsuites").with_attributes(numbers).write_inner_content(|writer| {
        let suite = writer.create_element("testsuite").with_attribute(("name", &*name)).with_attributes(numbers);
        suite.write_inner_content(|writer| outcomes.iter().try_for_each(|outcome| case(writer, &name, outcome)))?;
        Ok(())
    });
    let mut text = writer.into_inner();
    text.push(b'\n');
    text
}

fn case(writer: &mut Writer<Vec<u8>>, pipeline: &str, outcome: &TestOutcome) -> std::io::Result<()> {
    let (name, time, line) =
        (printable(&outcome.name), seconds(outcome.duration.as_secs_f64()), outcome.line.to_string());
    let element = writer.create_element("testcase").with_attributes([
        ("name", &*name),
        ("classname", pipeline),
        ("file", &*outcome.file),
        ("line", &*line),
        ("time", &*time),
    ]);
    let (kind, message) = match &outcome.result {
        TestResult::Passed => return element.write_empty().map(|_| ()),
        TestResult::Failed { .. } => ("failure", "the table differs from what is expected"),
        TestResult::Error { message, .. } => ("error", message.as_str()),
    };
    let (message, body) = (printable(message), printable(&story::body(&outcome.result, WIDTH, Paint(false))));
    element.write_inner_content(|writer| {
        let told = writer.create_element(kind).with_attributes([("message", &*message), ("type", kind)]);
        told.write_text_content(BytesText::new(&body)).map(|_| ())
    })?;
    Ok(())
}

fn seconds(seconds: f64) -> String {
    format!("{seconds:.3}")
}

/// The text without what XML 1.0 cannot hold.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}
