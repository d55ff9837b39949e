"""The tables of smart-retail in DuckDB's SQL.

Usage: retail_duckdb.py DATA_DIR OUT_DIR

The orders come from SQLite through connectorx and Arrow: DuckDB's own reader of SQLite files is an extension that is
downloaded when first used, which a benchmark should not depend on.
"""

import sys
from pathlib import Path

import connectorx
import duckdb

GROUPED = """
    select {key}, sum(total_amount) as total_amount, sum(quantity) as quantity, count(*) as order_count
    from {rows} group by {key} order by total_amount desc, {key}
"""


def main(data, out):
    database = duckdb.connect()
    raw_orders = connectorx.read_sql(
        f"sqlite://{(data / 'smartretail.db').resolve()}",
        "select order_date, country, product_id, quantity, cast(total_amount as text) as total_amount from orders",
        return_type="arrow",
    )
    database.register("raw_orders", raw_orders)
    database.execute(f"""
        create temp table orders as
        select order_date, country, product_id,
               coalesce(quantity, (select round(avg(quantity)) from raw_orders)::bigint) as quantity,
               replace(replace(total_amount, '$', ''), ',', '')::decimal(18, 2) as total_amount,
               strptime(order_date, '%m/%d/%Y')::date as date
        from raw_orders;

        create temp table campaigns as
        select campaign_name, product_id, strptime(start_date, '%m/%d/%Y')::date as start_date,
               strptime(end_date, '%m/%d/%Y')::date as end_date
        from read_csv('{data}/marketing.csv', types = {{'start_date': 'varchar', 'end_date': 'varchar'}})
        where strptime(end_date, '%m/%d/%Y') >= strptime(start_date, '%m/%d/%Y');

        create temp table raw_traffic as
        select * from read_json('{data}/web_traffic.json',
            columns = {{'date': 'varchar', 'pageviews': 'bigint', 'sessions': 'bigint', 'source': 'varchar'}});
        create temp table traffic as
        select strptime(date, '%m/%d/%Y')::date as date,
               sum(coalesce(pageviews, (select round(avg(pageviews)) from raw_traffic)::bigint))::bigint as pageviews,
               sum(coalesce(sessions, (select round(avg(sessions)) from raw_traffic)::bigint))::bigint as sessions
        from raw_traffic group by 1;

        create temp table raw_sensors as
        select * from read_csv('{data}/iot_stream.csv', types = {{'timestamp': 'varchar'}});
        create temp table sensors as
        select strptime(timestamp, '%m/%d/%Y')::date as date,
               avg(coalesce(footfall, (select round(avg(footfall)) from raw_sensors)::bigint)) as footfall,
               avg(coalesce(temperature, (select avg(temperature) from raw_sensors))) as temperature
        from raw_sensors group by 1;

        create temp table joined as
        select o.*, case when o.date between c.start_date and c.end_date then c.campaign_name else 'No Campaign' end as campaign_name,
               c.start_date, c.end_date, coalesce(o.date between c.start_date and c.end_date, false) as in_campaign,
               coalesce(t.pageviews, 0) as pageviews, coalesce(t.sessions, 0) as sessions, s.footfall, s.temperature
        from orders o
        left join campaigns c on o.product_id = c.product_id
        left join traffic t on o.date = t.date
        left join sensors s on o.date = s.date;

        copy (
            select order_date, country, product_id, quantity, total_amount, date, campaign_name, start_date, end_date, in_campaign,
                   pageviews, sessions, coalesce(footfall, (select avg(footfall) from joined)) as footfall,
                   coalesce(temperature, (select avg(temperature) from joined)) as temperature
            from joined
        ) to '{out}/data_complete.csv';

        copy (
            select date, sum(total_amount) as total_amount, sum(quantity) as quantity, count(*) as order_count,
                   max(pageviews) as pageviews, max(sessions) as sessions
            from joined group by date order by date
        ) to '{out}/daily_sales.csv';
        copy (
            select date, sum(total_amount) as total_amount, sum(quantity) as quantity, count(*) as order_count
            from orders group by date order by date
        ) to '{out}/revenue_by_day.csv';
    """)
    for name, rows, key in (
        ("campaign_sales", "(select * from joined where in_campaign)", "campaign_name"),
        ("product_sales", "joined", "product_id"),
        ("country_sales", "joined", "country"),
        ("revenue_by_product", "orders", "product_id"),
        ("revenue_by_country", "orders", "country"),
    ):
        database.execute(f"copy ({GROUPED.format(rows=rows, key=key)}) to '{out}/{name}.csv'")


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    main(Path(sys.argv[1]), folder)
