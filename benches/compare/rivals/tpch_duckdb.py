"""One query of TPC-H in DuckDB, from Parquet.

Usage: tpch_duckdb.py DATA_DIR QUERY.sql OUT.csv
"""

import sys
from pathlib import Path

import duckdb

data, query, out = map(Path, sys.argv[1:])
database = duckdb.connect()
for path in data.glob("*.parquet"):
    database.execute(f"create view {path.stem} as select * from read_parquet('{path}')")
database.execute(f"copy ({query.read_text()}) to '{out}'")
