//! Templates in Markdown on their way to HTML.
//!
//! What a template prints is text, whatever is in it: `*` in a value makes nothing bold, and `|` ends no cell. So the signs of
//! values are taken out of Markdown's sight while it is read, and put back in the HTML, escaped.

use minijinja::{Error, Output, State, Value};
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, html};

/// Where the signs of values are while Markdown is read: letters for private use, which mean nothing to it.
const HIDDEN: u32 = 0xF_0000;

/// Prints a value so that Markdown sees no sign in it. What is HTML already stays as it is.
pub fn write_value(out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.is_none() {
        return Ok(());
    }
    let text = value.to_string();
    let hidden = |sign: char| char::from_u32(HIDDEN + u32::from(sign)).filter(|_| sign.is_ascii_punctuation());
    let text = if value.is_safe() { text } else { text.chars().map(|sign| hidden(sign).unwrap_or(sign)).collect() };
    out.write_str(&text)?;
    Ok(())
}

/// The HTML of a text in Markdown: CommonMark with tables, strike-through, footnotes and task lists.
pub fn into_html(text: &str) -> String {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES | Options::ENABLE_TASKLISTS;
    let mut out = String::with_capacity(text.len() * 3 / 2);
    html::push_html(&mut out, Parser::new_ext(text, options).map(with_addresses));
    let mut shown = String::with_capacity(out.len());
    for letter in out.chars() {
        match sign(letter) {
            Some(sign) => escape(sign, &mut shown),
            None => shown.push(letter),
        }
    }
    shown
}

/// Addresses are encoded when they are written: their signs are put back before that.
fn with_addresses(event: Event<'_>) -> Event<'_> {
    let shown = |text: CowStr<'_>| CowStr::from(text.chars().map(|c| sign(c).unwrap_or(c)).collect::<String>());
    match event {
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            Event::Start(Tag::Link { link_type, dest_url: shown(dest_url), title, id })
        }
        Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
            Event::Start(Tag::Image { link_type, dest_url: shown(dest_url), title, id })
        }
        other => other,
    }
}

/// The sign that a letter stands for.
fn sign(letter: char) -> Option<char> {
    let sign = char::from_u32(u32::from(letter).checked_sub(HIDDEN)?)?;
    sign.is_ascii_punctuation().then_some(sign)
}

fn escape(sign: char, out: &mut String) {
    match sign {
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '&' => out.push_str("&amp;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#x27;"),
        other => out.push(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::AutoEscape;
    use proptest::prelude::*;

    fn rendered(template: &str, value: &str) -> String {
        let mut environment = minijinja::Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_formatter(write_value);
        into_html(&environment.render_str(template, minijinja::context! { x => value }).expect("it renders"))
    }

    #[test]
    fn markdown_is_html_and_values_are_text() {
        for (template, value, html) in [
            ("# {{ x }}", "a *b* <c>", "<h1>a *b* &lt;c&gt;</h1>\n"),
            ("**{{ x }}**", "(1)", "<p><strong>(1)</strong></p>\n"),
            ("`{{ x }}`", "a_b & <c>", "<p><code>a_b &amp; &lt;c&gt;</code></p>\n"),
            ("{{ x }}", "- no list", "<p>- no list</p>\n"),
            ("[here]({{ x }})", "https://a.b/c?d=1&e=f_g", "<p><a href=\"https://a.b/c?d=1&amp;e=f_g\">here</a></p>\n"),
            ("<b title=\"{{ x }}\">", "\"><i>", "<b title=\"&quot;&gt;&lt;i&gt;\">"),
            ("~~a~~ {{ x }}", "~~b~~", "<p><del>a</del> ~~b~~</p>\n"),
        ] {
            assert_eq!(rendered(template, value), html, "{template}");
        }
        let table = rendered("| a | b |\n|---|---|\n| {{ x }} | 2 |", "1|2");
        assert!(table.contains("<td>1|2</td><td>2</td>"), "{table}");
    }

    proptest! {
        #[test]
        fn whatever_a_value_is_it_adds_no_element(value in "[ -~]{0,40}") {
            let html = rendered("before {{ x }} after", &value);
            let tags: Vec<&str> = html.split('<').skip(1).map(|tag| tag.split('>').next().unwrap_or_default()).collect();
            prop_assert_eq!(tags, ["p", "/p"]);
        }
    }
}
