#!/usr/bin/env python3
"""All queries of TPC-DS and TPC-H over generated data, beside DuckDB.

    compare.py BINARY [--scale 0.01] [--required] [ds|h ...]

The data and the queries come from DuckDB's extensions (PyPI: duckdb, duckdb-extensions, duckdb-extension-tpcds, duckdb-extension-tpch). Without
them it says so and does nothing, unless they are required. Each query that is refused or gives other rows is told, and the exit
code is 1.
"""

import argparse
import datetime
import decimal
import math
import pathlib
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


def compared(binary, which, scale, folder):
    """The queries that are not equal, each with what is wrong."""
    db, tables, queries = generated(which, scale, folder)
    lines = ["version: 1", "tasks:"] + [f"  {table}: {{type: load, path: {table}.parquet}}" for table in tables]
    for number, query in queries.items():
        (folder / f"q{number:02}.sql").write_text(query.strip().rstrip(";"), encoding="utf-8")
        lines.append(f"  q{number:02}: {{type: sql, file: q{number:02}.sql, output: out/q{number:02}.parquet}}")
    (folder / "pipeline.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
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


def extension_name(which):
    return {"ds": "TPC-DS", "h": "TPC-H"}[which]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--scale", type=float, default=0.01)
    parser.add_argument("--required", action="store_true", help="fail without DuckDB")
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
            wrong += compared(options.binary.resolve(), which, options.scale, pathlib.Path(folder))
    print(*wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
