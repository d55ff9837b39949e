//! SQL by hand: every step and function that Spark computes, over tables with odd values.

use tidemill_test_servers::SparkServer;

use super::both::are_equal;
use crate::project::Project;

const TABLES: &str = "version: 1\nname: statements\ntasks:\n
  a: {type: load, path: a.csv, columns: {k: int, g: int, n: int, x: float, d: \"decimal(12,3)\", s: string, b: bool, day: date, at: datetime, o: time}}
  b: {type: load, path: b.csv, columns: {k: int, g: int, n: int, x: float, d: \"decimal(12,3)\", s: string, b: bool, day: date, at: datetime, o: time}}
";

/// Rows with ties, NULLs, zeros of both signs, and texts that other systems read otherwise.
fn rows(seed: u64, count: u64) -> String {
    let mut state = seed;
    let mut next = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let texts = [
        "",
        "a",
        "A",
        "ß",
        "straße",
        "İx",
        "o'neil \"q\"",
        "a\\b",
        "50%",
        "a_b",
        " pad ",
        "\u{a0}x",
        "Ωmega",
        "007",
        "12.50",
        "日本語",
        "e\u{301}",
        "$x",
        "a,b",
    ];
    let floats = [
        "0",
        "-0.0",
        "1.5",
        "-2.25",
        "1e300",
        "1e-7",
        "123456789.125",
        "0.1",
        "0.2",
        "0.30000000000000004",
        "-7.5",
        "2.5",
        "3.5",
        "1e16",
        "33.333333333333336",
    ];
    let mut text = String::from("k,g,n,x,d,s,b,day,at,o\n");
    for k in 0..count {
        let mut cell = |value: String| if next(7) == 0 { String::new() } else { value };
        let g = cell(format!("{}", k * 7 % 5));
        let n = cell(format!("{}", (k as i64 * 37 % 41) - 20));
        let x = cell(floats[(k as usize * 11 + 3) % floats.len()].to_owned());
        let d = cell(format!("{}.{:03}", (k as i64 * 53 % 199) - 99, k * 125 % 1000));
        let s = cell(texts[(k as usize * 5) % texts.len()].replace('"', "\"\""));
        let b = cell(if k % 3 == 0 { "true" } else { "false" }.to_owned());
        let day = cell(format!("{}-{:02}-{:02}", 1969 + k % 60, 1 + k % 12, 1 + k * 3 % 28));
        let at = cell(format!(
            "{}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}",
            1960 + k % 70,
            1 + k % 12,
            1 + k % 28,
            k % 24,
            k * 7 % 60,
            k * 13 % 60,
            k * 1001 % 1_000_000
        ));
        let o = cell(format!("{:02}:{:02}:{:02}", k % 24, k * 11 % 60, k * 17 % 60));
        text += &format!("{k},{g},{n},{x},{d},\"{s}\",{b},{day},{at},{o}\n");
    }
    text
}

fn equal(statements: &str) {
    let Some(server) = SparkServer::shared() else { return };
    let mut text = TABLES.to_owned();
    let lines = statements.lines().map(str::trim).filter(|line| !line.is_empty());
    for (number, sql) in lines.enumerate() {
        let sql = serde_json::Value::from(sql);
        text += &format!("  q{number:02}: {{type: sql, sql: {sql}, output: out/q{number:02}.csv}}\n");
    }
    let make = |project: Project| project.file("a.csv", rows(1, 90)).file("b.csv", rows(2, 40));
    are_equal(&server, &text, make);
}

#[test]
fn numbers() {
    equal(
        "select k, n + k as a, n * 3 as b, n - k as c, -n as d, n % 7 as e, n / 7 as f, n / 0 as g, n % 0 as h, abs(n) as i from a
         select k, d + n as a, d - 1 as b, d * d as c, d / 3 as e, d / n as f, d % 7.5 as g, -d as h, abs(d) as i, d * 1.19 as j, 10 / d as l from a
         select k, x + 1.5 as a, x * x as b, x / 3 as c, x % 2.5 as e, x / 0 as f, -x as g, sqrt(x) as h, abs(x) as i from a
         select k, round(x, 2) as a, round(x) as b, round(x, -2) as c, floor(x) as e, ceil(x) as f, round(d, 1) as g, round(d, -1) as h, floor(d) as i, ceil(d) as j, round(n, -1) as l from a
         select k, greatest(n, g, 5) as a, least(x, d) as b, coalesce(n, g, 0) as c, nullif(n, g) as e, mod(n, 4) as f from a
         select k, bitwise_and(n, 12) as a, bitwise_or(n, 3) as b, bitwise_xor(n, k) as c, bitwise_not(n) as e from a
         select k, cast(x as string) as a, cast(d as string) as b, cast(n as string) as c, cast(b as string) as e, cast(x / 1e9 as string) as f, cast(x * 1e12 as string) as g from a
         select k, cast(d as int) as a, cast(d as decimal(12,1)) as b, cast(d as float) as c, cast(b as int) as e, cast(n as bool) as f, cast(n as decimal(10,2)) as g, cast(x / 1e298 as int) as h from a
         select k, exp(n / 3) as a, exp(x) as b, ln(x) as c, ln(d) as e, log10(x) as f, log(x) as g, log(2, k) as h, log(10, 1000) as i, power(x, 0.5) as j, power(n, 3) as l, power(1.000001, k * 1000) as m from a where x is null or x < 1e10
         select k, sign(n) as a, sign(x) as b, sign(d) as c, trunc(x) as e, trunc(d) as f, trunc(d, 1) as g, trunc(d, 2) as h, trunc(n, -1) as i, trunc(-d, 2) as j from a
         select k, degrees(x) as a, radians(x) as b, case when n > 0 then 'p' when n < 0 then 'm' end as c, case g when 1 then d else 0 end as e from a",
    );
}

#[test]
fn texts() {
    equal(
        "select k, lower(s) as a, upper(s) as b, trim(s) as c, ltrim(s) as d, rtrim(s) as e, length(s) as f, s || '-' || n as g, replace(s, 'a', 'bb') as h, replace(s, '', 'z') as i from a
         select k, substr(s, 1, 2) as a, substr(s, 2) as b, substr(s, 0, 2) as c, substr(s, -1, 3) as d, substr(s, -5) as e, substr(s, n, 3) as f from a
         select k, left(s, 2) as a, right(s, 2) as b, left(s, -1) as c, right(s, -1) as d, lpad(s, 6, '*+') as e, rpad(s, 6) as f, repeat(s, 2) as g, reverse(s) as h from a
         select k, strpos(s, 'a') as a, starts_with(s, 'a') as b, ends_with(s, 'b') as c, contains(s, '') as d, md5(s) as e, sha256(s) as f, concat_ws('-', s, n, g) as g, concat(s, n, 'x') as h from a
         select k, s like '%a%' as a, s like '_' as b, s ilike 'straSSE' as c, s ilike 'STRAßE' as d, s like 'a!_b' escape '!' as e, s not like '%x%' as f, s ilike '%ω%' as g, s like '$x' as h from a
         select k, regexp_like(s, '^[a-z]') as a, regexp_like(s, '\\d+$') as b, regexp_like(s, '(?i)STRASSE|straße') as c, regexp_like(s, '\\bx\\b') as d, regexp_like(s, '\\s') as e, regexp_like(s, '\\p{Lu}') as f, regexp_like(s, '^\\w{2,}$') as g from a
         select k, trim(both 'ax' from s) as a, trim(leading ' ' from s) as b, s = 'a' as c, s < 'b' as d, s in ('a', 'ß', null) as e from a
         select k, try_cast(s as int) as a, try_cast(s as float) as b, try_cast(s as decimal(8,2)) as c, try_cast(s as bool) as d, try_cast(s as date) as e from a
         select k, s, '${env:HOME} \\ \"' as a, 'it''s' as b from a where s <> '' order by s, k desc",
    );
}

#[test]
fn dates() {
    equal(
        "select k, date_trunc('year', day) as a, date_trunc('quarter', day) as b, date_trunc('month', day) as c, date_trunc('week', day) as d, date_trunc('week', at) as e, date_trunc('hour', at) as f, date_trunc('second', at) as g, date_trunc('day', at) as h from a
         select k, year(day) as a, extract(quarter from day) as b, extract(month from at) as c, week(day) as d, day(at) as e, dow(day) as f, isodow(day) as g, doy(day) as h, isoyear(day) as i from a
         select k, hour(at) as a, minute(at) as b, second(at) as c, extract(epoch from at) as d, extract(epoch from day) as e, hour(o) as f, minute(o) as g, second(o) as h from a
         select k, strftime(day, '%Y-%m') as a, strftime(at, '%d.%m.%y %H:%M:%S') as b, strftime(day, '%B %b %A %a %j %V %G %u %w') as c, strftime(day, 'Q') as d, strftime(at, '%F %T %%') as e from a
         select k, day - date '2020-01-01' as a, day + 10 as b, day - n as c, at + 1 as d, day + interval '1 month' as e, at - interval '3 months 2 days' as f, at + interval '90 minutes' as g from a
         select k, cast(day as string) as a, cast(at as string) as b, cast(o as string) as c, cast(at as date) as d, cast(day as datetime) as e, cast(at as time) as f from a
         select k, o, o < time '12:00' as a, day < date '2000-01-01' as b, at between timestamp '1970-01-01' and timestamp '2000-01-01' as c from a
         select k, date_diff('year', day, at) as a, date_diff('month', day, at) as b, date_diff('quarter', at, day) as c, date_diff('week', day, at) as d, date_diff('day', day, at) as e, date_diff('hour', at, day) as f, date_diff('minute', day, at) as g from a
         select k, extract(epoch from at - timestamp '2000-01-01') as a, extract(day from at - timestamp '2000-01-01 12:00') as b, extract(hour from timestamp '2000-01-01' - at) as c, make_date(2000 + n, 1 + k % 12, 1 + k % 28) as d from a
         select k, o from a order by o desc, k",
    );
}

#[test]
fn logic_and_shape() {
    equal(
        "select k, n = g as a, n <> g as b, n < g as c, x > 0 as d, n is null as e, n is not distinct from g as f, n between g and 100 as h, n not in (1, 2) as i, not b as j, b and n > 0 as l, b or n > 0 as m from a
         select * from a where n > 0 and x < 10 or s = 'a'
         select distinct g, b from a
         select distinct on (g) g, k, s from a order by g, n desc, k
         select * from a order by g desc, s, x nulls first limit 20 offset 3
         select k, x from a order by x
         select g, s from a union all select g, s from b
         select g, s from a union select g, s from b
         select g, s from a intersect select g, s from b
         select g, s from a except select g, s from b
         select g from a intersect all select g from b
         select g from a except all select g from b
         select n, d from a union all select d, n from b
         select k, (select count(*) from b where b.g = a.g) as c from a
         select k, (select max(n) from b) as m, (select s from b where b.k = a.k) as c from a
         select k from a where g in (select g from b where n > 0)
         select k from a where exists (select 1 from b where b.g = a.g and b.n > a.n)
         select 1 as a, null as c, date '2024-02-29' as d, timestamp '2024-02-29 10:11:12.5' as e, 1.50 as f, time '01:02:03' as h from b limit 1
         select * exclude (at, o) from a order by all",
    );
}

#[test]
fn joins() {
    equal(
        "select a.k, a.n, b.n as bn, b.s as bs from a join b on a.g = b.g
         select a.k, b.k as bk, b.s as bs from a left join b on a.g = b.g and b.n > a.n
         select a.k, b.k as bk, b.s as bs from a right join b on a.g = b.g and b.n > a.n
         select a.k, b.k as bk from a full join b on a.k = b.k and a.g = b.g
         select a.k, b.k as bk from a full join b using (g)
         select a.k, b.k as bk from a cross join b where a.k + b.k = 7
         select a.k, b.k as bk from a cross join b where b.b
         select a.k, b.k as bk from a cross join b limit 200
         select a.k, b.x as bx from a join b on a.x = b.x
         select a.k from a left join b on a.k = b.k where b.k is null
         select count(*) as c from a, b where a.g = b.g and b.k = a.k",
    );
}

#[test]
fn groups() {
    equal(
        "select g, count(*) as c, count(n) as cn, sum(n) as sn, sum(d) as sd, avg(n) as an, avg(d) as ad, min(s) as ms, max(s) as xs, min(x) as mx, max(day) as xd, min(o) as mo from a group by g
         select g, b, sum(x / 1e290) as sx, avg(x / 1e290) as ax, stddev(d) as st, variance(n) as v, median(n) as mn, median(d) as md, corr(n, d) as co from a group by g, b
         select var_pop(n) as a, stddev_pop(d) as b, covar_samp(n, d) as c, covar_pop(n, k) as e from a
         select sum(x) as a1, first(s) as a5, last(n) as a6, string_agg(s, '|') as a7, bool_and(b) as a8, bool_or(b) as a9, count(distinct g) as a10, sum(distinct n) as a11, string_agg(distinct s, ',') as a12, any_value(n) as a13, avg(distinct d) as a14 from a
         select sum(n) as a2, count(*) as a3, first(s) as a4, sum(x) as a5 from a where k < 0
         select g, sum(n) filter (where b) as a1, count(*) filter (where x > 0) as a2, first(s) filter (where b) as a3, string_agg(s, '') filter (where n > 0) as a5, sum(x) filter (where b) as a6, median(d) filter (where b) as a8 from a group by g
         select x, count(*) as c from a group by x
         select g, percentile_cont(0.25) within group (order by n) as a, percentile_cont(0.9) within group (order by x desc) as b, percentile_disc(0.5) within group (order by d) as c, percentile_disc(0) within group (order by s) as e, mode() within group (order by n) as f, mode(s) as h, quantile(n, 0.75) as i from a group by g
         select g, max_by(s, n) as a, min_by(k, x) as b, max_by(d, day) as c, string_agg(s, ',' order by n desc, k) as e, first(s order by x, s) as f, last(n order by day) as h, count(distinct n, b) as i from a group by g
         select g, regr_slope(n, d) as a, regr_intercept(n, d) as b, regr_r2(x / 1e290, n) as c, regr_sxx(n, k) as e, regr_syy(n, k) as f, regr_sxy(n, k) as h from a group by g
         select percentile_cont(0.5) within group (order by x) as a, mode(b) as c, max_by(s, k) as d, regr_slope(n, k) as e from a where k < 0
         select date_trunc('month', day) as m, sum(d) as s from a group by m having sum(d) > 0
         select g, b, count(*) as c, sum(n) as s, grouping(g) as gg from a group by rollup (g, b)
         select s, count(distinct n) as c, sum(d) as d, max(at) as m from a where s <> '' group by s having count(*) > 1 order by d desc",
    );
}

#[test]
fn windows() {
    equal(
        "select k, row_number() over (partition by g order by n) as r1, rank() over (partition by g order by b) as r2, dense_rank() over (order by s desc) as r3, lag(n) over (order by k) as l1, lead(n, 2, 0) over (partition by g order by k, n) as l2, lag(s, 1, 'none') over (order by x) as l3 from a
         select k, first_value(s) over (partition by g order by n) as f, last_value(s) over (partition by g order by b) as l, sum(n) over (partition by g order by b) as s1, sum(d) over (order by k) as s3, count(*) over (partition by g) as c, min(x) over (order by b) as m, avg(d) over (partition by g) as ad from a
         select k, avg(n) over (order by k, n rows between 2 preceding and 1 following) as s4, sum(x) over (partition by g) as sx, sum(d) over (order by k, s rows between unbounded preceding and current row) as rx, max(n) over (order by k rows between 1 following and 3 following) as m from a
         select k, n from a qualify row_number() over (partition by g order by n desc, k) <= 2
         with m as (select g, sum(d) as total from a group by g), r as (select *, row_number() over (order by total desc) as place from m) select a.k, r.total, r.place from a left join r on a.g = r.g order by r.place, a.k limit 30",
    );
}

#[test]
fn what_tasks_say_behind_their_tables_counts() {
    let Some(server) = SparkServer::shared() else { return };
    let tasks = "
  crossed: {type: join, left: a, right: b, how: cross, where: b_right, output: out/crossed.csv}
  joined: {type: join, left: a, right: b, on: [g], how: full, where: n > 0, derive: {both: n + n_right}, output: out/joined.csv}
  missing: {type: join, left: a, right: b, on: [k], how: anti, output: out/missing.csv}
  pivoted: {type: pivot, from: a, group_by: [b], on: g, in: [1, 2, 77], metrics: {n: sum(n)}, output: out/pivoted.csv}
";
    let make = |project: Project| project.file("a.csv", rows(1, 30)).file("b.csv", rows(2, 20));
    are_equal(&server, &format!("{TABLES}{tasks}"), make);
}
