"""Graphs of many small tasks: the same graph written for Tidemill, ninja, make, doit, snakemake and dvc."""

import json
import math

import peers
from timing import in_turns, once, ratio, seconds


def wide(count):
    """All tasks read the first."""
    return [None] + [0] * (count - 1)


def deep(count):
    """A chain."""
    return [None] + list(range(count - 1))


def layered(count):
    """A tree: each task has up to three below it."""
    return [None] + [(at - 1) // 3 for at in range(1, count)]


SHAPES = {"wide": wide, "deep": deep, "layered": layered}


def place(at):
    """Where the file of a task lies: a hundred folders, so that no folder is huge."""
    return f"out/{at % 100}/{at}.csv"


def fresh(folder):
    folder.mkdir(parents=True)
    (folder / "numbers.csv").write_text("n\n1\n2\n3\n")
    return folder


def tidemill_tables(folder, parents):
    """In-process tasks, each publishing a file."""
    lines = ["version: 1", "name: many", "tasks:", "  t0:", "    type: load", "    path: numbers.csv"]
    for at, parent in enumerate(parents[1:], 1):
        lines += [f"  t{at}:", "    type: aggregate", f"    from: t{parent}", "    group_by: [n]", f"    output: {place(at)}"]
    (fresh(folder) / "pipeline.yaml").write_text("\n".join(lines) + "\n")


def tidemill_no_op(folder, parents):
    """In-process tasks that publish nothing."""
    lines = ["version: 1", "name: many", "tasks:", "  t0:", "    type: load", "    path: numbers.csv"]
    for at, parent in enumerate(parents[1:], 1):
        lines += [f"  t{at}: {{type: aggregate, from: t{parent}, group_by: [n]}}"]
    (fresh(folder) / "pipeline.yaml").write_text("\n".join(lines) + "\n")


def tidemill_true(folder, parents):
    """Commands that do nothing."""
    lines = ["version: 1", "name: many", "tasks:"]
    for at, parent in enumerate(parents):
        after = "" if parent is None else f", depends_on: [t{parent}]"
        lines.append(f"  t{at}: {{type: command, run: 'true'{after}}}")
    (fresh(folder) / "pipeline.yaml").write_text("\n".join(lines) + "\n")


def ninja_copies(folder, parents):
    lines = ["rule copy", "  command = cp $in $out"]
    for at, parent in enumerate(parents[1:], 1):
        lines.append(f"build {place(at)}: copy {place(parent) if parent else 'numbers.csv'}")
    (fresh(folder) / "build.ninja").write_text("\n".join(lines) + "\n")


def ninja_true(folder, parents):
    lines = ["rule nothing", "  command = true"]
    for at, parent in enumerate(parents):
        lines.append(f"build t{at}: nothing" + ("" if parent is None else f" t{parent}"))
    (fresh(folder) / "build.ninja").write_text("\n".join(lines) + "\n")


def make_copies(folder, parents):
    files = [place(at) for at in range(1, len(parents))]
    lines = ["all: " + " ".join(files)]
    for at, parent in enumerate(parents[1:], 1):
        lines += [f"{place(at)}: {place(parent) if parent else 'numbers.csv'}", f"\t@mkdir -p out/{at % 100} && cp $< $@"]
    (fresh(folder) / "Makefile").write_text("\n".join(lines) + "\n")


def make_true(folder, parents):
    names = [f"t{at}" for at in range(len(parents))]
    lines = ["all: " + " ".join(names), ".PHONY: all " + " ".join(names)]
    for at, parent in enumerate(parents):
        # A shell is started for `true` only if make sees something that needs one.
        lines += [f"t{at}:" + ("" if parent is None else f" t{parent}"), "\t@true;"]
    (fresh(folder) / "Makefile").write_text("\n".join(lines) + "\n")


def doit_copies(folder, parents):
    (fresh(folder) / "dodo.py").write_text(
        f"PARENTS = {parents!r}\n"
        "import os, shutil\n"
        "place = lambda at: f'out/{at % 100}/{at}.csv'\n"
        "def copy(source, target):\n"
        "    os.makedirs(os.path.dirname(target), exist_ok=True)\n"
        "    shutil.copyfile(source, target)\n"
        "def task_copy():\n"
        "    for at, parent in enumerate(PARENTS[1:], 1):\n"
        "        source = place(parent) if parent else 'numbers.csv'\n"
        "        yield dict(name=str(at), actions=[(copy, [source, place(at)])], file_dep=[source], targets=[place(at)])\n"
    )


def snakemake_copies(folder, parents):
    rules = [f"rule all:\n    input: {json.dumps([place(at) for at in range(1, len(parents))])}\n"]
    for at, parent in enumerate(parents[1:], 1):
        source = place(parent) if parent else "numbers.csv"
        rules.append(f"rule t{at}:\n    input: {source!r}\n    output: {place(at)!r}\n    shell: 'cp {{input}} {{output}}'\n")
    (fresh(folder) / "Snakefile").write_text("\n".join(rules))


def dvc_copies(folder, parents):
    lines = ["stages:"]
    for at, parent in enumerate(parents[1:], 1):
        source = place(parent) if parent else "numbers.csv"
        copy = f"mkdir -p out/{at % 100} && cp {source} {place(at)}"
        lines += [f"  t{at}:", f"    cmd: {copy}", f"    deps: [{source}]", f"    outs: [{place(at)}]"]
    (fresh(folder) / "dvc.yaml").write_text("\n".join(lines) + "\n")
    once([peers.program("dvc"), "init", "--no-scm", "-q"], folder)


# Name, what writes its project, its command, and how many tasks it is given at most: the rest would take minutes to hours.
QUIET_DVC = {"DVC_NO_ANALYTICS": "1"}
COPIERS = {
    "ninja": (ninja_copies, lambda: [peers.program("ninja")], 100_000),
    "make": (make_copies, lambda: ["make", "-j2"], 100_000),
    "doit": (doit_copies, lambda: [peers.program("doit"), "-n", "2"], 1_000),
    "snakemake": (snakemake_copies, lambda: [peers.program("snakemake"), "-c2", "-q", "all"], 1_000),
    "dvc": (dvc_copies, lambda: [peers.program("dvc"), "repro", "-q"], 100),
}


def same(command, folder, environment=None):
    """A contestant whose every run begins as the one before left it."""
    return lambda: (command, folder, environment)


def nothing_to_do(scratch, binary, name, count, times):
    """A run after which nothing has changed, of everybody who can be given so many tasks."""
    parents = SHAPES[name](count)
    ours = scratch / f"tables-{name}-{count}"
    tidemill_tables(ours, parents)
    contestants = {"tidemill": same([binary, "run"], ours)}
    for peer, (write, command, most) in COPIERS.items():
        # ninja and make walk a chain by recursion and may run out of stack on a long one.
        if count <= most and peers.program(command()[0] if peer == "make" else peer) and not (name == "deep" and count > 10_000):
            folder = scratch / f"{peer}-{name}-{count}"
            write(folder, parents)
            contestants[peer] = same(command(), folder, QUIET_DVC)
    first = {peer: once(*prepare())[0] for peer, prepare in contestants.items()}
    # Time stamps are trusted once they are two seconds old, here and in other programs; the run after that notes it.
    once(["sleep", "2.5"], scratch)
    for prepare in contestants.values():
        once(*prepare())
    return first, in_turns(contestants, times)


def exponent(times):
    """The slope of log(time) over log(tasks) between the last two sizes: 1 is a constant cost per task."""
    (small, early), (large, late) = sorted(times.items())[-2:]
    return math.log(late / early) / math.log(large / small)


def grows(scratch, binary, sizes, times):
    """check, plan, a first run and a run with nothing to do of in-process tasks, by shape and size."""
    rows = []
    for name in SHAPES:
        by_step = {step: {} for step in ("check", "plan", "first run", "nothing to do")}
        for count in sizes:
            folder = scratch / f"grow-{name}-{count}"
            tidemill_no_op(folder, SHAPES[name](count))
            checked = in_turns({step: same([binary, step], folder) for step in ("check", "plan")}, times)
            by_step["check"][count], by_step["plan"][count] = checked["check"].wall, checked["plan"].wall
            by_step["first run"][count] = once([binary, "run"], folder)[0]
            once(["sleep", "2.5"], scratch)
            once([binary, "run"], folder)
            by_step["nothing to do"][count] = in_turns({"run": same([binary, "run"], folder)}, times)["run"].wall
        for step, figures in by_step.items():
            grown = f"{exponent(figures):.2f}" if len(figures) > 1 else ""
            rows.append([name, step, *(seconds(figures[count]) for count in sizes), grown])
    return ["shape", "step", *(f"{count:,} tasks" for count in sizes), "exponent"], rows


def beside(scratch, binary, sizes, times):
    """Nothing to do, beside the others, on the tree."""
    rows = []
    for count in sizes:
        first, idle = nothing_to_do(scratch, binary, "layered", count, times)
        for peer, figures in idle.items():
            rows.append([f"{count:,}", peer, seconds(first[peer]), seconds(figures.wall),
                         "" if peer == "tidemill" else ratio(idle["tidemill"].wall, figures.wall)])
    return ["tasks", "program", "first run", "nothing to do", "tidemill's part of it"], rows


def commands(scratch, binary, sizes, times):
    """Commands of `true`, two at a time, beside ninja and make."""
    rows = []
    for count in sizes:
        parents = wide(count)
        folders = {peer: scratch / f"true-{peer}-{count}" for peer in ("tidemill", "ninja", "make")}
        tidemill_true(folders["tidemill"], parents)
        ninja_true(folders["ninja"], parents)
        make_true(folders["make"], parents)
        lines = {
            "tidemill": [binary, "run", "-j", "2"],
            "ninja": [peers.program("ninja"), "-j2"],
            "make": ["make", "-j2", "-s"],
        }
        figures = in_turns({peer: same(lines[peer], folder) for peer, folder in folders.items()}, times)
        for peer, figure in figures.items():
            rows.append([f"{count:,}", peer, seconds(figure.wall), seconds(figure.cpu),
                         "" if peer == "tidemill" else ratio(figures["tidemill"].wall, figure.wall)])
    return ["commands", "program", "wall", "processor", "tidemill's part of it"], rows
