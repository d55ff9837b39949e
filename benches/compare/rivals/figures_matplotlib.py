"""The three figures of smart-retail in matplotlib, from the tables as CSV.

Usage: figures_matplotlib.py TABLES_DIR OUT_DIR
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import polars as pl

MONEY = matplotlib.ticker.StrMethodFormatter("${x:,.0f}")


def daily_sales(daily, path):
    figure, axes = plt.subplots(figsize=(14, 6))
    axes.plot(daily["date"], daily["total_amount"], label="Sales")
    days = np.arange(len(daily))
    axes.plot(daily["date"], np.poly1d(np.polyfit(days, daily["total_amount"], 1))(days), "--", label="Trend")
    axes.yaxis.set_major_formatter(MONEY)
    axes.set(title="Daily sales", ylabel="Sales of the joined table")
    axes.legend()
    figure.savefig(path, dpi=300)


def top_campaigns(campaigns, path):
    best = campaigns.head(15)[::-1]
    figure, axes = plt.subplots(figsize=(14, 8))
    axes.bar_label(axes.barh(best["campaign_name"], best["total_amount"]), fmt="${:,.0f}", padding=4)
    axes.xaxis.set_major_formatter(MONEY)
    axes.set(title="Best campaigns", xlabel="Sales while the campaign ran")
    figure.savefig(path, dpi=300)


def traffic(daily, path):
    figure, (over_time, against) = plt.subplots(2, 1, figsize=(14, 12))
    over_time.plot(daily["date"], daily["total_amount"])
    over_time.twinx().plot(daily["date"], daily["sessions"], color="tab:orange")
    over_time.set(title="Sales and web sessions", ylabel="Sales")
    x, y = daily["sessions"].to_numpy(), daily["total_amount"].to_numpy()
    against.scatter(x, y)
    ends = np.array([x.min(), x.max()])
    against.plot(ends, np.poly1d(np.polyfit(x, y, 1))(ends), "--")
    against.set(title=f"Sales against web sessions (r = {np.corrcoef(x, y)[0, 1]:.3f})", xlabel="Sessions", ylabel="Sales")
    figure.savefig(path, dpi=300)


if __name__ == "__main__":
    tables, out = map(Path, sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    daily = pl.read_csv(tables / "daily_sales.csv", try_parse_dates=True)
    daily_sales(daily, out / "daily_sales.png")
    top_campaigns(pl.read_csv(tables / "campaign_sales.csv"), out / "top_campaigns.png")
    traffic(daily, out / "traffic_vs_sales.png")
