//! A notice as chats show it: the bodies that Slack's incoming webhooks and workflows of Teams take.

use serde_json::{Value, json};
use tidemill_core::notify::Notice;

use super::text::{facts, subject};

/// Letters of one text: of a block, Slack takes 3,000.
const LONGEST: usize = 2_500;

/// For Slack: `text` for notifications and old clients, `blocks` for what is shown.
pub fn slack(notice: &Notice) -> Value {
    let section = |text: String| json!({"type": "section", "text": {"type": "mrkdwn", "text": text}});
    let code = |text: &str| format!("```{}```", mrkdwn(text));
    let mut blocks =
        vec![section(format!("{} *{}*\n{}.", sign(notice), mrkdwn(&subject(notice)), mrkdwn(&notice.summary)))];
    for task in &notice.tasks {
        blocks.push(section(format!("*{}* (log: {})\n{}", mrkdwn(&task.task), mrkdwn(&task.log), code(&task.error))));
    }
    if !notice.details.is_empty() {
        blocks.push(section(code(&notice.details.join("\n"))));
    }
    let lines: Vec<String> = facts(notice).iter().map(|(name, value)| format!("{name}: {}", mrkdwn(value))).collect();
    blocks.push(json!({"type": "context", "elements": [{"type": "mrkdwn", "text": lines.join("  ·  ")}]}));
    if !notice.commands.is_empty() {
        blocks.push(section(code(&notice.commands.join("\n"))));
    }
    blocks.extend(notice.url.iter().map(|url| section(format!("<{}>", mrkdwn(url)))));
    json!({"text": format!("{}. {}", subject(notice), notice.summary), "blocks": blocks})
}

/// For Teams: a message with an Adaptive Card.
pub fn teams(notice: &Notice) -> Value {
    let line = |text: String| json!({"type": "TextBlock", "text": text, "wrap": true});
    let code = |text: &str| json!({"type": "TextBlock", "text": cut(text), "wrap": true, "fontType": "Monospace"});
    let mut body = vec![
        json!({"type": "TextBlock", "text": format!("{} {}", sign(notice), subject(notice)), "wrap": true, "weight": "Bolder", "size": "Medium"}),
        line(format!("{}.", cut(&notice.summary))),
    ];
    for task in &notice.tasks {
        body.push(json!({"type": "TextBlock", "text": task.task, "weight": "Bolder"}));
        body.push(code(&task.error));
    }
    if !notice.details.is_empty() {
        body.push(code(&notice.details.join("\n\n")));
    }
    let told: Vec<Value> =
        facts(notice).into_iter().map(|(name, value)| json!({"title": name, "value": value})).collect();
    body.push(json!({"type": "FactSet", "facts": told}));
    body.extend(notice.commands.iter().map(|command| code(command)));
    let mut card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    });
    if let Some(url) = &notice.url {
        card["actions"] = json!([{"type": "Action.OpenUrl", "title": "Open", "url": url}]);
    }
    json!({"type": "message", "attachments": [{
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": null,
        "content": card,
    }]})
}

fn sign(notice: &Notice) -> &'static str {
    match notice.event.as_str() {
        "recovered" | "test" => "✅",
        "late" => "⏰",
        "warned" => "⚠️",
        _ => "❌",
    }
}

/// A text for Slack, without what it would take for its own signs, as much of it as fits.
fn mrkdwn(text: &str) -> String {
    let mut shown = String::new();
    for letter in text.chars() {
        if shown.len() > LONGEST {
            return shown + "…";
        }
        match letter {
            '&' => shown += "&amp;",
            '<' => shown += "&lt;",
            '>' => shown += "&gt;",
            letter => shown.push(letter),
        }
    }
    shown
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::tests::failed;
    use super::*;

    #[test]
    fn slack_gets_a_text_and_blocks() {
        let body = slack(&failed());
        assert_eq!(body["text"], "retail failed: orders. The run for 2024-11-20T19:45:00+00:00 failed in 1 task");
        let blocks = body["blocks"].as_array().expect("a list");
        assert_eq!(
            blocks[1]["text"]["text"],
            "*orders* (log: logs/1/orders.log)\n```file `a&lt;b&gt;.csv` does not exist```"
        );
        let types: Vec<&str> = blocks.iter().filter_map(|block| block["type"].as_str()).collect();
        assert_eq!(types, ["section", "section", "context", "section", "section"]);
    }

    #[test]
    fn teams_gets_a_card() {
        let body = teams(&failed());
        let card = &body["attachments"][0];
        assert_eq!(card["contentType"], "application/vnd.microsoft.card.adaptive");
        assert_eq!(card["content"]["body"][0]["text"], "❌ retail failed: orders");
        assert_eq!(card["content"]["actions"][0]["url"], "https://mill.example.com/p/retail/runs/1");
    }

    #[test]
    fn no_block_is_longer_than_slack_takes() {
        let long = Notice { details: vec!["&".repeat(100_000)], ..failed() };
        let body = slack(&long);
        let longest =
            body["blocks"].as_array().expect("a list").iter().filter_map(|block| block["text"]["text"].as_str());
        assert!(longest.map(|text| text.chars().count()).max() < Some(3_000));
    }
}
