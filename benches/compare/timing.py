"""Whole processes, measured in turns: wall time, processor time and peak memory of each with all its children."""

import dataclasses
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time


@dataclasses.dataclass
class Measured:
    """The medians of several runs of one command: seconds, seconds, MiB."""

    wall: float
    cpu: float
    peak: float
    least: float
    most: float


def once(command, folder, environment=None, limit=None, failing=False):
    """Runs a command; wall and processor seconds, peak memory in MiB, and what it printed.

    The peak is that of the largest single process among it and its children, as the operating system counts it.
    `None` if it took longer than `limit` seconds.
    """
    with tempfile.TemporaryFile() as story:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=story,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        timer = threading.Timer(limit, lambda: os.killpg(process.pid, 9)) if limit else None
        if timer:
            timer.start()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        if timer:
            timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        story.seek(0)
        text = story.read().decode(errors="replace")
        if limit and wall > limit and process.returncode == -9:
            return None
        if process.returncode and not failing:
            sys.exit(f"{' '.join(map(str, command))} in {folder} ended with {process.returncode}:\n{text[-3000:]}")
        peak = used.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
        return wall, used.ru_utime + used.ru_stime, peak, text


def in_turns(contestants, times, limit=None):
    """Runs all contestants one after the other, `times` times; the medians under their names.

    A contestant is a function that prepares a run and returns (command, folder) or (command, folder, environment). One
    that took longer than `limit` seconds is left out from then on, and stands for `None`.
    """
    results = {name: [] for name in contestants}
    late = set()
    for _ in range(times):
        for name, prepare in contestants.items():
            if name in late:
                continue
            figures = once(*prepare(), limit=limit)
            if figures is None:
                late.add(name)
            else:
                results[name].append(figures[:3])
    return {name: None if name in late else medians(figures) for name, figures in results.items()}


def medians(figures):
    """The medians of (wall, processor, peak)."""
    walls, cpus, peaks = zip(*figures)
    median = statistics.median
    return Measured(median(walls), median(cpus), median(peaks), min(walls), max(walls))


def seconds(value):
    """A time as people read it."""
    if value < 0.1:
        return f"{value * 1e3:.1f} ms"
    if value < 10:
        return f"{value:.2f} s"
    return f"{value:.0f} s"


def ratio(ours, theirs):
    """Ours as a part of theirs."""
    value = ours / theirs
    if value < 0.1:
        return f"{value:.1g}"
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"
