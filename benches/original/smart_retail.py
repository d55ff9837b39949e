"""The smart-retail analysis as it is usually written: pandas, sqlite3, matplotlib with seaborn.

Usage: smart_retail.py DATA_DIR OUT_DIR

Reads the four sources, cleans and merges them, writes the five tables and the three figures. It has no checks, no
rejects, no report and no mail; it is here so that Tidemill's time and memory can be measured beside it.
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns

from tables import clean, load, merge, summarize, write


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
    write(data, tables, out)
    plot_daily_sales(tables["daily_sales"], out / "daily_sales.png")
    plot_top_campaigns(tables["campaign_sales"], out / "top_campaigns.png")
    plot_traffic_vs_sales(tables["daily_sales"], out / "traffic_vs_sales.png")
    print(f"{len(data)} rows, {data['in_campaign'].sum()} in a campaign, results in {out}")


if __name__ == "__main__":
    main()
