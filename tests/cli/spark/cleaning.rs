//! `normalize` on the cluster: hostile texts through all conversions.

use std::fmt::Write as _;

use tidemill_test_servers::SparkServer;

use super::both::{are_equal, both_tell};
use crate::project::Project;

/// Texts that are nearly something; the random ones come of these.
const TEXTS: &[&str] = &[
    "",
    " ",
    "0",
    "-0",
    "+7",
    "12",
    "007",
    " 12 ",
    "12.0",
    "12.00",
    "12.5",
    "1.",
    ".5",
    ".",
    "-",
    "+-1",
    "1e3",
    "1E-3",
    "1e400",
    "1e-400",
    "0e-400",
    "-1.5e-7",
    "NaN",
    "inf",
    "1d",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "99999999999999999999999999999999999999",
    "0.000000000000000000000000000000000000000001",
    "1.500000000000000000000000000000000000000000000000000000",
    "00000000000000000000000000000000000000000000012.5",
    "1,234",
    "1,234.5",
    "1,23",
    ",123",
    "1234,567",
    "12,345,678.90",
    "$1,234.50",
    "€ 12",
    "12 €",
    "-$5",
    "$-5",
    "--5",
    "-$-5",
    "$",
    "€5$",
    "5€ ",
    "₠7",
    "£1,000",
    "￥3",
    "1\u{a0}234",
    "1 2 3",
    "5-",
    "(5)",
    "1.005",
    "1.50",
    "1.500",
    "true",
    "YES",
    "no",
    "t",
    "False",
    "1 ",
    "2024-07-21",
    "2024-7-1",
    "20240721",
    "2024-02-30",
    "2024-02-29",
    "2023-02-29",
    "0000-01-01",
    "-000001-01-01",
    "+002024-07-21",
    "-000000-01-01",
    "24-07-21",
    "2024-07-21T10:15",
    "2024-07-21 10:15:30",
    "2024-07-21t10:15:30.25",
    "2024-07-21T10:15:30,5",
    "2024-07-21T10",
    "20240721T101530",
    "20240721T10:15",
    "2024-07-21T1015",
    "2024-07-21 00:00",
    "2024-07-21T00:00:00.0000001",
    "2024-07-21T10:15:30.123456789",
    "2024-07-21T10:15:30.123456000",
    "2024-07-21T10:15:60",
    "2024-07-21T24:00",
    "2024-07-21T10:15Z",
    "2024-07-21T10:15+02:00",
    "2024-07-21T02:00+0200",
    "2024-07-21T10:15-05",
    "2024-07-21T10:15+05:30:15",
    "2024-07-21T10:15+24:00",
    "2024-07-21Z",
    "9999-12-31T23:59Z",
    "9999-12-31T23:59",
    "10:15",
    "10:15:30",
    "10:15:30.5",
    "10:15:30.1234567",
    "10:15:30.1234560000",
    "1015",
    "2359",
    "101530",
    "235930",
    "T10",
    "t1015",
    "10",
    "24:00",
    "10:60",
    "10:15:60",
    "10:15Z",
    "10:15+02",
    "23:30-01:00",
    "10:15.5",
    "10:15:30,25",
    "130112",
    "7/21/2024",
    "21/07/2024",
    "01/02/2024",
    "1/2/24",
    "13/13/2024",
    "07/21/24",
    "21.07.2024",
    "1.2.2024",
    "1.2.24",
    "31.12.1969",
    "21.07.2024 10:15",
    "21.07.2024  9:05",
    "21.07.202410:15",
    "7/21/2024 10:15 AM",
    "7/21/2024 12:00 pm",
    "7/21/2024 12:00AM",
    "7/21/2024 13:00 PM",
    "7/21/2024 0:30 am",
    "21 Jul 2024",
    "21 july 2024",
    "July 21, 2024",
    "JULY 21,2024",
    "May 1, 2024",
    "Sunday 21 July 2024",
    "Monday 21 July 2024",
    "Sun, 21 Jul 2024",
    "2024-203",
    "2023-366",
    "2024-366",
    "2024-07-21 10:15:30.5",
    "10:15 PM",
    "9:5 am",
    "O'NEIL",
    "o’neil mc-donald",
    "son-in-law",
    "ßtraße",
    "İstanbul",
    "ΣΟΦΟΣ ΣΑΣ",
    "ŉ dz ǆ",
    "ﬁne ﬀ",
    "éÉ e\u{301}A",
    "abc1def 2ghi",
    "日本 x",
    "😀x😀 y",
    "x\ty\nz",
    "\u{2003}wide\u{2003}",
    "\u{85}next",
    "_under score",
    "ⅷ ⅷx",
    "¼x",
    "NULL",
    "n/a",
    "?",
    "quote\"d",
    "back\\slash",
    "${env:HOME}",
    "$1",
    "%d",
    "tab\there",
    "\u{200b}zero",
    "\u{1f}unit",
    "ª º",
    "ǅ",
    "ΐ",
    "ᾳ x",
];

