#!/usr/bin/env python3
"""Fails if Tidemill has become twice as slow as it was: a small measurement for every change.

    benches/regression/measure.py BINARY             compares with baseline.json
    benches/regression/measure.py BINARY --record    writes baseline.json

Machines differ, so nothing is measured in seconds. Beside each job a yardstick runs in the same minute on the same machine: a
fixed piece of work in Python with SQLite, JSON, hashing and sorting in it. What is compared is the processor time that the job
itself takes (not what the system does for it, which depends on the disk) as a multiple of the yardstick's; the least of several
runs in turns counts, which other work on the machine disturbs little. What seems too slow is measured again before it fails.
The binary is the one that the tests use: `cargo build`, without optimisation.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

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


def wide_columns(folder, count):
    """A table of many columns, which each kind of step names."""
    folder.mkdir()
    columns = [f"column_{at}" for at in range(count)]
    rows = [",".join(str(row * at % 97) for at in range(count)) for row in range(5)]
    (folder / "wide.csv").write_text("\n".join([",".join(columns), *rows]) + "\n")
    each = lambda form: ", ".join(form.format(column) for column in columns)
    tasks = {
        "wide": "type: load, path: wide.csv",
        "converted": f"type: normalize, from: wide, columns: {{{each('{0}: float')}}}",
        "derived": f"type: normalize, from: wide, derive: {{{each('{0}: {0} + 1')}}}",
        "grouped": f"type: aggregate, from: wide, group_by: [column_0], metrics: {{{each('sum_{0}: sum({0})')}}}",
        "joined": "type: join, left: wide, right: derived, on: [column_0], how: left",
        "queried": f"type: sql, sql: 'select {each('{0}')} from wide order by column_1'",
        "checked": f"type: sql, sql: select * from joined, checks: [{{not_null: [{each('{0}')}]}}]",
    }
    lines = ["version: 1", "name: wide", "tasks:", *(f"  {name}: {{{keys}}}" for name, keys in tasks.items())]
    (folder / "pipeline.yaml").write_text("\n".join(lines) + "\n")


def jobs(scratch, binary):
    """Name → what prepares a run and returns its command and folder."""
    many = scratch / "many"
    graphs.tidemill_no_op(many, graphs.layered(2_000))
    tables = scratch / "tables"
    graphs.tidemill_tables(tables, graphs.layered(300))
    commands = scratch / "commands"
    graphs.tidemill_true(commands, graphs.wide(100))
    columns = scratch / "columns"
    wide_columns(columns, 2_000)
    project = scratch / "retail"
    project.mkdir()
    shutil.copy(ROOT / "pipeline.yaml", project)
    shutil.copytree(ROOT / "tasks", project / "tasks")

    def anew(folder, command):
        """In a new copy each time: file systems are slow where many files have just been removed."""

        def prepare():
            copy = pathlib.Path(tempfile.mkdtemp(dir=scratch)) / folder.name
            shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(".tidemill", "logs", "outputs", "data", "out"))
            return command, copy

        return prepare

    return {
        "check of 2,000 tasks": lambda: ([binary, "check"], many),
        "plan of 2,000 tasks": lambda: ([binary, "plan"], many),
        "check of 2,000 columns": lambda: ([binary, "check"], columns),
        "2,000 columns, from nothing": anew(columns, [binary, "run"]),
        "300 tables, from nothing": anew(tables, [binary, "run"]),
        "100 commands": anew(commands, [binary, "run", "-j", "2"]),
        "the tables of smart-retail": anew(project, [binary, "run", *TABLES, "-p", f"data_dir={ROOT / 'data'}"]),
        "smart-retail with figures, report and mail": anew(project, [binary, "run", "-p", f"data_dir={ROOT / 'data'}"]),
    }


def user_seconds(command, folder):
    """The processor seconds that a command and its children took for themselves."""
    words = [str(word) for word in command]
    process = subprocess.Popen(words, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        once(command, folder)  # says what is wrong
        sys.exit(f"{' '.join(words)} failed only sometimes")
    return used.ru_utime


def measure(binary, times):
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        todo = jobs(scratch, binary)
        yardstick = [sys.executable, "-c", YARDSTICK]
        least = {name: float("inf") for name in ["yardstick", *todo]}
        for _ in range(times):
            least["yardstick"] = min(least["yardstick"], user_seconds(yardstick, scratch))
            for name, prepare in todo.items():
                least[name] = min(least[name], user_seconds(*prepare()))
        unit = least.pop("yardstick")
        return unit, {name: round(seconds / unit, 3) for name, seconds in least.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--times", type=int, default=5)
    wanted = parser.parse_args()
    unit, found = measure(wanted.binary.resolve(), wanted.times)
    known = json.loads(BASELINE.read_text()) if BASELINE.exists() and not wanted.record else {}
    if any(value > LIMIT * known.get(name, value) for name, value in found.items()):
        _, again = measure(wanted.binary.resolve(), wanted.times)
        found = {name: min(value, again[name]) for name, value in found.items()}
    if wanted.record:
        BASELINE.write_text(json.dumps(found, indent=2) + "\n")
    before = json.loads(BASELINE.read_text())
    print(f"the yardstick took {unit:.2f} s of processor time; all else in yardsticks")
    slower = []
    for name, value in found.items():
        if name not in before:
            sys.exit(f"nothing is recorded of `{name}`: measure with --record")
        times = value / before[name]
        print(f"  {name:44} {value:8.3f}   recorded {before[name]:8.3f}   {times:5.2f} times")
        if times > LIMIT:
            slower.append(name)
    if slower:
        sys.exit(f"more than {LIMIT:g} times what was recorded: {', '.join(slower)}; if that is right, measure with --record and say why")


if __name__ == "__main__":
    main()
