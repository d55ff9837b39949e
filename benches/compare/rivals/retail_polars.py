"""The tables of smart-retail in Python polars, lazily and with its streaming engine.

Usage: retail_polars.py DATA_DIR OUT_DIR
"""

import sys
from pathlib import Path

import polars as pl

DATE = "%m/%d/%Y"
MEASURES = [
    pl.col("total_amount").sum(),
    pl.col("quantity").sum(),
    pl.len().alias("order_count"),
]


def mean_for_null(*columns):
    return [pl.col(name).fill_null(pl.col(name).mean().round().cast(pl.Int64)) for name in columns]


def main(data, out):
    orders = (
        pl.read_database_uri(
            "select order_date, country, product_id, quantity, cast(total_amount as text) as total_amount from orders",
            f"sqlite://{(data / 'smartretail.db').resolve()}",
            engine="connectorx",
        )
        .lazy()
        .with_columns(
            pl.col("order_date").str.to_date(DATE).alias("date"),
            pl.col("total_amount").str.replace_all(r"[$,\s]", "").cast(pl.Decimal(18, 2)),
            *mean_for_null("quantity"),
        )
    )
    campaigns = (
        pl.scan_csv(data / "marketing.csv")
        .with_columns(pl.col("start_date", "end_date").str.to_date(DATE))
        .filter(pl.col("end_date") >= pl.col("start_date"))
    )
    traffic = (
        pl.read_json(data / "web_traffic.json")
        .lazy()
        .with_columns(pl.col("date").str.to_date(DATE), *mean_for_null("pageviews", "sessions"))
        .group_by("date")
        .agg(pl.col("pageviews", "sessions").sum())
    )
    sensors = (
        pl.scan_csv(data / "iot_stream.csv")
        .with_columns(
            pl.col("timestamp").str.to_date(DATE).alias("date"),
            pl.col("temperature").fill_null(pl.col("temperature").mean()),
            *mean_for_null("footfall"),
        )
        .group_by("date")
        .agg(pl.col("footfall", "temperature").mean())
    )
    within = pl.col("date").is_between("start_date", "end_date").fill_null(False)
    complete = (
        orders.join(campaigns, on="product_id", how="left", maintain_order="left_right")
        .with_columns(within.alias("in_campaign"))
        .with_columns(pl.when("in_campaign").then("campaign_name").otherwise(pl.lit("No Campaign")).alias("campaign_name"))
        .join(traffic, on="date", how="left", maintain_order="left")
        .with_columns(pl.col("pageviews", "sessions").fill_null(0))
        .join(sensors, on="date", how="left", maintain_order="left")
        .with_columns(pl.col(name).fill_null(pl.col(name).mean()) for name in ("footfall", "temperature"))
        .select(
            *("order_date", "country", "product_id", "quantity", "total_amount", "date", "campaign_name", "start_date"),
            *("end_date", "in_campaign", "pageviews", "sessions", "footfall", "temperature"),
        )
        .collect(engine="streaming")
    )
    complete.write_csv(out / "data_complete.csv")
    joined = complete.lazy()
    tables = {
        "daily_sales": joined.group_by("date").agg(*MEASURES, pl.col("pageviews", "sessions").max()).sort("date"),
        "campaign_sales": grouped(joined.filter("in_campaign"), "campaign_name"),
        "product_sales": grouped(joined, "product_id"),
        "country_sales": grouped(joined, "country"),
        "revenue_by_day": orders.group_by("date").agg(MEASURES).sort("date"),
        "revenue_by_product": grouped(orders, "product_id"),
        "revenue_by_country": grouped(orders, "country"),
    }
    for name, table in zip(tables, pl.collect_all(tables.values(), engine="streaming")):
        table.write_csv(out / f"{name}.csv")


def grouped(rows, key):
    return rows.group_by(key).agg(MEASURES).sort(["total_amount", key], descending=[True, False])


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    main(Path(sys.argv[1]), folder)
