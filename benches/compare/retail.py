"""The tables of smart-retail at several sizes, beside the same analysis written by hand."""

import csv
import decimal
import shutil
import subprocess
import sys

import peers
from timing import in_turns, ratio, seconds

TABLES = ["data_complete", "daily_sales", "campaign_sales", "product_sales", "country_sales", "revenue_by_day",
          "revenue_by_product", "revenue_by_country"]
# Rivals, and how many orders each is given at most: beyond, it needs more memory than the machine has, or many minutes.
RIVALS = {
    "Python polars": ("benches/compare/rivals/retail_polars.py", 10_000_000),
    "DuckDB": ("benches/compare/rivals/retail_duckdb.py", 10_000_000),
    "pandas": ("benches/original/tables.py", 100_000),
}


def sample(folder, root, orders):
    """Makes the sources once."""
    if not (folder / "smartretail.db").exists():
        print(f"making {orders:,} orders", file=sys.stderr)
        folder.mkdir(parents=True, exist_ok=True)
        command = ["cargo", "run", "--quiet", "--example", "sample_data", "--", "--orders", str(orders), "--out", str(folder)]
        subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL)
    return folder


def total(path):
    """The sum of sales in one of the small tables, rounded to cents: all programs must find the same."""
    with open(path, newline="") as file:
        return sum(decimal.Decimal(row["total_amount"]) for row in csv.DictReader(file)).quantize(decimal.Decimal("0.01"))


def measure(scratch, binary, root, keep, sizes, times, limit):
    rows = []
    python = peers.FOLDER / "bin/python"
    for orders in sizes:
        data = sample(keep / f"orders-{orders}", root, orders)
        project = scratch / f"retail-{orders}"
        project.mkdir()
        shutil.copy(root / "pipeline.yaml", project)
        shutil.copytree(root / "tasks", project / "tasks")

        def ours():
            for name in (".tidemill", "data", "outputs", "logs"):
                shutil.rmtree(project / name, ignore_errors=True)
            return [binary, "run", *TABLES, "-p", f"data_dir={data}"], project

        def theirs(script, out):
            def prepare():
                shutil.rmtree(out, ignore_errors=True)
                return [python, root / script, data, out], scratch

            return prepare

        contestants = {"tidemill": ours}
        for name, (script, most) in RIVALS.items():
            if orders <= most:
                contestants[name] = theirs(script, scratch / f"{name}-{orders}")
        figures = in_turns(contestants, times if orders <= 1_000_000 else 1, limit)
        same_everywhere(project, scratch, orders, figures)
        mine = figures["tidemill"]
        for name, measured in figures.items():
            if measured is None:
                rows.append([f"{orders:,}", name, f"more than {limit} s", "", "", "", ""])
                continue
            beside = ["", ""]
            if name != "tidemill" and mine:
                beside = [ratio(mine.wall, measured.wall), ratio(mine.peak, measured.peak)]
            rows.append([f"{orders:,}", name, seconds(measured.wall), seconds(measured.cpu), f"{measured.peak:,.0f} MiB", *beside])
        for name in contestants:
            shutil.rmtree(scratch / f"{name}-{orders}", ignore_errors=True)
        shutil.rmtree(project)
    return ["orders", "program", "wall", "processor", "peak memory", "tidemill's wall is of it", "its memory"], rows


def same_everywhere(project, scratch, orders, figures):
    """Stops if two programs found different sales."""
    found = {}
    for name, measured in figures.items():
        folder = project / "data/processed" if name == "tidemill" else scratch / f"{name}-{orders}"
        if measured is not None:
            found[name] = [total(folder / f"{table}.csv") for table in ("daily_sales", "campaign_sales", "country_sales")]
    if len({tuple(sums) for sums in found.values()}) > 1:
        sys.exit(f"with {orders:,} orders they find different sales: {found}")
