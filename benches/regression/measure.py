#!/usr/bin/env python3
"""Fails if Tidemill has become twice as slow as it was: a small measurement for every change.

    benches/regression/measure.py BINARY             compares with baseline.json
    benches/regression/measure.py BINARY --record    writes baseline.json

Machines differ, so nothing is measured in seconds. Beside each job a yardstick runs in the same minute on the same machine: a
fixed piece of work in Python with SQLite, JSON, hashing and sorting in it. What is compared is the processor time of the job
as a multiple of the yardstick's; the least of several runs in turns counts, which other work on the machine disturbs little.
The binary is the one that the tests use: `cargo build`, without optimisation.
"""

import argparse
import json
import pathlib
import shutil
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "compare"))

import graphs
from retail import TABLES
from timing import once

BASELINE = HERE / "baseline.json"
LIMIT = 2.0

YARDSTICK = """
import hashlib, json, random, sqlite3
chance = random.Random(1)
rows = [(at, chance.random(), f"name {at % 97}") for at in range(60000)]
database = sqlite3.connect(":memory:")
database.execute("create table t (a integer, b real, c text)")
database.executemany("insert into t values (?, ?, ?)", rows)
sums = database.execute("select c, sum(b), count(*) from t group by c order by 2").fetchall()
text = json.dumps(sorted(rows, key=lambda row: row[1]))
json.loads(text)
hashlib.blake2b(text.encode() * 4).hexdigest()
"""


def jobs(scratch, binary):
    """Name → what prepares a run and returns its command and folder."""
    many = scratch / "many"
    graphs.tidemill_no_op(many, graphs.layered(2_000))
    resting = scratch / "resting"
    graphs.tidemill_tables(resting, graphs.layered(300))
    once([binary, "run"], resting)
    commands = scratch / "commands"
    graphs.tidemill_true(commands, graphs.wide(100))
    project = scratch / "retail"
    project.mkdir()
    shutil.copy(ROOT / "pipeline.yaml", project)
    shutil.copytree(ROOT / "tasks", project / "tasks")

    def anew(folder, names, command):
        def prepare():
            for name in names:
                shutil.rmtree(folder / name, ignore_errors=True)
            return command, folder

        return prepare

    left = [".tidemill", "logs", "outputs", "data", "out"]
    return {
        "check of 2,000 tasks": lambda: ([binary, "check"], many),
        "plan of 2,000 tasks": lambda: ([binary, "plan"], many),
        "300 tables, from nothing": anew(resting, left, [binary, "run"]),
        "300 tables, nothing to do": lambda: ([binary, "run"], resting),
        "100 commands": anew(commands, left, [binary, "run", "-j", "2"]),
        "the tables of smart-retail": anew(project, left, [binary, "run", *TABLES, "-p", f"data_dir={ROOT / 'data'}"]),
        "smart-retail with figures, report and mail": anew(project, left, [binary, "run", "-p", f"data_dir={ROOT / 'data'}"]),
    }


def measure(binary, times):
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        todo = jobs(scratch, binary)
        # Files are trusted by their time stamps once these are two seconds old.
        time.sleep(2.5)
        yardstick = [sys.executable, "-c", YARDSTICK]
        least = {name: float("inf") for name in ["yardstick", *todo]}
        for _ in range(times):
            least["yardstick"] = min(least["yardstick"], once(yardstick, scratch)[1])
            for name, prepare in todo.items():
                least[name] = min(least[name], once(*prepare())[1])
        unit = least.pop("yardstick")
        return unit, {name: round(seconds / unit, 3) for name, seconds in least.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--times", type=int, default=5)
    wanted = parser.parse_args()
    unit, found = measure(wanted.binary.resolve(), wanted.times)
    if wanted.record:
        BASELINE.write_text(json.dumps(found, indent=2) + "\n")
    before = json.loads(BASELINE.read_text())
    print(f"the yardstick took {unit:.2f} s of processor time; all else in yardsticks")
    slower = []
    for name, value in found.items():
        known = before.get(name)
        times = value / known if known else float("nan")
        print(f"  {name:44} {value:8.3f}   recorded {known if known else '-':>8}   {times:5.2f} times")
        if known is None or times > LIMIT:
            slower.append(name)
    if slower:
        sys.exit(f"more than {LIMIT:g} times what was recorded: {', '.join(slower)}; if that is right, measure with --record and say why")


if __name__ == "__main__":
    main()