/// How columns are read, by the type that comes of it.
const RULES: &[&str] = &[
    "int",
    "float",
    "bool",
    "decimal(9,2)",
    "decimal(38,10)",
    "decimal(5,0)",
    "money",
    "{type: money, map: {'$5': '7.00', 'n/a': null, '12': '$3'}}",
    "{type: int, strip: ' ,$€', map: {'?': null, '12': ' 13 '}}",
    "{type: float, trim: true}",
    "date",
    "datetime",
    "time",
    "{type: date, format: ['%d/%m/%Y', '%m/%d/%Y', '%d.%m.%Y']}",
    "{type: date, format: '%m/%d/%y'}",
    "{type: date, format: ['%d %b %Y', '%B %d, %Y']}",
    "{type: date, format: '%Y%m%d'}",
    "{type: date, format: '%Y-%j'}",
    "{type: date, format: ['%A %d %B %Y', '%a, %d %b %Y']}",
    "{type: date, format: '%-d.%-m.%Y', map: {'?': '2020-02-02', 'n/a': null}}",
    "{type: date, format: '%F %T'}",
    "{type: datetime, format: ['%Y-%m-%d %H:%M:%S', '%d.%m.%Y %H:%M', '%m/%d/%Y %I:%M %p']}",
    "{type: datetime, format: ['%Y-%m-%dT%H:%M:%S%.f', '%F %T.%f', '%FT%R']}",
    "{type: datetime, format: ['%Y-%m-%d', '%D', '%d/%m/%y']}",
    "{type: time, format: ['%H:%M', '%I:%M %p', '%H%M%S']}",
    "{type: time, format: '%H:%M:%S%.f'}",
    "{trim: true}",
    "{case: lower}",
    "{case: upper}",
    "{case: title}",
    "{strip: ' -$\\\"\\\\', case: title}",
    "{trim: true, case: upper, map: {'N/A': null, 'O''NEIL': ' x '}}",
];

/// Numbers by chance, the same every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// One of the texts with a few letters changed for those of others.
    fn text(&mut self) -> String {
        let mut text: Vec<char> = self.one(TEXTS).chars().collect();
        for _ in 0..self.below(3) {
            let other: Vec<char> = self.one(TEXTS).chars().collect();
            let letter = if other.is_empty() { ' ' } else { other[self.below(other.len())] };
            let at = self.below(text.len() + 1);
            match self.below(3) {
                0 => text.insert(at, letter),
                1 if at < text.len() => text[at] = letter,
                _ if at < text.len() => drop(text.remove(at)),
                _ => {}
            }
        }
        text.into_iter().collect()
    }
}

/// Texts as a file: as they are, those by chance, and NULL.
fn file(chance: &mut Chance, rows: usize) -> String {
    let mut csv = String::from("n,s\n");
    for number in 0..rows {
        let text = TEXTS.get(number).map_or_else(|| chance.text(), |text| (*text).to_owned());
        match number % 41 {
            40 => writeln!(csv, "{number},").expect("a string takes everything"),
            _ => writeln!(csv, "{number},\"{}\"", text.replace('"', "\"\"")).expect("a string takes everything"),
        }
    }
    csv
}

/// As many rows, and from which seed, as the environment says.
fn drawn() -> (Chance, usize) {
    let number = |name: &str| std::env::var(name).ok().and_then(|number| number.parse::<usize>().ok());
    let seed = number("TIDEMILL_SPARK_SEED").unwrap_or(7);
    (Chance(seed as u64 * 7919 + 1), number("TIDEMILL_SPARK_TEXTS").unwrap_or(300))
}

#[test]
fn hostile_texts_become_the_same_values_with_the_same_warnings() {
    let Some(server) = SparkServer::shared() else { return };
    let (mut chance, rows) = drawn();
    let mut text = String::from(
        "version: 1\nname: hostile\ntasks:\n  texts: {type: load, path: texts.csv, columns: {n: int, s: string}}\n",
    );
    for (part, rules) in RULES.chunks(8).enumerate() {
        let columns: Vec<String> = (0..rules.len()).map(|i| format!("s as c{i}")).collect();
        writeln!(text, "  wide{part}: {{type: sql, sql: 'select n, {} from texts'}}", columns.join(", "))
            .expect("text");
        writeln!(text, "  null{part}:\n    type: normalize\n    from: wide{part}\n    on_invalid: 'null'\n    output: out/null{part}.csv\n    columns:")
            .expect("text");
        for (i, rule) in rules.iter().enumerate() {
            writeln!(text, "      c{i}: {rule}").expect("text");
        }
    }
    let csv = file(&mut chance, rows);
    let published = are_equal(&server, &text, |project| project.file("texts.csv", csv.as_str()));
    assert_eq!(published.files.len(), RULES.len().div_ceil(8), "{}", published.outcome.stderr);
}

