"""Three figures at 300 DPI, beside matplotlib."""

import peers
from start import retail
from timing import in_turns, once, ratio, seconds

FIGURES = ["fig_daily_sales", "fig_top_campaigns", "fig_traffic"]


def measure(scratch, binary, root, times):
    project = retail(scratch / "figures", root)
    once([binary, "run"], project)
    script = root / "benches/compare/rivals/figures_matplotlib.py"
    out = scratch / "figures-matplotlib"
    contestants = {
        # Only the figures run again; their table is in the cache, as the CSV is on the disk for matplotlib.
        "tidemill": lambda: ([binary, "run", *FIGURES, "--force"], project),
        "matplotlib": lambda: ([peers.FOLDER / "bin/python", script, project / "data/processed", out], scratch),
    }
    figures = in_turns(contestants, times)
    rows = []
    for name, measured in figures.items():
        beside = "" if name == "tidemill" else ratio(figures["tidemill"].wall, measured.wall)
        rows.append([name, seconds(measured.wall), seconds(measured.cpu), f"{measured.peak:.0f} MiB", beside])
    return ["", "wall", "processor", "peak memory", "tidemill's wall is of it"], rows
