"""Adds to every day of a store the mean of its last days: smooth.py SALES RESULT WINDOW."""

import csv
import sys
from collections import defaultdict, deque
from decimal import Decimal

source, target, window = sys.argv[1], sys.argv[2], int(sys.argv[3])
last = defaultdict(lambda: deque(maxlen=window))

with open(source, newline="") as rows, open(target, "w", newline="") as result:
    out = csv.writer(result, lineterminator="\n")
    out.writerow(["day", "store", "amount", "mean"])
    count = 0
    for row in csv.DictReader(rows):
        days = last[row["store"]]
        days.append(Decimal(row["amount"]))
        out.writerow([row["day"], row["store"], row["amount"], f"{float(sum(days) / len(days)):.4f}"])
        count += 1

print(f"{count} days of {len(last)} stores smoothed over {window} days")