#[test]
fn rejects_are_the_same_rows_with_reasons_files_and_lines() {
    let Some(server) = SparkServer::shared() else { return };
    let (mut chance, rows) = drawn();
    let mut text = String::from(
        "version: 1\nname: hostile\ntasks:\n  texts: {type: load, path: texts.csv, columns: {n: int, s: string}}\n  twice: {type: sql, sql: 'select s, n, s as _reason, n % 7 as k from texts'}\n",
    );
    for (number, rules) in RULES.chunks(3).enumerate() {
        let from = if number % 2 == 0 { "texts" } else { "twice" };
        let second =
            if number % 2 == 0 { String::new() } else { format!("      _reason: {}\n", rules[rules.len() - 1]) };
        write!(
            text,
            "  t{number}:
    type: normalize
    from: {from}
    on_invalid: reject
    columns:
      s: {}
{second}    derive: {{m: n % 5}}
    reject: [{{where: n % 11 = 3 and 10 / m > 0, reason: eleven}}, {{where: n % 13 = 3, reason: s is not an int}}]
    rejects: out/rejected{number}.csv
    distinct: [m, s]
    select: [n, m, s]
    output: out/kept{number}.csv
",
            rules[0]
        )
        .expect("text");
    }
    let csv = file(&mut chance, rows);
    let make = |project: Project| project.file("texts.csv", csv.as_str());
    let published = are_equal(&server, &text, make);
    assert_eq!(published.files.len(), 2 * RULES.len().div_ceil(3), "{}", published.outcome.stderr);
    assert!(published.outcome.stderr.contains("on spark"), "{}", published.outcome.stderr);
}

#[test]
fn a_value_that_fails_a_task_is_told_with_its_line() {
    let Some(server) = SparkServer::shared() else { return };
    let text = "version: 1
name: fails
tasks:
  texts: {type: load, path: texts.csv, columns: {n: int, s: string}}
  ints: {type: normalize, from: texts, columns: {s: int}, select: [n]}
  dates: {type: normalize, from: texts, columns: {s: {type: date, format: '%d.%m.%Y'}}}
  united: {type: sql, sql: 'select * from texts union all select * from texts'}
  floats: {type: normalize, from: united, rename: {s: t}, columns: {t: float}, reject: [{where: n = 1, reason: one}]}
";
    let csv = "n,s\n1,5\n2,\"a\nb\"\n3,6\n4,n/a\n";
    both_tell(
        &server,
        text,
        |project| project.file("texts.csv", csv),
        |line| line.starts_with("error ") || line.contains("help"),
    );
}

#[test]
fn a_table_of_the_warehouse_is_cleaned_where_it_is() {
    let Some(server) = SparkServer::shared() else { return };
    let rows = |from: u32, to: u32| {
        format!("select i as n, case when i % 9 = 0 then 'x' || i else ' ' || i end as s, i / 7 as x, time '10:00' as o from generate_series({from}, {to}) as t(i)").replace(", time '10:00' as o", "")
    };
    super::sources::make(&server, "dirty", &[("a.parquet", &rows(1, 300)), ("b.parquet", &rows(301, 1_000))]);
    let text = "version: 1
name: dirty
tasks:
  all: {type: load, path: 'warehouse:dirty/*.parquet'}
  clean:
    type: normalize
    from: all
    columns: {s: {type: int, trim: true}}
    on_invalid: reject
    missing: {x: mean}
    reject: [{where: n between 290 and 310, reason: around the second file}]
    rejects: out/rejected.csv
    output: out/clean.csv
";
    let spark = are_equal(&server, text, |project| project);
    let rejected = String::from_utf8_lossy(&spark.files["rejected.csv"]).into_owned();
    assert!(rejected.starts_with("_row,_file,_line,_reason,n,s,x\n9,"), "{rejected}");
    assert!(rejected.contains("b.parquet,"), "{rejected}");
    assert!(spark.outcome.stderr.contains("rejected"), "{}", spark.outcome.stderr);
}

#[test]
fn means_and_medians_are_those_of_this_machine() {
    let Some(server) = SparkServer::shared() else { return };
    let text = "version: 1
name: fills
tasks:
  t: {type: load, path: t.csv, columns: {i: int, f: float, d: 'decimal(9,3)', z: float, e: int}}
  mean: {type: normalize, from: t, missing: mean, output: out/mean.csv}
  median: {type: normalize, from: t, missing: median, output: out/median.csv}
  each: {type: normalize, from: t, missing: {i: mean, f: median, d: zero, z: 2.5, e: median}, output: out/each.csv}
  none: {type: normalize, from: t, reject: [{where: true, reason: all}], rejects: out/all.csv, missing: median, output: out/none.csv}
";
    let mut csv = String::from("i,f,d,z,e\n");
    let mut chance = Chance(3);
    for row in 0..200 {
        let mut cell = |value: String| if chance.below(4) == 0 { String::new() } else { value };
        let (i, f, d, z) = (
            cell(format!("{}", (row * 37) % 101 - 50)),
            cell(format!("{}", f64::from(row) / 7.0 - 3.1)),
            cell(format!("{}.{:03}", row % 17, (row * 13) % 1000)),
            cell(if row % 3 == 0 { "-0.0" } else { "0.0" }.to_owned()),
        );
        writeln!(csv, "{i},{f},{d},{z},").expect("text");
    }
    are_equal(&server, text, |project| project.file("t.csv", csv.as_str()));
}
