"""The smart-retail tables at any size, as one writes them by hand in Polars: no checks, rejects, cache, figures or report.

Usage: by_hand_polars.py DATA_DIR OUT_DIR
"""

import sqlite3
import sys
from pathlib import Path

import polars as pl

DATE = "%m/%d/%Y"
MEASURES = [
    pl.col("total_amount").sum(),
    pl.col("quantity").sum(),
    pl.len().alias("order_count"),
]


def orders(data):
    query = "select order_date, country, product_id, quantity, total_amount from orders"
    with sqlite3.connect(data / "smartretail.db") as connection:
        frame = pl.read_database(query, connection)
    return frame.lazy().with_columns(
        pl.col("order_date").str.to_date(DATE).alias("date"),
        pl.col("total_amount").str.strip_chars("$").str.replace_all(",", "").cast(pl.Decimal(18, 2)),
    ).with_columns(
        pl.col("quantity").fill_null(pl.col("quantity").mean().round().cast(pl.Int64)),
        pl.col("total_amount").fill_null(pl.col("total_amount").mean().cast(pl.Decimal(18, 2))),
    )


def filled(frame):
    return frame.with_columns(pl.col(pl.Int64, pl.Float64).fill_null(strategy="mean"))


def main():
    data, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    campaigns = (
        pl.scan_csv(data / "marketing.csv")
        .with_columns(pl.col("start_date", "end_date").str.to_date(DATE))
        .filter(pl.col("end_date") >= pl.col("start_date"))
    )
    traffic = filled(pl.read_json(data / "web_traffic.json").lazy()).with_columns(pl.col("date").str.to_date(DATE))
    traffic = traffic.group_by("date").agg(pl.col("pageviews", "sessions").sum())
    sensors = filled(pl.scan_csv(data / "iot_stream.csv")).with_columns(pl.col("timestamp").str.to_date(DATE).alias("date"))
    sensors = sensors.group_by("date").agg(pl.col("footfall", "temperature").mean())
    inside = pl.col("date").is_between("start_date", "end_date").fill_null(False)
    complete = (
        orders(data)
        .join(campaigns, on="product_id", how="left")
        .with_columns(in_campaign=inside)
        .with_columns(campaign_name=pl.when("in_campaign").then("campaign_name").otherwise(pl.lit("No Campaign")))
        .join(traffic, on="date", how="left")
        .join(sensors, on="date", how="left")
        .with_columns(pl.col("pageviews", "sessions").fill_null(0))
        .with_columns(pl.col("footfall", "temperature").fill_null(strategy="mean"))
        .collect()
    )
    complete.write_csv(out / "data_complete.csv")
    rows = complete.lazy()
    days = rows.group_by("date").agg(*MEASURES, pl.col("pageviews", "sessions").max()).sort("date")
    summaries = {"daily_sales": days}
    for name, key, of in (
        ("campaign_sales", "campaign_name", rows.filter("in_campaign")),
        ("product_sales", "product_id", rows),
        ("country_sales", "country", rows),
    ):
        summaries[name] = of.group_by(key).agg(*MEASURES).sort("total_amount", key, descending=[True, False])
    for name, table in zip(summaries, pl.collect_all(list(summaries.values()))):
        table.write_csv(out / f"{name}.csv")


if __name__ == "__main__":
    main()
