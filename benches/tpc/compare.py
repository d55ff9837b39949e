#!/usr/bin/env python3
"""All queries of TPC-DS and TPC-H over generated data, beside DuckDB.

    compare.py BINARY [--scale 0.01] [--required] [--spark URL --warehouse FOLDER] [ds|h ...]

The data and the queries come from DuckDB's extensions (PyPI: duckdb, duckdb-extensions, duckdb-extension-tpcds, duckdb-extension-tpch). Without
them it says so and does nothing, unless they are required. Each query that is refused or gives other rows is told, and the exit
code is 1.

With --spark each query runs on a cluster too, whose results must be those of this machine byte for byte. The tables are read from
the warehouse, a folder that the cluster sees.
"""

import argparse
import datetime
import decimal
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BENCHMARKS = {"ds": ("tpcds", "call dsdgen(sf={})"), "h": ("tpch", "call dbgen(sf={})")}


def generated(which, scale, folder):
    """A database with the tables, each written as Parquet, and the queries by number."""
    import duckdb
    from duckdb_extensions import import_extension

    extension, generate = BENCHMARKS[which]
    import_extension(extension)
    db = duckdb.connect()
    db.execute(f"load {extension}")
    db.execute(generate.format(scale))
    tables = [name for (name,) in db.execute("select table_name from duckdb_tables() order by 1").fetchall()]
    for table in tables:
        db.execute(f"copy {table} to '{folder}/{table}.parquet' (format parquet)")
    queries = db.execute(f"select query_nr, query from {extension}_queries() order by 1").fetchall()
    return db, tables, dict(queries)


def key(value):
    """A value that sorts and compares alike on both sides."""
    if value is None:
        return (0, "")
    if isinstance(value, (int, float, decimal.Decimal)) and not isinstance(value, bool):
        return (2, float(value))
    if isinstance(value, datetime.datetime) and value.time() == datetime.time(0):
        return (1, str(value.date()))
    return (1, str(value).rstrip())


def same(mine, theirs):
    """Whether two rows are equal; of numbers the last digits may differ: DuckDB sums and divides decimals as floats."""
    def equal(a, b):
        return a[0] == b[0] and (math.isclose(a[1], b[1], rel_tol=1e-6, abs_tol=0.011) if a[0] == 2 else a[1] == b[1])

    return len(mine) == len(theirs) and all(map(equal, mine, theirs))


def write_pipeline(folder, tables, queries, where, engine):
    """A pipeline with a task for each query, whose tables are below `where`."""
    lines = ["version: 1"] + ([f"engine: {engine}"] if engine else []) + ["tasks:"]
    lines += [f"  {table}: {{type: load, path: '{where}{table}.parquet'}}" for table in tables]
    for number, query in queries.items():
        (folder / f"q{number:02}.sql").write_text(query.strip().rstrip(";"), encoding="utf-8")
        lines.append(f"  q{number:02}: {{type: sql, file: q{number:02}.sql, output: out/q{number:02}.parquet}}")
    (folder / "pipeline.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def compared(binary, which, scale, folder):
    """The queries that are not equal, each with what is wrong."""
    db, tables, queries = generated(which, scale, folder)
    write_pipeline(folder, tables, queries, "", None)
    run = subprocess.run([binary, "-C", folder, "run", "--keep-going"], capture_output=True, text=True)
    wrong = [] if run.returncode == 0 else ["\n".join(run.stderr.splitlines()[-30:])]
    for number, query in queries.items():
        output = folder / f"out/q{number:02}.parquet"
        if not output.exists():
            wrong.append(f"q{number:02} has no result")
            continue
        mine = sorted(tuple(map(key, row)) for row in db.execute(f"select * from '{output}'").fetchall())
        theirs = sorted(tuple(map(key, row)) for row in db.execute(query).fetchall())
        pairs = [pair for pair in zip(mine, theirs) if not same(*pair)]
        if len(mine) != len(theirs) or pairs:
            wrong.append(f"q{number:02}: {len(mine)} rows, DuckDB {len(theirs)}; the first that differ: {pairs[:1]}")
    print(f"{extension_name(which)}, scale {scale}: {len(queries) - len(wrong)} of {len(queries)} queries are equal")
    return wrong


def refused_queries(binary, folder):
    """The queries that `check` refuses, with what it says. Each query has a line of its own."""
    command = [binary, "-C", folder, "--engine", "spark", "--color", "never", "check"]
    check = subprocess.run(command, capture_output=True, text=True)
    lines = (folder / "pipeline.yaml").read_text(encoding="utf-8").splitlines()
    found, told = {}, ""
    for line in check.stderr.splitlines():
        told = line if line.startswith("error") else told
        if place := re.search(r"--> \S*pipeline\.yaml:(\d+)", line):
            query = re.match(r"  q(\d+):", lines[int(place.group(1)) - 1])
            found[int(query.group(1)) if query else 0] = told
    return found


def compared_on_spark(binary, which, scale, folder, url, warehouse):
    """The queries whose results on a cluster are not those of this machine, each with what is wrong."""
    _, tables, queries = generated(which, scale, folder)
    below = f"tpc-{which}-{os.getpid()}"
    there = pathlib.Path(warehouse) / below
    there.mkdir(parents=True)
    for table in tables:
        shutil.copy(folder / f"{table}.parquet", there)
    engine = f"{{type: local, url: '{url}', warehouse: 'file://{warehouse}'}}"
    wrong, results = [], {}
    for name in ("local", "spark"):
        project = folder / name
        project.mkdir()
        write_pipeline(project, tables, queries, f"warehouse:{below}/", engine)
        if name == "spark":
            refused = refused_queries(binary, project)
            wrong += [f"q{number:02} is refused: {told}" for number, told in sorted(refused.items())]
            write_pipeline(project, tables, {n: q for n, q in queries.items() if n not in refused}, f"warehouse:{below}/", engine)
        command = [binary, "-C", project, "--engine", name, "run", "--keep-going"]
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode != 0:
            wrong.append("\n".join(line for line in run.stderr.splitlines() if line.startswith("error"))[-4000:])
        results[name] = {file.name: file.read_bytes() for file in project.glob("out/*.parquet")}
    unequal = [name for name, content in results["local"].items() if results["spark"].get(name) not in (None, content)]
    wrong += [f"{name} differs" for name in sorted(unequal)]
    equal = sum(results["spark"].get(name) == content for name, content in results["local"].items())
    print(f"{extension_name(which)}, scale {scale}: {equal} of {len(queries)} queries are equal on Spark")
    shutil.rmtree(there)
    return wrong


def extension_name(which):
    return {"ds": "TPC-DS", "h": "TPC-H"}[which]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--scale", type=float, default=0.01)
    parser.add_argument("--required", action="store_true", help="fail without DuckDB")
    parser.add_argument("--spark", help="sc://host:port of a Spark Connect server")
    parser.add_argument("--warehouse", help="a folder that it sees")
    parser.add_argument("which", nargs="*", default=list(BENCHMARKS))
    options = parser.parse_args()
    try:
        import duckdb  # noqa: F401
        import duckdb_extensions  # noqa: F401
    except ImportError as error:
        print(f"not compared: {error}; pip install duckdb==1.5.5 duckdb-extensions duckdb-extension-tpcds duckdb-extension-tpch")
        return 1 if options.required else 0
    wrong = []
    for which in options.which:
        with tempfile.TemporaryDirectory() as folder:
            case = (options.binary.resolve(), which, options.scale, pathlib.Path(folder))
            wrong += compared_on_spark(*case, options.spark, options.warehouse) if options.spark else compared(*case)
    print(*wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
