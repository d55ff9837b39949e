//! `sql`: groups in several ways, subqueries of every kind, rows without a table; `pivot`, `unpivot`, `sample`, `calendar`.

use crate::project::Project;

/// What a query gives over two small tables.
fn rows_of(query: &str) -> String {
    let project = shop(query);
    project.run(["run"]).exits(0);
    project.read("result.csv")
}

fn shop(query: &str) -> Project {
    let indented = query.trim().replace('\n', "\n      ");
    Project::new()
        .file("sales.csv", "id,region,product,amount\n1,N,a,1\n2,N,b,2\n3,S,a,4\n4,S,,8\n")
        .file("prices.csv", "product,since,price\na,1,10\na,3,30\nb,2,20\n")
        .file(
            "pipeline.yaml",
            format!(
                "version: 1\ntasks:\n  sales: {{type: load, path: sales.csv}}\n  prices: {{type: load, path: prices.csv}}\n  \
                 result:\n    type: sql\n    output: result.csv\n    sql: |\n      {indented}\n"
            ),
        )
}

#[test]
fn rows_are_grouped_in_several_ways() {
    insta::assert_snapshot!(rows_of("select region, product, grouping(region, product) as level, sum(amount) as amount,
  rank() over (partition by grouping(region, product) order by sum(amount) desc) as place
from sales group by rollup (region, product)"), @r#"
    region,product,level,amount,place
    N,a,0,1,4
    N,b,0,2,3
    N,,1,3,2
    S,a,0,4,2
    S,,0,8,1
    S,,1,12,1
    ,,3,15,1
    "#);
    insta::assert_snapshot!(rows_of("select region, product, count(*) as n
from sales group by grouping sets ((region), (product), ()) having count(*) > 1 order by all"), @r#"
    region,product,n
    N,,2
    S,,2
    ,a,2
    ,,4
    "#);
    insta::assert_snapshot!(rows_of("select region, product, count(*) as n, sum(amount) as amount, max(region) as last
from sales where amount > 99 group by cube (region, product)"), @r#"
    region,product,n,amount,last
    ,,0,,
    "#);
    insta::assert_snapshot!(rows_of("select region, 'x' as mark, sum(amount) as amount from sales group by all"), @r#"
    region,mark,amount
    N,x,3
    S,x,12
    "#);
}

#[test]
fn subqueries_name_the_queries_around_them() {
    insta::assert_snapshot!(rows_of("select s.id,
  (select price from prices p where p.product = s.product and p.since <= s.id order by p.since desc limit 1) as price,
  (select count(*) from prices p where p.price > s.amount * 10) as dearer,
  exists (select 1 from prices p where p.since > s.id) as later,
  s.amount >= all (select p.price / 10 from prices p where p.product = s.product) as is_most
from sales s order by s.id"), @r#"
    id,price,dearer,later,is_most
    1,10,2,true,false
    2,20,1,true,true
    3,30,0,false,true
    4,,0,false,true
    "#);
    insta::assert_snapshot!(rows_of("select id from sales s
where (product, id) in (select product, since from prices)
   or exists (select 1 from prices p where p.product = s.product
              and exists (select 1 from prices q where q.since > p.since and q.product = s.product and s.id > 1))
order by id"), @r#"
    id
    1
    2
    3
    "#);
    insta::assert_snapshot!(rows_of("select id, (product, id) not in (select product, since from prices) as is_new from sales"), @r#"
    id,is_new
    1,false
    2,false
    3,false
    4,true
    "#);
    insta::assert_snapshot!(rows_of("select s.id, l.price from sales s
left join lateral (select p.price from prices p where p.product = s.product order by p.price desc limit 1) l on true
order by s.id"), @r#"
    id,price
    1,30
    2,20
    3,30
    4,
    "#);
}

#[test]
fn a_value_of_several_rows_fails_where_it_is_needed() {
    let project = shop("select id, (select price from prices p where p.product = s.product) as price from sales s");
    let told = project.run(["run"]).exits(1);
    let error = told.stderr.lines().find(|line| line.contains("error task result")).unwrap_or_default().trim();
    insta::assert_snapshot!(error, @r#"
    error task result (sql): column price: the subquery at pipeline.yaml:9:19 is used as a value and gives 2 rows
    "#);
    insta::assert_snapshot!(rows_of("select id, case when product = 'b' then
  (select price from prices p where p.product = s.product) end as price from sales s"), @r#"
    id,price
    1,
    2,20
    3,
    4,
    "#);
    insta::assert_snapshot!(rows_of("select id from sales where amount = (select distinct price from prices where price > 99)"), @r#"
    id
    "#);
}

#[test]
fn rows_come_from_nowhere() {
    insta::assert_snapshot!(rows_of("with recursive tree (id, depth) as (
  select 1, 0
  union
  select v.child, depth + 1 from tree join (values (1, 2), (1, 3), (2, 4), (4, 1)) as v (parent, child) on v.parent = id
  where depth < 4
)
select id, min(depth) as depth from tree group by id"), @r#"
    id,depth
    1,0
    2,1
    3,1
    4,2
    "#);
    insta::assert_snapshot!(rows_of("select n, cast(d as string) as d from generate_series(3, 1, -1) as n,
  lateral generate_series(date '2024-01-31', date '2024-01-31' + n * interval '1 month', interval '1 month') as s (d)
where n < 3"), @r#"
    n,d
    2,2024-01-31
    2,2024-02-29
    2,2024-03-29
    1,2024-01-31
    1,2024-02-29
    "#);
    let project = shop("with recursive n (x) as (select 1 union all select x from n) select count(*) as n from n");
    let told = project.run(["run"]).exits(1);
    assert!(told.stderr.contains("`with recursive` does not end"), "{}", told.stderr);
}

#[test]
fn columns_are_chosen_by_rules() {
    insta::assert_snapshot!(rows_of("select * exclude (id) replace (amount * 2 as amount) rename (product as what) from sales"), @r#"
    region,what,amount
    N,a,2
    N,b,4
    S,a,8
    S,,16
    "#);
    insta::assert_snapshot!(rows_of("select distinct on (region) region, product, amount from sales order by region, amount desc"), @r#"
    region,product,amount
    N,b,2
    S,,8
    "#);
    insta::assert_snapshot!(rows_of("select id, region from sales qualify row_number() over (partition by region order by id desc) = 1"), @r#"
    id,region
    2,N
    4,S
    "#);
    insta::assert_snapshot!(rows_of("select region, amount from sales where id = 1
union all by name select amount, product from sales where id = 2"), @r#"
    region,amount,product
    N,1,
    ,2,b
    "#);
    insta::assert_snapshot!(rows_of("select * from (select region, product, amount from sales) pivot (sum(amount) for product in ('a', 'b' as bee))"), @r#"
    region,a,bee
    N,1,2
    S,4,
    "#);
    insta::assert_snapshot!(rows_of("select * from (select id, amount, id * 10 as tens from sales where id < 3) unpivot (v for what in (amount, tens))"), @r#"
    id,what,v
    1,amount,1
    1,tens,10
    2,amount,2
    2,tens,20
    "#);
}

#[test]
fn tables_are_turned_sampled_and_counted_out() {
    let project = Project::new()
        .file("sales.csv", "region,product,amount\nN,a,1\nN,b,2\nS,a,4\nS,c,8\n")
        .file("budget.csv", "team,jan,feb\nx,1,\ny,2,2.5\n")
        .pipeline(
            "
        version: 1
        tasks:
          sales: {type: load, path: sales.csv}
          budget: {type: load, path: budget.csv}
          wide: {type: pivot, from: sales, group_by: region, on: product, in: [a, b], metrics: {total: sum(amount)}, output: wide.csv}
          wider: {type: pivot, from: sales, on: product, in: [a], metrics: {total: sum(amount), n: count(*)}, output: wider.csv}
          long: {type: unpivot, from: budget, columns: [jan, feb], name: month, value: amount, output: long.csv}
          whole: {type: unpivot, from: budget, columns: [feb, jan], keep_nulls: true, output: whole.csv}
          some: {type: sample, from: sales, rows: 2, seed: 3, output: some.csv}
          every: {type: sample, from: sales, fraction: 1, output: every.csv}
          weeks: {type: calendar, from: 2024-02-26, to: 2024-03-12, every: week, output: weeks.csv}
          hours: {type: calendar, from: '2024-02-29T22:00:00', to: '2024-03-01T01:30:00', every: hour, column: at, output: hours.csv}
        ",
        );
    project.run(["run"]).exits(0);
    let names = ["wide", "wider", "long", "whole", "some", "every", "weeks", "hours"];
    let all: Vec<String> = names.iter().map(|name| project.read(&format!("{name}.csv"))).collect();
    insta::assert_snapshot!(all.join("--\n"), @r#"
    region,a,b
    N,1,2
    S,4,
    --
    a_total,a_n
    5,2
    --
    team,month,amount
    x,jan,1
    y,jan,2
    y,feb,2.5
    --
    team,name,value
    x,feb,
    x,jan,1
    y,feb,2.5
    y,jan,2
    --
    region,product,amount
    N,b,2
    S,a,4
    --
    region,product,amount
    N,a,1
    N,b,2
    S,a,4
    S,c,8
    --
    date
    2024-02-26
    2024-03-04
    2024-03-11
    --
    at
    2024-02-29T22:00:00
    2024-02-29T23:00:00
    2024-03-01T00:00:00
    2024-03-01T01:00:00
    "#);
}

#[test]
fn each_row_finds_the_one_that_lies_nearest() {
    insta::assert_snapshot!(rows_of("select s.id, p.price from sales s asof join prices p on s.product = p.product and s.id >= p.since"), @r#"
    id,price
    1,10
    2,20
    3,30
    "#);
    insta::assert_snapshot!(rows_of("select s.id, p.price from sales s asof left join prices p on s.product = p.product and p.since > s.id and p.price < 99"), @r#"
    id,price
    1,30
    2,
    3,
    4,
    "#);
    insta::assert_snapshot!(rows_of("select * from (select product, id as since from sales) s asof join prices using (product, since)"), @r#"
    product,since,price
    a,1,10
    b,2,20
    a,3,30
    "#);
    let refused = |query: &str| shop(query).run(["check"]).exits(2).stderr;
    let twice = refused("select 1 as x from sales s asof join prices p on s.id >= p.since and s.id > p.price");
    assert!(twice.contains("takes equalities and one comparison of its two sides"), "{twice}");
    let snowflake = refused("select 1 as x from sales s asof join prices p match_condition (s.id >= p.since)");
    assert!(snowflake.contains("write `asof [left] join t on"), "{snowflake}");
}

#[test]
fn subqueries_stand_in_joins_group_keys_and_limits() {
    insta::assert_snapshot!(rows_of("select s.id, p.price from sales s
left join prices p on p.product = s.product and p.price >= (select avg(price) from prices) order by s.id"), @r#"
    id,price
    1,30
    2,20
    3,30
    4,
    "#);
    insta::assert_snapshot!(rows_of("select (select max(price) from prices p where p.product = s.product) as top, count(*) as n
from sales s group by top"), @r#"
    top,n
    20,1
    30,2
    ,1
    "#);
    insta::assert_snapshot!(rows_of("select id from sales order by id limit (select count(*) - 1 from prices) offset 1"), @r#"
    id
    2
    3
    "#);
}

#[test]
fn a_select_list_counts() {
    insta::assert_snapshot!(rows_of("select region, generate_series(1, count(*)) * 10 as n from sales where id < 4 group by region"), @r#"
    region,n
    N,10
    N,20
    S,10
    "#);
    insta::assert_snapshot!(rows_of("select x from generate_series((select min(id) from sales), (select max(price) from prices), 9) as s (x)"), @r#"
    x
    1
    10
    19
    28
    "#);
}

#[test]
fn pivots_begin_a_statement() {
    insta::assert_snapshot!(rows_of("pivot sales on product in ('a', 'b' as bee) using sum(amount) as total, count(*) as n group by region"), @r#"
    region,a_total,a_n,bee_total,bee_n
    N,1,1,2,1
    S,4,1,,0
    "#);
    insta::assert_snapshot!(rows_of("with p as (select product, since, price from prices)
select * from (unpivot p on since, price into name what value amount) where product = 'b'"), @r#"
    product,what,amount
    b,since,2
    b,price,20
    "#);
    let open = shop("pivot sales on product using sum(amount)").run(["check"]).exits(2).stderr;
    assert!(open.contains("list the values"), "{open}");
}

#[test]
fn what_a_pivot_does_not_list_is_told() {
    let project = Project::new()
        .file("sales.csv", "region,month,amount\nN,Jan,1\nN,Feb.,2\nS,Feb.,4\nS,,8\nS,Mar,16\nN,Jan,32\n")
        .pipeline(
            "
        version: 1
        tasks:
          sales: {type: load, path: sales.csv}
          wide: {type: pivot, from: sales, group_by: region, on: month, in: [Jan, Feb], metrics: {total: sum(amount)}, output: wide.csv}
          sql: {type: sql, sql: \"select * from (select month, amount from sales) pivot (sum(amount) for month in ('Jan', 'Mar', 'Feb.'))\"}
          chosen:
            type: pivot
            from: sales
            where: month in ('Jan', 'Mar') or month is null
            on: month
            in: [Jan, Mar, null, Apr]
            metrics: {total: sum(amount)}
            output: chosen.csv
        ",
        );
    let told = project.run(["run"]).exits(0).stderr;
    insta::assert_snapshot!(told.lines().filter(|line| line.contains("`in`")).collect::<Vec<_>>().join("\n"), @r"
    warning wide: 4 of 6 rows are in no column of the pivot, because `in` does not list their `month`: 'Feb.' (2 rows), 'Mar' (1 row), NULL (1 row)
    warning wide: no row has the `month` that `in` lists: 'Feb'
    warning sql: 1 of 6 rows is in no column of the pivot, because `in` does not list its `month`: NULL (1 row)
    ");
    insta::assert_snapshot!([project.read("wide.csv"), project.read("chosen.csv")].join("--\n"), @r#"
    region,Jan,Feb
    N,33,
    S,,
    --
    Jan,Mar,NULL,Apr
    33,16,8,
    "#);
    let shown = project.run(["show"]).exits(0).stdout;
    insta::assert_snapshot!(shown.lines().filter(|line| line.contains("by in")).collect::<Vec<_>>().join("\n"), @"");
}

#[test]
fn a_decimal_is_rounded_to_the_digits_that_are_asked_for() {
    let query = "select round(sum(m), 1) as a, round(sum(m)) as b, round(sum(m), -1) as c, round(sum(m), 4) as d,
       trunc(sum(m), 1) as e, floor(sum(m)) as f, ceil(sum(m)) as g, round(avg(m), 2) as h, round(cast('9.99' as decimal(3,2)), 1) as i
from (select cast(price as decimal(9,2)) + 0.15 as m from prices)";
    insta::assert_snapshot!(rows_of(query), @r"
    a,b,c,d,e,f,g,h,i
    60.5,60,60,60.45,60.4,60,61,20.15,10.0
    ");
}

#[test]
fn what_cannot_be_turned_is_told() {
    let project = Project::new().file("t.csv", "k,a,b\n1,2,x\n").pipeline(
        "
        version: 1
        tasks:
          t: {type: load, path: t.csv}
          mixed: {type: unpivot, from: t, columns: [a, b]}
          taken: {type: unpivot, from: t, columns: [a], name: k}
          unlike: {type: pivot, from: t, on: a, in: [two], metrics: {n: count(*)}}
          empty: {type: sample, from: t}
          never: {type: calendar, from: 2024-02-30, to: 2024-03-01, every: fortnight}
        ",
    );
    insta::assert_snapshot!(project.run(["check"]).exits(2).stderr, @r#"
    error: `b` is string, and those before it int
     --> pipeline.yaml:4:48
      |
    4 |   mixed: {type: unpivot, from: t, columns: [a, b]}
      |                                                ^ string
      |
      = help: give them one type in a `normalize` task before

    error: there is a column `k` already
     --> pipeline.yaml:5:55
      |
    5 |   taken: {type: unpivot, from: t, columns: [a], name: k}
      |                                                       ^ a new column of that name
      |
      = help: choose others: `name: month` and `value: amount`

    error: `two` does not fit column `a`
     --> pipeline.yaml:6:46
      |
    6 |   unlike: {type: pivot, from: t, on: a, in: [two], metrics: {n: count(*)}}
      |                                              ^^^ the column is int

    error: task `empty` does not say how many rows
     --> pipeline.yaml:7:3
      |
    7 |   empty: {type: sample, from: t}
      |   ^^^^^
      |
      = help: add `rows: 1000` or `fraction: 0.1`

    error: `2024-02-30` is no date
     --> pipeline.yaml:8:33
      |
    8 |   never: {type: calendar, from: 2024-02-30, to: 2024-03-01, every: fortnight}
      |                                 ^^^^^^^^^^
      |
      = help: write it as `2024-01-31`

    error: `fortnight` is no step of a calendar
     --> pipeline.yaml:8:68
      |
    8 |   never: {type: calendar, from: 2024-02-30, to: 2024-03-01, every: fortnight}
      |                                                                    ^^^^^^^^^
      |
      = help: write `day`, `week`, `month`, `quarter`, `year`, `hour`, `minute`, or such as `2 weeks`

    6 errors
    "#);
}
