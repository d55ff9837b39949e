//! A notice as people read it in a mail.

use std::fmt::Write as _;

use tidemill_core::notify::Notice;

/// The subject: what has happened, to what.
pub fn subject(notice: &Notice) -> String {
    let what = match notice.event.as_str() {
        "late" => "is late",
        "recovered" => "has recovered",
        "warned" => "has warnings",
        "test" => "can be heard here",
        _ => "failed",
    };
    match notice.tasks.as_slice() {
        [] => format!("{} {what}", notice.pipeline),
        [task] => format!("{} {what}: {}", notice.pipeline, task.task),
        [task, rest @ ..] => format!("{} {what}: {} and {} more", notice.pipeline, task.task, rest.len()),
    }
}

/// What there is to know beside the sentence: names and values.
pub fn facts(notice: &Notice) -> Vec<(&'static str, String)> {
    let mut facts = vec![("pipeline", notice.pipeline.clone())];
    facts.extend(notice.fire.clone().map(|fire| ("for", fire)));
    facts.extend(notice.run.clone().map(|run| ("run", run)));
    facts.push(("at", notice.at.clone()));
    if notice.failures > 1 && notice.event == "failed" {
        facts.push(("failed", format!("{} times in succession", notice.failures)));
    }
    facts
}

/// As plain text.
pub fn plain(notice: &Notice) -> String {
    let mut text = format!("{}.\n", notice.summary);
    for task in &notice.tasks {
        let _ = write!(text, "\n{}: {}\n  log: {}\n", task.task, task.error.replace('\n', "\n  "), task.log);
    }
    if !notice.details.is_empty() {
        let _ = write!(text, "\n{}\n", notice.details.join("\n"));
    }
    text.push('\n');
    for (name, value) in facts(notice) {
        let _ = writeln!(text, "{:<10}{value}", format!("{name}:"));
    }
    if !notice.commands.is_empty() {
        let _ = write!(text, "\nTo see more, and to go on:\n\n  {}\n", notice.commands.join("\n  "));
    }
    if let Some(url) = &notice.url {
        let _ = write!(text, "\n{url}\n");
    }
    text
}

/// As a page of HTML.
pub fn html(notice: &Notice) -> String {
    let colour = match notice.event.as_str() {
        "recovered" | "test" => "#2e7d32",
        "late" | "warned" => "#b26a00",
        _ => "#b3261e",
    };
    let mut page = format!(
        "<!doctype html><html><body style=\"font-family:sans-serif;font-size:15px\">\n\
         <p style=\"border-left:4px solid {colour};padding-left:10px\"><strong>{}.</strong></p>\n",
        escaped(&notice.summary)
    );
    for task in &notice.tasks {
        let (name, error, log) = (escaped(&task.task), escaped(&task.error), escaped(&task.log));
        let _ = writeln!(page, "<p><strong>{name}</strong></p><pre>{error}</pre><p>log: <code>{log}</code></p>");
    }
    if !notice.details.is_empty() {
        let _ = writeln!(page, "<pre>{}</pre>", escaped(&notice.details.join("\n")));
    }
    page.push_str("<table>\n");
    for (name, value) in facts(notice) {
        let _ = writeln!(page, "<tr><td style=\"color:#666\">{name}</td><td>{}</td></tr>", escaped(&value));
    }
    page.push_str("</table>\n");
    if !notice.commands.is_empty() {
        let _ = writeln!(page, "<p>To see more, and to go on:</p><pre>{}</pre>", escaped(&notice.commands.join("\n")));
    }
    if let Some(url) = &notice.url {
        let _ = writeln!(page, "<p><a href=\"{0}\">{0}</a></p>", escaped(url));
    }
    page + "</body></html>\n"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
pub(super) mod tests {
    use tidemill_core::notify::FailedNoticeTask;

    use super::*;

    pub(in crate::notify) fn failed() -> Notice {
        Notice {
            event: "failed".into(),
            pipeline: "retail".into(),
            summary: "The run for 2024-11-20T19:45:00+00:00 failed in 1 task".into(),
            tasks: vec![FailedNoticeTask {
                task: "orders".into(),
                error: "file `a<b>.csv` does not exist".into(),
                log: "logs/1/orders.log".into(),
            }],
            at: "2024-11-20T19:46:00+00:00".into(),
            fire: Some("2024-11-20T19:45:00+00:00".into()),
            run: Some("1".into()),
            failures: 3,
            commands: vec!["tidemill show 1".into(), "tidemill retry 1".into()],
            url: Some("https://mill.example.com/p/retail/runs/1".into()),
            ..Notice::default()
        }
    }

    #[test]
    fn the_text_says_what_failed_why_and_what_to_type() {
        insta::assert_snapshot!(format!("{}\n\n{}", subject(&failed()), plain(&failed())), @r#"
        retail failed: orders

        The run for 2024-11-20T19:45:00+00:00 failed in 1 task.

        orders: file `a<b>.csv` does not exist
          log: logs/1/orders.log

        pipeline: retail
        for:      2024-11-20T19:45:00+00:00
        run:      1
        at:       2024-11-20T19:46:00+00:00
        failed:   3 times in succession

        To see more, and to go on:

          tidemill show 1
          tidemill retry 1

        https://mill.example.com/p/retail/runs/1
        "#);
    }

    #[test]
    fn nothing_of_a_notice_is_taken_for_html() {
        let page = html(&failed());
        assert!(page.contains("a&lt;b&gt;.csv") && !page.contains("a<b>"), "{page}");
    }
}
