//! The pipeline that the project shows itself by, on its own data and on the published sample.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;
use std::sync::LazyLock;

use mail_parser::{MessageParser, MimeHeaders};

use crate::project::{Outcome, Project, repository};

/// The files of a run, by their paths, and what it said.
struct Ran {
    files: BTreeMap<String, Vec<u8>>,
    outcome: Outcome,
}

/// Runs the whole pipeline in a folder of its own.
fn run<const N: usize>(arguments: [&str; N]) -> Ran {
    let project = Project::new().copy(&["pipeline.yaml", "tasks", "data"]);
    let outcome = project.run(arguments).exits(0);
    let mut files = project.files("outputs");
    files.extend(project.files("data/processed").into_iter().map(|(name, bytes)| (format!("processed/{name}"), bytes)));
    Ran { files, outcome }
}

/// One run on the project's own data, which several tests look at.
static OWN: LazyLock<Ran> = LazyLock::new(|| run(["run", "-j", "1"]));

impl Ran {
    fn text(&self, name: &str) -> &str {
        std::str::from_utf8(&self.files[name]).expect("a text")
    }

    /// The rows of a summary as fields, without the header.
    fn rows(&self, name: &str) -> Vec<Vec<&str>> {
        self.text(&format!("processed/{name}.csv")).lines().skip(1).map(|line| line.split(',').collect()).collect()
    }
}

/// `44004.73` → `44,004.73`.
fn thousands(number: &str) -> String {
    let (whole, rest) = number.split_once('.').map_or((number, String::new()), |(w, f)| (w, format!(".{f}")));
    let groups: Vec<&str> =
        whole.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).expect("digits")).collect();
    groups.join(",") + &rest
}

