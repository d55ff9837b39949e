//! `aggregate` and `sql`: groups, orders, windows.

use crate::project::Project;

fn sales() -> Project {
    Project::new().file(
        "sales.csv",
        "day,country,amount\n2024-01-01,FR,1.5\n2024-01-01,DE,2\n2024-01-02,FR,\n2024-01-03,,4\n2024-01-03,FR,8\n",
    )
}

#[test]
fn aggregates_group_filter_sort_and_limit() {
    let project = sales().pipeline(
        "
        version: 1
        tasks:
          sales: {type: load, path: sales.csv}
          by_country:
            type: aggregate
            from: sales
            group_by: [country]
            metrics: {total: sum(amount), rows: count(*), known: count(amount), days: count(distinct day), mid: median(amount)}
            sort: [-total]
            output: by_country.csv
          best:
            type: aggregate
            from: sales
            where: country is not null
            group_by: [country]
            metrics: {total: sum(amount), share: 'sum(amount) / count(*)'}
            having: total > 1
            sort: [-total]
            limit: 1
            output: best.csv
          all: {type: aggregate, from: sales, metrics: {total: sum(amount), last: max(day), none: sum(case when amount > 99 then amount end)}, output: all.csv}
          pairs: {type: aggregate, from: sales, group_by: [day, country], output: pairs.csv}
        ",
    );
    project.run(["run"]).exits(0);
    let all = ["by_country", "best", "all", "pairs"].map(|name| project.read(&format!("{name}.csv")));
    insta::assert_snapshot!(all.join("--\n"), @r"
    country,total,rows,known,days,mid
    FR,9.5,3,2,3,4.75
    ,4,1,1,1,4
    DE,2,1,1,1,2
    --
    country,total,share
    FR,9.5,3.1666666666666665
    --
    total,last,none
    15.5,2024-01-03,
    --
    day,country
    2024-01-01,DE
    2024-01-01,FR
    2024-01-02,FR
    2024-01-03,FR
    2024-01-03,
    ");
}

#[test]
fn queries_have_ctes_windows_and_nulls_last() {
    let project = sales().file("q.sql", "select country, sum(amount) as total from sales group by country order by total desc\n").pipeline(
        "
        version: 1
        params: {least: 2, countries: [FR, DE]}
        tasks:
          sales: {type: load, path: sales.csv}
          from_file: {type: sql, file: q.sql, output: from_file.csv}
          ranked:
            type: sql
            sql: |
              with known as (select * from sales where country in ${{ params.countries }})
              select day, country, amount,
                     row_number() over (partition by country order by amount desc) as place,
                     sum(amount) over (partition by country) as total
              from known
              order by country, place
            output: ranked.csv
          sorted: {type: sql, sql: 'select amount from sales order by amount desc', output: sorted.csv}
          least: {type: sql, sql: 'select day, amount from sales where amount >= ${{ params.least }} union all select day, amount from ranked where place = 1', output: least.csv}
        ",
    );
    project.run(["run"]).exits(0);
    let all = ["from_file", "ranked", "sorted", "least"].map(|name| project.read(&format!("{name}.csv")));
    insta::assert_snapshot!(all.join("--\n"), @r"
    country,total
    FR,9.5
    ,4
    DE,2
    --
    day,country,amount,place,total
    2024-01-01,DE,2,1,2
    2024-01-03,FR,8,1,9.5
    2024-01-01,FR,1.5,2,9.5
    2024-01-02,FR,,3,9.5
    --
    amount
    8
    4
    2
    1.5

    --
    day,amount
    2024-01-01,2
    2024-01-03,4
    2024-01-03,8
    2024-01-01,2
    2024-01-03,8
    ");
}

#[test]
fn division_by_zero_is_null_and_counted() {
    let project = sales().pipeline(
        "
        version: 1
        tasks:
          sales: {type: load, path: sales.csv}
          odd: {type: normalize, from: sales, derive: {x: amount / (amount - 2), y: '7 / 2'}, output: odd.csv}
        ",
    );
    insta::assert_snapshot!(project.run(["run", "-j", "1"]).exits(0).stderr, @r"
    done    sales  5 rows  [time]
    done    odd  5 rows  [time]
      task   rows in  rows out  rejected  time
      sales        5         5  [time]
      odd          5         5  [time]

    warning odd: 1 division by zero became NULL

    Results
      ./  odd.csv

    done in [time]: 2 ran
    ");
    insta::assert_snapshot!(project.read("odd.csv"), @r"
    day,country,amount,x,y
    2024-01-01,FR,1.5,-3,3.5
    2024-01-01,DE,2,,3.5
    2024-01-02,FR,,,3.5
    2024-01-03,,4,2,3.5
    2024-01-03,FR,8,1.3333333333333333,3.5
    ");
}

/// A column of the table that a query over the sales makes, NULL as `-`.
fn queried(sql: &str) -> String {
    let pipeline = format!(
        "version: 1\ntasks:\n  t: {{type: load, path: t.csv}}\n  q:\n    type: sql\n    sql: |\n      {sql}\n    output: q.csv\n"
    );
    let rows = "k,o,v,w\na,1,5,2.5\na,1,,4\na,3,7,1\nb,2,5,2\nb,,9,8\n";
    let project = Project::new().file("t.csv", rows).pipeline(&pipeline);
    project.run(["run"]).exits(0);
    let csv = project.read("q.csv");
    let cells = csv.lines().skip(1).map(|cell| if cell.is_empty() || cell == "\"\"" { "-" } else { cell });
    cells.collect::<Vec<_>>().join(" | ")
}

#[test]
fn aggregates_of_statistics_agree_with_postgresql() {
    // Recorded from PostgreSQL 15 over the same rows.
    for (call, expected) in [
        ("percentile_cont(0.25) within group (order by v)", "5.5 | 6"),
        ("percentile_disc(0.5) within group (order by v desc)", "7 | 9"),
        ("mode() within group (order by o)", "1 | 2"),
        ("var_pop(v)", "1 | 4"),
        ("stddev_pop(v)", "1 | 2"),
        ("covar_pop(v, w)", "-0.75 | 6"),
        ("covar_samp(v, w)", "-1.5 | 12"),
        ("regr_slope(w, v)", "-0.75 | 1.5"),
        ("regr_intercept(w, v)", "6.25 | -5.5"),
        ("count(*) filter (where v > 5)", "1 | 1"),
    ] {
        assert_eq!(queried(&format!("select {call} as x from t group by k order by k")), expected, "{call}");
    }
}

#[test]
fn aggregates_take_rows_in_an_order_and_stand_over_windows() {
    for (call, expected) in [
        ("array_agg(v order by w desc) as x from t where k = 'a'", "\"[null, 5, 7]\""),
        ("max_by(w, v) as x from t group by k order by k", "1 | 8"),
        ("arg_min(w, v) as x from t group by k order by k", "2.5 | 2"),
        ("count(distinct k, v) as x from t", "4"),
        ("approx_count_distinct(v) as x from t", "3"),
        ("median(v) over (partition by k) as x from t", "6 | 6 | 6 | 7 | 7"),
        ("quantile(v, 1) over (order by o rows 1 preceding) as x from t", "5 | 5 | 7 | 5 | 9"),
        ("any_value(v) over (partition by k order by w) as x from t", "7 | 7 | 7 | 5 | 5"),
    ] {
        assert_eq!(queried(&format!("select {call}")), expected, "{call}");
    }
}

#[test]
fn windows_have_frames_of_distances_and_leave_nulls_out() {
    for (call, expected) in [
        ("ntile(2) over (order by v) as x from t", "1 | 2 | 1 | 1 | 2"),
        ("percent_rank() over (order by o) as x from t", "0 | 0 | 0.75 | 0.5 | 1"),
        ("cume_dist() over (order by o) as x from t", "0.4 | 0.4 | 0.8 | 0.6 | 1"),
        (
            "nth_value(v, 2) over (order by w rows between unbounded preceding and unbounded following) as x from t",
            "5 | 5 | 5 | 5 | 5",
        ),
        ("sum(w) over (order by o range between 1 preceding and current row) as x from t", "6.5 | 6.5 | 3 | 8.5 | 8"),
        ("sum(w) over (order by o groups between 1 preceding and current row) as x from t", "6.5 | 6.5 | 3 | 8.5 | 9"),
        ("last_value(v ignore nulls) over (order by o rows unbounded preceding) as x from t", "5 | 5 | 7 | 5 | 9"),
        ("lag(v) ignore nulls over (order by w) as x from t", "5 | 5 | - | 7 | 5"),
        ("o as x from t qualify row_number() over (partition by k order by v desc) = 1", "3 | -"),
    ] {
        assert_eq!(queried(&format!("select {call}")), expected, "{call}");
    }
}

#[test]
fn a_table_that_a_query_names_several_times_is_computed_once() {
    let project = Project::new().file("t.csv", "k,v\n1,10\n1,0\n2,0\n").pipeline(
        "
        version: 1
        tasks:
          t: {type: load, path: t.csv}
          twice:
            type: sql
            sql: |
              with sums as (select k, sum(1 / v) as s from t group by k)
              select a.k, a.s, (select max(s) from sums) as most from sums a join sums b on a.k = b.k
            output: twice.csv
        ",
    );
    let told = project.run(["run"]).exits(0).stderr;
    assert_eq!(project.read("twice.csv"), "k,s,most\n1,0.1,0.1\n2,,0.1\n");
    assert!(told.contains("2 divisions by zero became NULL"), "each row was divided once:\n{told}");
}
