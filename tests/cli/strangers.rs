//! Pipelines as people make them of public data, each without a `command`: a shop, movies, the weather of ten cities, orders.

use std::fmt::Write;

use crate::project::Project;

/// A pipeline over a database or files, run; the tables that it publishes.
fn published(project: &Project, files: &[&str]) -> String {
    project.run(["check"]).exits(0);
    project.run(["run"]).exits(0);
    files
        .iter()
        .map(|file| format!("{file}\n{}", project.read(&format!("{file}.csv"))))
        .collect::<Vec<_>>()
        .join("--\n")
}

#[test]
fn a_music_shop() {
    let project = Project::new()
        .sqlite(
            "shop.db",
            "create table track (track_id int, name text, genre text, price numeric);
             create table invoice (invoice_id int, customer text, day datetime, total numeric);
             create table line (invoice_id int, track_id int, quantity int);
             insert into track values (1, 'A', 'Rock', 0.99), (2, 'B', 'Jazz', 1.99), (3, 'C', 'Rock', 0.99);
             insert into invoice values (1, 'Ann', '2023-01-05 00:00:00', 2.98), (2, 'Bob', '2023-03-01 00:00:00', 0.99),
                                        (3, 'Ann', '2024-01-09 00:00:00', 5.00);
             insert into line values (1, 1, 1), (1, 2, 1), (2, 3, 1), (3, 2, 2)",
        )
        .pipeline(
            "
            version: 1
            tasks:
              track: {type: load, path: shop.db, table: track}
              raw: {type: load, path: shop.db, table: invoice}
              line: {type: load, path: shop.db, table: line}
              invoice:
                type: normalize
                from: raw
                columns: {day: date, total: money}
                derive: {month: \"date_trunc('month', day)\"}
              off:
                type: sql
                output: off.csv
                sql: |
                  select i.invoice_id, i.total, cast(sum(t.price * l.quantity) as decimal(9,2)) as lines
                  from invoice i join line l using (invoice_id) join track t using (track_id)
                  group by all having abs(i.total - sum(t.price * l.quantity)) > 0.01
              genres:
                type: sql
                output: genres.csv
                sql: |
                  pivot (select year(i.day) as year, t.genre, l.quantity
                         from line l join invoice i using (invoice_id) join track t using (track_id))
                  on year in (2023, 2024) using sum(quantity) group by genre order by genre
              months:
                type: sql
                output: months.csv
                sql: |
                  select cast(s.month as date) as month, coalesce(sum(i.total), 0) as revenue,
                         to_char(sum(coalesce(sum(i.total), 0)) over (order by s.month), 'FM990.00') as so_far
                  from generate_series((select min(month) from invoice where year(day) = 2023),
                                       (select max(month) from invoice where year(day) = 2023), interval '1 month') as s (month)
                  left join invoice i on i.month = s.month
                  group by s.month
            ",
        );
    insta::assert_snapshot!(published(&project, &["off", "genres", "months"]), @r"
    off
    invoice_id,total,lines
    3,5.00,3.98
    --
    genres
    genre,2023,2024
    Jazz,1,2
    Rock,2,
    --
    months
    month,revenue,so_far
    2023-01-01,2.98,2.98
    2023-02-01,0.00,2.98
    2023-03-01,0.99,3.97
    ");
}

#[test]
fn movies() {
    let project = Project::new()
        .file(
            "movies.json",
            r#"{"count": 3, "data": {"movies": [
              {"Title": "Up", "Release Date": "May 29 2009", "IMDB Rating": 8.3, "MPAA Rating": "PG", "genres": ["Animation", "Drama"], "ids": {"imdb": "tt1"}},
              {"Title": "Big", "Release Date": "1988-06-03", "IMDB Rating": 7.3, "MPAA Rating": null, "genres": ["Drama"], "ids": {"imdb": "tt2"}},
              {"Title": "It", "Release Date": "soon", "IMDB Rating": null, "MPAA Rating": "R", "genres": [], "ids": {"imdb": "tt3"}}]}}"#,
        )
        .pipeline(
            r#"
            version: 1
            tasks:
              raw: {type: load, path: movies.json, options: {records: data.movies}}
              movies:
                type: sql
                output: movies.csv
                sql: |
                  select "ids.imdb" as id, "Title" as title, coalesce("MPAA Rating", 'Not Rated') as rating,
                         coalesce(cast(try_strptime("Release Date", '%b %d %Y') as date), try_cast("Release Date" as date)) as released,
                         "IMDB Rating" as imdb, genres, json_array_length(genres) as many
                  from raw
              genres:
                type: sql
                output: genres.csv
                sql: |
                  select g.genre, count(*) as films, max_by(m.title, m.imdb) as best, round(avg(m.imdb), 1) as mean
                  from movies m, json_array_elements_text(m.genres) as g (genre)
                  group by g.genre order by films desc
              decades:
                type: sql
                output: decades.csv
                sql: |
                  pivot (select year(released) - year(released) % 10 as decade, rating from movies)
                  on rating in ('PG', 'R', 'Not Rated') using count(*) group by decade order by decade
            "#,
        );
    insta::assert_snapshot!(published(&project, &["movies", "genres", "decades"]), @r#"
    movies
    id,title,rating,released,imdb,genres,many
    tt1,Up,PG,2009-05-29,8.3,"[""Animation"", ""Drama""]",2
    tt2,Big,Not Rated,1988-06-03,7.3,"[""Drama""]",1
    tt3,It,R,,,[],0
    --
    genres
    genre,films,best,mean
    Drama,2,Up,7.8
    Animation,1,Up,8.3
    --
    decades
    decade,PG,R,Not Rated
    1980,0,0,1
    2000,1,0,0
    ,0,1,0
    "#);
}

