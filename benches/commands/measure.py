#!/usr/bin/env python3
"""Many short commands: tidemill beside make and ninja.

    benches/commands/measure.py target/release/tidemill [--tasks 1000] [--jobs 2] [--rounds 7]

Makes the same graph of commands of `true` that depend on nothing for each of them, and runs it with each in turns. Every round
is run in a folder of its own: file systems are slow where many files have just been removed. make and ninja run each command
by `sh -c`, as tidemill does; one that is not installed is left out.
"""

import argparse
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time


def graphs(folder, tasks):
    """Writes the graph for all three."""
    names = [f"t{number}" for number in range(tasks)]
    folder.mkdir()
    pipeline = "".join(f"  {name}: {{type: command, run: 'true'}}\n" for name in names)
    (folder / "pipeline.yaml").write_text("version: 1\nname: many\ntasks:\n" + pipeline)
    # Without the semicolon make would start `true` without a shell.
    rules = "".join(f"{name}:\n\t@true;\n" for name in names)
    (folder / "Makefile").write_text(f".PHONY: all {' '.join(names)}\nall: {' '.join(names)}\n{rules}")
    builds = "".join(f"build {name}: run\n" for name in names)
    (folder / "build.ninja").write_text(f"rule run\n  command = true\n{builds}build all: phony {' '.join(names)}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tidemill", type=pathlib.Path)
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--ninja", default="ninja", help="where ninja is")
    options = parser.parse_args()
    jobs = f"-j{options.jobs}"
    programs = {
        "tidemill": [options.tidemill.resolve(), "run", jobs],
        "make": ["make", jobs],
        "ninja": [options.ninja, jobs, "all"],
    }
    programs = {name: command for name, command in programs.items() if shutil.which(command[0])}
    walls = {name: [] for name in programs}
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(options.rounds + 1):
            for name, command in programs.items():
                folder = pathlib.Path(scratch, f"{name}-{number}")
                graphs(folder, options.tasks)
                begun = time.perf_counter()
                subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                # The first round warms up.
                if number:
                    walls[name].append(time.perf_counter() - begun)
    print(f"{options.tasks} commands, {options.jobs} at a time, {options.rounds} rounds in turns")
    for name, times in walls.items():
        ratio = statistics.median(walls["tidemill"]) / statistics.median(times)
        print(f"{name:9} median {statistics.median(times):6.3f} s  best {min(times):6.3f} s  tidemill / {name}: {ratio:.2f}")


if __name__ == "__main__":
    main()
