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
