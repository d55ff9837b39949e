"""The smart-retail analysis as it is usually written: pandas, sqlite3, matplotlib with seaborn.

Usage: smart_retail.py DATA_DIR OUT_DIR

Reads the four sources, cleans and merges them, writes the five tables and the three figures. It has no checks, no
rejects, no report and no mail; it is here so that Tidemill's time and memory can be measured beside it.
"""

import sqlite3
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

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


def plot_daily_sales(daily, path):
    plt.figure(figsize=(14, 6))
    plt.plot(daily["date"], daily["total_amount"], label="Sales")
    days = np.arange(len(daily))
    trend = np.poly1d(np.polyfit(days, daily["total_amount"], 1))
    plt.plot(daily["date"], trend(days), "--", label="Trend")
    plt.title("Daily sales")
    plt.ylabel("Sales ($)")
    plt.legend()
    plt.tight_layout()
    plt.savefig(path, dpi=300)
    plt.close()


def plot_top_campaigns(campaigns, path):
    best = campaigns.head(15)
    plt.figure(figsize=(14, 8))
    bars = sns.barplot(data=best, x="total_amount", y="campaign_name", hue="campaign_name", legend=False)
    for bar in bars.containers:
        bars.bar_label(bar, fmt="${:,.0f}", padding=4)
    plt.title("Best campaigns")
    plt.xlabel("Sales ($)")
    plt.ylabel("")
    plt.tight_layout()
    plt.savefig(path, dpi=300)
    plt.close()


def plot_traffic_vs_sales(daily, path):
    figure, (over_time, against) = plt.subplots(2, 1, figsize=(14, 12))
    over_time.plot(daily["date"], daily["total_amount"], color="tab:blue")
    over_time.set_ylabel("Sales ($)")
    sessions = over_time.twinx()
    sessions.plot(daily["date"], daily["sessions"], color="tab:orange", alpha=0.7)
    sessions.set_ylabel("Sessions")
    over_time.set_title("Sales and web sessions")
    r = daily["total_amount"].corr(daily["sessions"])
    sns.regplot(data=daily, x="sessions", y="total_amount", ax=against)
    against.set_title(f"Sales against web sessions (r = {r:.3f})")
    figure.tight_layout()
    figure.savefig(path, dpi=300)
    plt.close(figure)


def main():
    data_dir, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    sns.set_theme(style="whitegrid")
    data = merge(*clean(*load(data_dir)))
    tables = summarize(data)
    data.to_csv(out / "data_complete.csv", index=False)
    for name, table in tables.items():
        table.to_csv(out / f"{name}.csv", index=False)
    plot_daily_sales(tables["daily_sales"], out / "daily_sales.png")
    plot_top_campaigns(tables["campaign_sales"], out / "top_campaigns.png")
    plot_traffic_vs_sales(tables["daily_sales"], out / "traffic_vs_sales.png")
    print(f"{len(data)} rows, {data['in_campaign'].sum()} in a campaign, results in {out}")


if __name__ == "__main__":
    main()
