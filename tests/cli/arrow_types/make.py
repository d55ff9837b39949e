"""Writes types.parquet: columns of types that only pyarrow writes. `pip install pyarrow`, then run it in this folder."""

import datetime
import decimal

import pyarrow as pa
import pyarrow.parquet as pq

time, day = datetime.time, datetime.date
columns = {
    "seconds": pa.array([time(0, 0, 5), None, time(12, 34, 56)], pa.time32("s")),
    "millis": pa.array([time(0, 0, 5, 7000), None, time(12, 34, 56)], pa.time32("ms")),
    "micros": pa.array([time(0, 0, 5, 7), None, time(23, 59, 59, 999999)], pa.time64("us")),
    "nanos": pa.array([5_000_000_001, None, 1_000], pa.int64()).cast(pa.time64("ns")),
    "moment": pa.array([1_700_000_000_000_000_001, None, -1], pa.int64()).cast(pa.timestamp("ns", tz="Europe/Berlin")),
    "day": pa.array([day(2024, 2, 29), None, day(1969, 12, 31)], pa.date64()),
    "code": pa.array(["x", None, "y"]).dictionary_encode(),
    "number": pa.array([10, None, 20]).dictionary_encode(),
    "large": pa.array(["a", None, ""], pa.large_string()),
    "exact": pa.array([decimal.Decimal("1.50"), None, decimal.Decimal("-0.01")], pa.decimal256(20, 2)),
    "half": pa.array([1.5, None, 2], pa.float16()),
    "wide": pa.array([decimal.Decimal(1), None, decimal.Decimal(2)], pa.decimal256(50, 2)),
    "pair": pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int64(), 2)),
    "words": pa.array([["a"], None, []], pa.large_list(pa.large_string())),
    "point": pa.array([{"x": 1}, None, {"x": 2}]),
    "lookup": pa.array([[("a", 1), ("b", None)], None, []], pa.map_(pa.string(), pa.int64())),
    "counts": pa.array([[(1, True)], None, [(2, False)]], pa.map_(pa.int32(), pa.bool_())),
    "deep": pa.array(
        [
            [{"at": datetime.datetime(2024, 1, 2, 3, 4, 5), "tags": ['a "b"', None]}, None],
            None,
            [{"at": None, "tags": []}, {"at": None, "tags": None}],
        ],
        pa.list_(pa.struct({"at": pa.timestamp("ns", tz="UTC"), "tags": pa.list_(pa.string())})),
    ),
    "prices": pa.array(
        [{"net": decimal.Decimal("1.50"), "rates": [0.5, float("nan")], "when": time(1, 2, 3)}, None, {"net": None, "rates": [None], "when": None}],
        pa.struct({"net": pa.decimal128(9, 2), "rates": pa.list_(pa.float64()), "when": pa.time32("s")}),
    ),
    "raw": pa.array([{"x": 1, "raw": b"a"}, None, None]),
    "bytes": pa.array([b"a", None, b"\xff"], pa.large_binary()),
    "id": pa.array([b"0123456789abcdef", None, b"fedcba9876543210"], pa.uuid()),
    "lasts": pa.array([datetime.timedelta(hours=1), None, datetime.timedelta(0)]),
}
pq.write_table(pa.table(columns), "types.parquet", use_dictionary=False, write_statistics=False, compression="zstd")
