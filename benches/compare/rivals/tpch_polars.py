"""One query of TPC-H in Python polars' SQL, lazily from Parquet.

Usage: tpch_polars.py DATA_DIR QUERY.sql OUT.csv
"""

import sys
from pathlib import Path

import polars as pl

data, query, out = map(Path, sys.argv[1:])
tables = {path.stem: pl.scan_parquet(path) for path in data.glob("*.parquet")}
pl.SQLContext(tables).execute(query.read_text()).collect(engine="streaming").write_csv(out)
