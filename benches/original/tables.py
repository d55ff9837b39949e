"""The tables of the smart-retail analysis in pandas, as they are usually made.

Usage: tables.py DATA_DIR OUT_DIR
"""

import sqlite3
import sys
from pathlib import Path

import pandas as pd

DATE = "%m/%d/%Y"


def load(data):
    with sqlite3.connect(data / "smartretail.db") as connection:
        orders = pd.read_sql_query("SELECT * FROM orders", connection)
    campaigns = pd.read_csv(data / "marketing.csv")
    traffic = pd.read_json(data / "web_traffic.json", convert_dates=False)
    sensors = pd.read_csv(data / "iot_stream.csv")
    return orders, campaigns, traffic, sensors


def clean(orders, campaigns, traffic, sensors):
    orders["date"] = pd.to_datetime(orders["order_date"], format=DATE)
    orders["total_amount"] = orders["total_amount"].replace(r"[$€,]", "", regex=True).astype(float)
    for column in ("start_date", "end_date"):
        campaigns[column] = pd.to_datetime(campaigns[column], format=DATE)
    campaigns = campaigns[campaigns["end_date"] >= campaigns["start_date"]]
    traffic["date"] = pd.to_datetime(traffic["date"], format=DATE)
    sensors["date"] = pd.to_datetime(sensors["timestamp"], format=DATE)
    for frame in (orders, traffic, sensors):
        numeric = frame.select_dtypes("number").columns
        frame[numeric] = frame[numeric].fillna(frame[numeric].mean())
    return orders, campaigns, traffic, sensors


def merge(orders, campaigns, traffic, sensors):
    data = orders.merge(campaigns, on="product_id", how="left")
    data["in_campaign"] = (data["date"] >= data["start_date"]) & (data["date"] <= data["end_date"])
    data.loc[~data["in_campaign"], "campaign_name"] = "No Campaign"
    traffic = traffic.groupby("date", as_index=False)[["pageviews", "sessions"]].sum()
    sensors = sensors.groupby("date", as_index=False)[["footfall", "temperature"]].mean()
    data = data.merge(traffic, on="date", how="left").merge(sensors, on="date", how="left")
    data[["pageviews", "sessions"]] = data[["pageviews", "sessions"]].fillna(0)
    for column in ("footfall", "temperature"):
        data[column] = data[column].fillna(data[column].mean())
    return data


def summarize(data):
    measures = dict(
        total_amount=("total_amount", "sum"), quantity=("quantity", "sum"), order_count=("total_amount", "count")
    )
    daily = data.groupby("date", as_index=False).agg(
        **measures, pageviews=("pageviews", "first"), sessions=("sessions", "first")
    )
    tables = {"daily_sales": daily}
    for name, key, rows in (
        ("campaign_sales", "campaign_name", data[data["in_campaign"]]),
        ("product_sales", "product_id", data),
        ("country_sales", "country", data),
    ):
        table = rows.groupby(key, as_index=False).agg(**measures)
        tables[name] = table.sort_values("total_amount", ascending=False)
    return tables


def write(data, tables, out):
    data.to_csv(out / "data_complete.csv", index=False)
    for name, table in tables.items():
        table.to_csv(out / f"{name}.csv", index=False)


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    complete = merge(*clean(*load(Path(sys.argv[1]))))
    write(complete, summarize(complete), folder)
