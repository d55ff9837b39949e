//! The command, mistakes in the file, and what chats get.

use super::Watch;
use crate::project::Project;

#[test]
fn a_channel_is_tried_without_anything_having_happened() {
    let watch = Watch::over("", "  a: {type: command, run: 'true'}\n");
    watch.run(["notify", "--test", "boss"]).exits(0);
    watch.run(["notify", "--test", "pager"]).exits(0);
    assert_eq!(watch.subjects(), ["night can be heard here"]);
    assert_eq!(watch.calls()[0]["event"], "test");
    let outcome = watch.run(["notify", "--test", "bos"]).exits(2);
    insta::assert_snapshot!(outcome.stderr, @r#"
    error: there is no channel `bos`
      help: there is boss, pager
    "#);
    insta::assert_snapshot!(watch.run(["notify"]).exits(0).stdout, @r#"
    boss: email, on failed, recovered, late
    pager: webhook, on failed, recovered, late
    "#);
}

#[test]
fn chats_get_what_they_show_and_secrets_stay_here() {
    let watch = Watch::over("", "  a: {type: command, run: 'echo key is hunter2hunter2 >&2; false'}\n");
    let url = &watch.hook.url;
    let text = watch.project.read("pipeline.yaml");
    let head = text.split("  boss:").next().expect("a head").replace("[SMTP_URL]", "[KEY, CHAT, UNSET]");
    let tasks = text.split("tasks:").nth(1).expect("tasks");
    let channels = "  slack: {slack: '${{ secrets.CHAT }}'}\n  teams: {teams: '${{ secrets.CHAT }}'}\n  none: {slack: '${{ secrets.UNSET }}'}\n";
    watch.project.file_later("pipeline.yaml", &format!("{head}{channels}tasks:{tasks}"));
    watch.begins_hours_ago(1);
    let mut command = watch.command(["schedule", "--once"]);
    command.env("KEY", "hunter2hunter2").env("CHAT", format!("{url}/services/T0/SECRETPATH"));
    let outcome = watch.project.wait(command.spawn().expect("the binary starts")).exits(1);
    assert!(!outcome.stderr.contains("SECRETPATH") && !outcome.stderr.contains("hunter2hunter2"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("channel `none` needs the secret UNSET, which is not set"), "{}", outcome.stderr);
    let calls = watch.calls();
    assert_eq!(calls.len(), 2);
    assert!(calls[0]["text"].as_str().is_some_and(|text| text.starts_with("night failed: a")), "{}", calls[0]);
    assert_eq!(calls[1]["attachments"][0]["contentType"], "application/vnd.microsoft.card.adaptive");
    assert!(calls.iter().all(|call| !call.to_string().contains("hunter2hunter2")), "{calls:?}");
}

#[test]
fn mistakes_in_channels_are_found_by_check() {
    let channels = "
  nowhere: {on: failed}
  two: {slack: https://example.com/a, email: a@example.com}
  foreign: {webhook: https://example.com/a, cc: b@example.com}
  url: {teams: example.com}
  secret: {email: a@example.com, smtp: '${{ secrets.NOPE }}'}
";
    let text = format!(
        "version: 1\nschedule: {{cron: '@daily', late: 20:30}}\nnotify:{channels}tasks:\n  a: {{type: command, run: 'true'}}\n"
    );
    let outcome = Project::new().file("pipeline.yaml", text).run(["check"]).exits(2);
    insta::assert_snapshot!(outcome.stderr, @r#"
    error: channel `nowhere` leads nowhere
     --> pipeline.yaml:4:3
      |
    4 |   nowhere: {on: failed}
      |   ^^^^^^^
      |
      = help: a channel has one of `slack`, `teams`, `email`, `webhook`

    error: channel `two` has both `slack` and `email`
     --> pipeline.yaml:5:3
      |
    5 |   two: {slack: https://example.com/a, email: a@example.com}
      |   ^^^
      |
      = help: a channel has one of `slack`, `teams`, `email`, `webhook`

    error: `cc` belongs to `email`, and this channel has `webhook`
     --> pipeline.yaml:6:45
      |
    6 |   foreign: {webhook: https://example.com/a, cc: b@example.com}
      |                                             ^^

    error: `example.com` is no URL of a webhook
     --> pipeline.yaml:7:16
      |
    7 |   url: {teams: example.com}
      |                ^^^^^^^^^^^ a notice is sent here
      |
      = help: begin it with `https://` or `http://`

    error: unknown secret `NOPE`
     --> pipeline.yaml:8:53
      |
    8 |   secret: {email: a@example.com, smtp: '${{ secrets.NOPE }}'}
      |                                                     ^^^^
      |
      = help: declare it at the top: `secrets: [NOPE]`

    5 errors
    "#);
}

#[test]
fn words_that_there_are_not_are_found_by_check() {
    let text = "version: 1\nschedule: {cron: '@daily', late: 8pm}\nnotify:\n  word: {email: a@example.com, on: [failed, finished]}\ntasks:\n  a: {type: command, run: 'true'}\n";
    let outcome = Project::new().file("pipeline.yaml", text).run(["check"]).exits(2);
    insta::assert_snapshot!(outcome.stderr, @r#"
    error: `8pm` is neither a time of day such as `20:30` nor a duration such as `45m`
     --> pipeline.yaml:2:34
      |
    2 | schedule: {cron: '@daily', late: 8pm}
      |                                  ^^^

    error: `finished` is not known here: expected `failed`, `recovered`, `late` or `warned`
     --> pipeline.yaml:4:45
      |
    4 |   word: {email: a@example.com, on: [failed, finished]}
      |                                             ^^^^^^^^

    2 errors
    "#);
}

#[test]
fn the_doctor_tries_channels_without_sending_anything() {
    let watch = Watch::over("", "  a: {type: command, run: 'true'}\n");
    let text = watch.project.read("pipeline.yaml");
    let text = text
        .replace("[SMTP_URL]", "[SMTP_URL, CHAT]")
        .replace("tasks:", "  chat: {slack: '${{ secrets.CHAT }}'}\ntasks:");
    watch.project.file_later("pipeline.yaml", &text);
    let stdout = watch.run(["doctor"]).exits(0).stdout;
    let server = watch.mail.address().to_string();
    let told: Vec<String> =
        stdout.lines().filter(|line| line.contains(" notify ")).map(|line| line.replace(&server, "[server]")).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    ok    notify   boss: [server] takes the login of mill, unencrypted
    ok    notify   pager: webhook; `tidemill notify --test pager` sends a test
    note  notify   channel `chat` needs the secret CHAT, which is not set
    "#);
    assert_eq!((watch.mails().len(), watch.calls().len()), (0, 0));
}
