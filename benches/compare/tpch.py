"""TPC-H: its queries as `sql` tasks, beside Python polars' SQL and DuckDB on the same files."""

import csv
import pathlib
import shutil
import subprocess
import sys

import peers
from timing import in_turns, once, ratio, seconds

QUERIES = sorted((pathlib.Path(__file__).resolve().parent / "tpch").glob("*.sql"))
TABLES = ["customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"]
RIVALS = {"Python polars": "tpch_polars.py", "DuckDB": "tpch_duckdb.py"}


def generated(folder, scale):
    """Makes the tables once, as Parquet."""
    if not (folder / "lineitem.parquet").exists():
        print(f"making TPC-H at scale factor {scale}", file=sys.stderr)
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([peers.program("tpchgen-cli"), "parquet", "-s", str(scale), f"--output-dir={folder}"], check=True)
    return folder


def write(project, data):
    project.mkdir()
    lines = ["version: 1", "name: tpch", "tasks:"]
    lines += [f"  {name}: {{type: load, path: {data / name}.parquet}}" for name in TABLES]
    for query in QUERIES:
        shutil.copy(query, project)
        lines.append(f"  {query.stem}: {{type: sql, file: {query.name}, output: out/{query.stem}.csv}}")
    (project / "pipeline.yaml").write_text("\n".join(lines) + "\n")


def rows_of(path):
    """The table, numbers rounded as far as averages of different precision agree."""
    def value(text):
        try:
            return f"{float(text):.6g}"
        except ValueError:
            return text

    with open(path, newline="") as file:
        return [[value(text) for text in row] for row in list(csv.reader(file))[1:]]


def refused(command, folder):
    """What a program says that cannot do a query; `None` if it can."""
    done = subprocess.run([str(word) for word in command], cwd=folder, capture_output=True, text=True)
    return (done.stderr.strip().splitlines() or [""])[-1] if done.returncode else None


def measure(scratch, binary, keep, scale, times):
    """Each query alone: Tidemill with its loads done before (`rerun`) and from nothing (`run`), the others from Parquet."""
    data = generated(keep / f"tpch-{scale}", scale)
    project = scratch / "tpch"
    write(project, data)
    python = peers.FOLDER / "bin/python"
    here = pathlib.Path(__file__).resolve().parent
    rows, sums = [], {}
    for query in QUERIES:
        def from_nothing():
            shutil.rmtree(project / ".tidemill", ignore_errors=True)
            return [binary, "run", query.stem], project

        contestants = {"from nothing": from_nothing, "loaded": lambda: ([binary, "rerun", query.stem], project)}
        for name, script in RIVALS.items():
            out = scratch / f"{name}-{query.stem}.csv"
            command = [python, here / "rivals" / script, data, query, out]
            said = refused(command, scratch)
            if said is None:
                contestants[name] = lambda command=command: (command, scratch)
            else:
                print(f"{query.stem}: {name} does not do it: {said}", file=sys.stderr)
        figures = in_turns(contestants, times)
        tables = {name: rows_of(scratch / f"{name}-{query.stem}.csv") for name in RIVALS if name in contestants}
        ours = rows_of(project / f"out/{query.stem}.csv")
        if any(table != ours for table in tables.values()):
            sys.exit(f"{query.stem}: the results differ: " + str({name: table[:3] for name, table in tables.items()}))
        best = min(figures[name].wall for name in tables)
        leanest = min(figures[name].peak for name in tables)
        row = [query.stem]
        for kind in ["from nothing", "loaded"]:
            row += [seconds(figures[kind].wall), ratio(figures[kind].wall, best)]
        row += [f"{figures['from nothing'].peak:,.0f} MiB", ratio(figures["from nothing"].peak, leanest)]
        for name in RIVALS:
            row += [seconds(figures[name].wall), f"{figures[name].peak:,.0f} MiB"] if name in figures else ["", ""]
        rows.append(row)
        for name in figures:
            if len(tables) == len(RIVALS):
                sums[name] = sums.get(name, 0) + figures[name].wall
    headings = ["query", "from nothing", "of the better", "loaded", "of the better", "memory", "of the leaner"]
    for name in RIVALS:
        headings += [name, "memory"]
    return headings, rows, sums
