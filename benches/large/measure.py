#!/usr/bin/env python3
"""The smart-retail pipeline at any size beside the same tables written by hand in Polars.

Usage: measure.py [--orders N] [--runs N] [--alone] [--data DIR] [BINARY]

Makes the sources (10 joined rows for each order), then runs both in turns, each without results or cache, and prints wall
time, processor time and peak memory as medians and as ratios. `--alone` leaves the rival out, for sizes that it cannot hold.
BINARY is an optimised tidemill, by default that of `cargo build --release`. The packages of the rival are installed into
benches/large/.venv, once.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def rival():
    python = HERE / ".venv/bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", HERE / ".venv"], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", HERE / "requirements.txt"], check=True)
    return python


def measured(command):
    """Wall seconds, processor seconds and peak memory in MiB of one command."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    begun = time.perf_counter()
    message = child.stderr.read()
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begun
    if status:
        sys.exit(f"{command[0]} failed:\n{message.decode()}")
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / unit


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser.add_argument("binary", nargs="?", type=Path, default=target / "release/tidemill")
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--data", type=Path, help="where the sources are or are to be made (default: a temporary folder)")
    wanted = parser.parse_args()
    binary = wanted.binary.resolve()
    with tempfile.TemporaryDirectory(prefix="tidemill-large-") as scratch:
        scratch = Path(scratch)
        data = wanted.data or scratch / "data"
        if not (data / "smartretail.db").exists():
            make = ["cargo", "run", "--release", "--quiet", "-p", "tidemill-sample-data", "--example", "sample_data"]
            make += ["--", "--orders", str(wanted.orders), "--out", str(data.resolve())]
            subprocess.run(make, check=True, cwd=ROOT)
        project = scratch / "project"
        project.mkdir()
        shutil.copy(ROOT / "pipeline.yaml", project)
        shutil.copytree(ROOT / "tasks", project / "tasks")

        def ours():
            for made in (".tidemill", "outputs", "logs", "data"):
                shutil.rmtree(project / made, ignore_errors=True)
            return measured([binary, "-C", project, "run", "-p", f"data_dir={data.resolve()}"])

        def by_hand():
            shutil.rmtree(scratch / "by_hand", ignore_errors=True)
            return measured([python, HERE / "by_hand_polars.py", data, scratch / "by_hand"])

        programs = {"tidemill": ours}
        if not wanted.alone:
            python = rival()
            programs["polars by hand"] = by_hand
        results = {name: [] for name in programs}
        for _ in range(wanted.runs):
            for name, run in programs.items():
                results[name].append(run())
        medians = {name: [statistics.median(column) for column in zip(*runs)] for name, runs in results.items()}
        print("| | wall s | processor s | peak MiB |\n|---|---:|---:|---:|")
        for name, (wall, processor, peak) in medians.items():
            print(f"| {name} | {wall:.2f} | {processor:.2f} | {peak:.0f} |")
        if not wanted.alone:
            ratios = [ours / theirs for ours, theirs in zip(*medians.values())]
            print("| **ratio** | " + " | ".join(f"**{ratio:.2f}**" for ratio in ratios) + " |")


if __name__ == "__main__":
    main()
