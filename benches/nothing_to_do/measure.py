#!/usr/bin/env python3
"""Times a run that has nothing to do: `tidemill run` beside ninja on the same graph, and on the retail pipeline.

    benches/nothing_to_do/measure.py target/release/tidemill [--tasks 10000] [--times 11] [--keep FOLDER]

Ninja is taken from the PATH or from `pip install ninja`. The graph is a tree: every task reads the table of the one before
it, publishes a file of its own, and is read by up to three others. The first run is not timed. Both programs then find that
nothing has changed; the best and the median of the runs are told.
"""

import argparse
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


def parent(at):
    """The task before: every task has up to three below it."""
    return (at - 1) // 3


def write_tidemill(folder, tasks):
    folder.mkdir()
    (folder / "numbers.csv").write_text("n\n1\n2\n3\n")
    lines = ["version: 1", "name: many", "tasks:", "  t0:", "    type: load", "    path: numbers.csv"]
    for at in range(1, tasks):
        lines += [
            f"  t{at}:",
            "    type: aggregate",
            f"    from: t{parent(at)}",
            "    group_by: [n]",
            f"    output: out/{at % 100}/{at}.csv",
        ]
    (folder / "pipeline.yaml").write_text("\n".join(lines) + "\n")


def write_ninja(folder, tasks):
    folder.mkdir()
    (folder / "numbers.csv").write_text("n\n1\n2\n3\n")
    lines = ["rule copy", "  command = cp $in $out"]
    for at in range(1, tasks):
        before = f"out/{parent(at) % 100}/{parent(at)}.csv" if parent(at) else "numbers.csv"
        lines.append(f"build out/{at % 100}/{at}.csv: copy {before}")
    (folder / "build.ninja").write_text("\n".join(lines) + "\n")


def ninja():
    """The path of ninja's own program: its Python wrapper takes longer than the work."""
    try:
        import ninja as package

        return str(pathlib.Path(package.BIN_DIR) / "ninja")
    except ImportError:
        return shutil.which("ninja") or sys.exit("ninja is missing: pip install ninja")


def once(command, folder):
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lasted = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} in {folder} failed:\n{done.stdout[-2000:]}")
    return lasted, done.stdout


def timed(name, command, folder, times, nothing):
    lasted, _ = once(command, folder)
    # Files are trusted by their time stamps once these are two seconds old; a run after that writes this down.
    time.sleep(2.5)
    once(command, folder)
    runs = []
    for _ in range(times):
        seconds, story = once(command, folder)
        if nothing not in story:
            sys.exit(f"{name} had something to do:\n{story[-2000:]}")
        runs.append(seconds)
    best, median = min(runs), statistics.median(runs)
    print(f"{name:34} first run {lasted:8.2f} s   nothing to do: best {best * 1e3:8.1f} ms, median {median * 1e3:8.1f} ms")
    return median


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("tidemill", type=pathlib.Path)
    arguments.add_argument("--tasks", type=int, default=10_000)
    arguments.add_argument("--times", type=int, default=11)
    arguments.add_argument("--keep", type=pathlib.Path, help="leave the generated projects in this folder")
    wanted = arguments.parse_args()
    tidemill = wanted.tidemill.resolve()
    repository = pathlib.Path(__file__).resolve().parents[2]
    with tempfile.TemporaryDirectory() as temporary:
        folder = wanted.keep or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        write_tidemill(folder / "tidemill", wanted.tasks)
        write_ninja(folder / "ninja", wanted.tasks)
        for name in ["pipeline.yaml", "tasks", "data"]:
            source, target = repository / name, folder / "retail" / name
            target.parent.mkdir(exist_ok=True)
            shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
        shutil.rmtree(folder / "retail/data/processed", ignore_errors=True)
        timed("tidemill, retail", [tidemill, "run"], folder / "retail", wanted.times, "up to date")
        theirs = timed(f"ninja, {wanted.tasks} tasks", [ninja()], folder / "ninja", wanted.times, "no work to do")
        ours = timed(f"tidemill, {wanted.tasks} tasks", [tidemill, "run"], folder / "tidemill", wanted.times, "up to date")
        print(f"tidemill takes {ours / theirs:.1f} times as long as ninja")


if __name__ == "__main__":
    main()
