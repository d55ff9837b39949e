"""How long a program takes before it does anything, and when little is to do.

The version, a check, a run that has nothing to do, and one with a parameter that only a chart and the mail depend on.
"""

import itertools
import json
import shutil

import graphs
import peers
from timing import in_turns, once, ratio, seconds


def retail(folder, root):
    """The smart-retail pipeline with the project's own sample, in a folder of its own."""
    folder.mkdir(parents=True)
    shutil.copy(root / "pipeline.yaml", folder)
    shutil.copytree(root / "tasks", folder / "tasks")
    shutil.copytree(root / "data", folder / "data", ignore=shutil.ignore_patterns("processed"))
    return folder


def with_another_parameter(binary, project):
    """Runs with values of `top_n` that no run before had: none of its tasks is in the cache."""
    values = itertools.count(2)
    return lambda: ([binary, "run", "-p", f"top_n={next(values)}"], project)


def that_run(lines):
    """The tasks that a plan in JSON lines would run."""
    tasks = [json.loads(line) for line in lines.splitlines() if line.startswith("{")]
    return [task["task"] for task in tasks if task["action"] == "run"]


def measure(scratch, binary, root, times):
    """Rows of the table: what, and the time of each program that can do it."""
    project = retail(scratch / "start-retail", root)
    once([binary, "run"], project)
    tasks = sum(1 for line in once([binary, "plan", "--json"], project)[3].splitlines() if '"task"' in line)
    # The others get as many tasks that copy a small file.
    parents = graphs.layered(tasks)
    contestants = {
        "tidemill --version": graphs.same([binary, "--version"], project),
        "tidemill check, smart-retail": graphs.same([binary, "check"], project),
        "tidemill run, smart-retail, nothing to do": graphs.same([binary, "run"], project),
    }
    # In a folder of its own, so that the run above has nothing to do.
    other = retail(scratch / "start-parameter", root)
    once([binary, "run"], other)
    part = that_run(once([binary, "plan", "--json", "-p", "top_n=50"], other)[3])
    changed = f"tidemill run, one parameter changed: {len(part)} of {tasks} tasks run"
    contestants[changed] = with_another_parameter(binary, other)
    again = [binary, "rerun", part[0], "--downstream"]
    contestants[f"tidemill rerun of the same {len(part)} tasks"] = graphs.same(again, other)
    for peer, (write, command, most) in graphs.COPIERS.items():
        if peers.program(peer):
            folder = scratch / f"start-{peer}"
            write(folder, parents)
            contestants[f"{peer}, {tasks} tasks, nothing to do"] = graphs.same(command(), folder, graphs.QUIET_DVC)
            once(command(), folder, graphs.QUIET_DVC)
    # Time stamps are trusted once they are two seconds old, here and in other programs; the run after that notes it.
    once(["sleep", "2.5"], scratch)
    for prepare in contestants.values():
        once(*prepare())
    figures = in_turns(contestants, times)
    ours = figures["tidemill run, smart-retail, nothing to do"].wall
    rows = []
    for name, measured in figures.items():
        part = "" if name.startswith("tidemill") else ratio(ours, measured.wall)
        rows.append([name, seconds(measured.wall), part])
    return ["", "wall", "tidemill's run is of it"], rows