#[test]
fn the_weather_of_ten_cities() {
    let cities = ["athens", "berlin", "dublin", "lisbon", "london", "madrid", "oslo", "paris", "rome", "vienna"];
    let mut project = Project::new();
    for (number, city) in cities.iter().enumerate() {
        let mut text = "date;temp;rain\n".to_owned();
        for day in (1..=20).filter(|day| day % 7 != number % 7) {
            writeln!(text, "{day:02}.01.2023;{},5;{}", number + day, if day % 3 == 0 { "" } else { "1,2" })
                .expect("a text grows");
        }
        project = project.file(&format!("w/{city}.csv"), text);
    }
    let project = project.pipeline(
        r#"
        version: 1
        tasks:
          raw: {type: load, path: w/*.csv, options: {delimiter: ";", decimal: ",", filename: file}}
          days:
            type: normalize
            from: raw
            columns: {date: {type: date, format: "%d.%m.%Y"}}
            derive: {city: "initcap(regexp_extract(file, '(\\w+)\\.csv$', 1))"}
            missing: {rain: zero}
            checks:
              - unique: [city, date]
          calendar: {type: calendar, from: 2023-01-01, to: 2023-01-20, every: day}
          filled:
            type: sql
            sql: |
              select c.city, k.date, d.temp, d.date as measured
              from (select distinct city from days) c cross join calendar k
              asof left join days d on d.city = c.city and k.date >= d.date
          gaps:
            type: sql
            output: gaps.csv
            sql: |
              select city, count(*) as days, string_agg(to_char(date, 'DD'), ' ' order by date) as which
              from filled where measured is distinct from date group by city order by city limit 3
          weeks:
            type: sql
            output: weeks.csv
            sql: |
              select city, week(date) as week, round(avg(temp), 2) as mean, max_by(date, temp) as warmest,
                     rank() over (partition by week(date) order by avg(temp) desc) as place
              from filled group by all qualify place <= 2 order by week, place
        "#,
    );
    insta::assert_snapshot!(published(&project, &["gaps", "weeks"]), @r"
    gaps
    city,days,which
    Athens,2,07 14
    Berlin,3,01 08 15
    Dublin,3,02 09 16
    --
    weeks
    city,week,mean,warmest,place
    Vienna,1,14.36,2023-01-08,1
    Rome,1,13.36,2023-01-07,2
    Vienna,2,21.36,2023-01-15,1
    Rome,2,20.36,2023-01-14,2
    Vienna,3,27.3,2023-01-20,1
    Rome,3,26.5,2023-01-20,2
    Vienna,52,10.5,2023-01-01,1
    Paris,52,8.5,2023-01-01,2
    ");
}

#[test]
fn orders() {
    let project = Project::new()
        .sqlite(
            "orders.db",
            "create table customers (id int, name text);
             create table orders (id int, customer_id int, ordered_at text, shipped_at text);
             create table items (order_id int, product_id int, qty int, unit_price real);
             create table price_changes (product_id int, changed_at text, price real);
             insert into customers values (1, 'Ann'), (2, 'Bob'), (3, 'Eve');
             insert into orders values (1, 1, '2023-01-01 10:30:00', '2023-01-02 10:00:00'), (2, 1, '2023-02-10 08:00:00', '2023-02-14 08:00:00'),
                                       (3, 2, '2023-02-01 12:00:00', null), (4, 2, '2023-03-01 12:00:00', '2023-02-28 12:00:00');
             insert into items values (1, 1, 2, 5), (1, 2, 1, 9), (2, 1, 1, 6), (3, 2, 1, 9);
             insert into price_changes values (1, '2022-12-01 00:00:00', 5), (1, '2023-02-01 00:00:00', 7), (2, '2023-01-15 00:00:00', 10)",
        )
        .pipeline(
            "
            version: 1
            tasks:
              customers: {type: load, path: orders.db, table: customers}
              raw: {type: load, path: orders.db, table: orders}
              items: {type: load, path: orders.db, table: items}
              changes: {type: load, path: orders.db, table: price_changes}
              prices: {type: normalize, from: changes, columns: {changed_at: datetime}}
              orders:
                type: normalize
                from: raw
                columns: {ordered_at: datetime, shipped_at: datetime}
                derive: {hours: extract(epoch from (shipped_at - ordered_at)) / 3600}
                reject:
                  - {where: shipped_at < ordered_at, reason: shipped before it was ordered}
                checks:
                  - relationship: {customer_id: customers.id}
              late:
                type: sql
                output: late.csv
                sql: |
                  select c.name, count(o.id) as orders, max(o.hours) as slowest,
                         count(*) filter (where o.shipped_at - o.ordered_at > interval '2 days') as late
                  from customers c left join orders o on o.customer_id = c.id
                   and o.id in (select order_id from items)
                  group by c.name
              listed:
                type: sql
                output: listed.csv
                sql: |
                  select o.id, i.product_id, i.unit_price, p.price as list_price
                  from items i join orders o on o.id = i.order_id
                  asof left join prices p on p.product_id = i.product_id and o.ordered_at >= p.changed_at
                  order by o.id, i.product_id
              cohorts:
                type: sql
                output: cohorts.csv
                sql: |
                  with firsts as (select customer_id, date_trunc('month', min(ordered_at)) as first from orders group by customer_id),
                  months as (select cast(first as date) as cohort, date_diff('month', first, ordered_at) as age, count(distinct customer_id) as n
                             from orders join firsts using (customer_id) group by all)
                  pivot months on age in (0, 1) using sum(n) group by cohort order by cohort
            ",
        );
    insta::assert_snapshot!(published(&project, &["late", "listed", "cohorts"]), @r"
    late
    name,orders,slowest,late
    Ann,2,96,1
    Bob,1,,0
    Eve,0,,0
    --
    listed
    id,product_id,unit_price,list_price
    1,1,5,5
    1,2,9,
    2,1,6,7
    3,2,9,10
    --
    cohorts
    cohort,0,1
    2023-01-01,1,1
    2023-02-01,1,
    ");
}