#[test]
fn everything_is_published() {
    let names: Vec<&str> = OWN.files.keys().map(String::as_str).filter(|name| !name.starts_with("outbox/")).collect();
    insta::assert_snapshot!(names.join("\n"), @r"
    figures/daily_sales.png
    figures/top_campaigns.png
    figures/traffic_vs_sales.png
    processed/campaign_sales.csv
    processed/country_sales.csv
    processed/daily_sales.csv
    processed/data_complete.csv
    processed/product_sales.csv
    processed/revenue_by_country.csv
    processed/revenue_by_day.csv
    processed/revenue_by_product.csv
    rejects/campaigns.csv
    report/summary.html
    report/summary.md
    ");
    let header = OWN.text("processed/data_complete.csv").lines().next();
    insta::assert_snapshot!(header.unwrap_or_default(), @"order_date,country,product_id,quantity,total_amount,date,campaign_name,start_date,end_date,in_campaign,pageviews,sessions,footfall,temperature");
}

#[test]
fn the_story_ends_with_what_one_must_know() {
    let notes: Vec<&str> = OWN
        .outcome
        .stderr
        .lines()
        .filter(|line| ["note", "warning", "error"].iter().any(|word| line.starts_with(word)))
        .collect();
    insta::assert_snapshot!(notes.join("\n"), @r"
    note campaigns: 492 rejected: ends before it starts
    warning with_campaigns: joining orders to campaigns multiplied rows: 1,000 became 10,058 (10.1 per row; product_id=44 alone matched 22 rows); a sum over the result counts rows more than once
    warning with_traffic: 771 of 10,058 rows of with_campaigns (date=2024-07-26, date=2024-10-17, date=2024-08-22, …) found no match in traffic_by_day; 24 of 339 rows of traffic_by_day (date=2024-01-12, date=2024-02-16, date=2024-02-17, …) found none in with_campaigns
    warning data_complete: 974 of 10,058 rows of with_traffic (date=2024-11-12, date=2024-03-29, date=2024-10-30, …) found no match in sensors_by_day; 26 of 329 rows of sensors_by_day (date=2024-01-04, date=2024-01-12, date=2024-02-16, …) found none in with_traffic
    ");
    assert!(OWN.outcome.stderr.ends_with("done in [time]: 27 ran\n"), "{}", OWN.outcome.stderr);
}

#[test]
fn figures_are_of_print_quality() {
    for name in ["daily_sales", "top_campaigns", "traffic_vs_sales"] {
        let bytes = &OWN.files[&format!("figures/{name}.png")];
        let reader = png::Decoder::new(Cursor::new(bytes)).read_info().expect("a PNG");
        let info = reader.info();
        let density = info.pixel_dims.expect("it says how dense it is");
        // 300 dots per inch.
        assert_eq!((density.xppu, density.yppu), (11_811, 11_811), "{name}");
        assert!(info.width >= 3_500, "{name} is {} pixels wide", info.width);
    }
}

#[test]
fn the_report_has_the_numbers_of_the_summaries() {
    let (markdown, html) = (OWN.text("report/summary.md"), OWN.text("report/summary.html"));
    for (summary, amount) in
        [("campaign_sales", 1), ("country_sales", 1), ("revenue_by_country", 1), ("revenue_by_product", 1)]
    {
        for row in OWN.rows(summary).iter().take(5) {
            let number = thousands(row[amount]);
            assert!(markdown.contains(&number), "{summary}: {number}\n{markdown}");
            assert!(html.contains(&number), "{summary}: {number}");
        }
    }
    let best = &OWN.rows("campaign_sales")[0];
    let line = format!("| {} | {} | {} | {} |", best[0], thousands(best[1]), thousands(best[2]), thousands(best[3]));
    assert!(markdown.lines().any(|found| found == line), "{line}\n{markdown}");
    assert_eq!(html.matches("data:image/png;base64,").count(), 3, "the figures are in the page");
}

#[test]
fn the_mail_opens_with_its_figures() {
    let (_, bytes) = OWN.files.iter().find(|(name, _)| name.starts_with("outbox/")).expect("a mail in the outbox");
    let mail = MessageParser::default().parse(bytes).expect("a mail");
    assert!(mail.subject().is_some_and(|subject| subject.starts_with("Smart retail, ")));
    let html = mail.body_html(0).expect("an HTML part");
    assert!(html.contains(&thousands(OWN.rows("campaign_sales")[0][1])));
    let parts = || mail.parts.iter();
    let mut attached: Vec<&str> = parts()
        .filter(|part| part.content_disposition().is_some_and(|disposition| disposition.is_attachment()))
        .filter_map(|part| part.attachment_name())
        .collect();
    attached.sort_unstable();
    assert_eq!(attached, ["daily_sales.png", "top_campaigns.png", "traffic_vs_sales.png"]);
    let shown: Vec<&str> = html.split("cid:").skip(1).filter_map(|rest| rest.split(['"', '\'']).next()).collect();
    assert_eq!(shown.len(), 3, "each figure is shown in the text");
    for id in shown {
        let part = parts().find(|part| part.content_id() == Some(id)).unwrap_or_else(|| panic!("no part is {id}"));
        assert!(part.contents().starts_with(b"\x89PNG"), "{id} is a picture");
    }
    assert_eq!(parts().filter(|part| part.contents().starts_with(b"\x89PNG")).count(), 3, "none is there twice");
    assert!(bytes.len() < 1_500_000, "{} bytes", bytes.len());
}

#[test]
fn rejects_are_kept_with_their_place_and_reason() {
    let rejects = OWN.text("rejects/campaigns.csv");
    let source = Project::new().copy(&["data"]).read("data/marketing.csv");
    let lines: Vec<&str> = source.lines().collect();
    assert_eq!(rejects.lines().next(), Some("_row,_file,_line,_reason,campaign_name,product_id,start_date,end_date"));
    for line in rejects.lines().skip(1) {
        let (row, rest) = line.split_once(',').expect("fields");
        let row: usize = row.parse().expect("a row");
        let place = format!("data/marketing.csv,{}", row + 1);
        assert_eq!(rest, format!("{place},ends before it starts,{}", lines[row]), "row {row} of the source");
    }
    let told = format!("campaigns: {} rejected: ends before it starts", rejects.lines().count() - 1);
    assert!(OWN.outcome.stderr.contains(&told), "{told}");
}

#[test]
fn the_number_of_jobs_changes_nothing() {
    let other = run(["run", "-j", "8"]);
    let plain = |ran: &'static str| !ran.starts_with("report/") && !ran.starts_with("outbox/");
    for (name, bytes) in OWN.files.iter().filter(|(name, _)| plain(name)) {
        assert!(other.files[name] == *bytes, "{name} differs");
    }
}

/// The figures that the sample's author publishes. The sample is not part of the project: without it, nothing is tested.
#[test]
fn the_published_sample_gives_its_authors_figures() {
    let sample = repository().join("../shared/retail");
    if !Path::new(&sample).exists() {
        return;
    }
    let ran = run(["run", "-p", &format!("data_dir={}", sample.display())]);
    let complete = ran.rows("data_complete");
    assert_eq!((complete.len(), complete[0].len()), (10_200, 14));
    assert_eq!(complete.iter().filter(|row| row[9] == "true").count(), 3_359);
    assert_eq!(ran.text("rejects/campaigns.csv").lines().count(), 1 + 488);
    assert_eq!(ran.rows("campaign_sales")[0][..2], ["Konklab", "44004.73"]);
    assert_eq!(ran.rows("campaign_sales")[0][3], "89");
    assert_eq!(ran.rows("product_sales")[0][..3], ["49", "205468.20", "1650"]);
    assert_eq!(ran.rows("country_sales")[0][..2], ["China", "897217.27"]);
    assert_eq!(ran.rows("country_sales")[0][3], "1836");
    let counts = ["daily_sales", "campaign_sales", "product_sales", "country_sales"].map(|name| ran.rows(name).len());
    assert_eq!(counts, [348, 82, 50, 114]);
    let sold = ran.rows("revenue_by_country");
    assert_eq!((sold[0][0], sold[0][1], sold[0][3]), ("China", "91655.66", "187"));
    let cents = |text: &str| text.replace('.', "").parse::<u64>().expect("money with two digits");
    assert_eq!(sold.iter().map(|row| cents(row[1])).sum::<u64>(), 50_415_921);
    assert!(ran.outcome.stderr.contains("multiplied rows: 1,000 became 10,200"), "{}", ran.outcome.stderr);
    // The report says what there is to know of these numbers: what was left out, what the joins did, and both sets of sums.
    let report = ran.text("report/summary.md");
    let known = report.split_once("## What to know about the data").map_or("", |(_, known)| known);
    insta::assert_snapshot!(known.trim());
    let html = ran.text("report/summary.html");
    for told in ["488 campaigns left out: ends before it starts", "897,217.27", "91,655.66", "205,468.20", "10.2"] {
        assert!(report.contains(told) && html.contains(told), "{told}\n{report}");
    }
}
