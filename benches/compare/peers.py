"""The programs that Tidemill is measured beside, installed into a virtual environment of their own."""

import pathlib
import shutil
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = HERE / ".venv"


def install():
    """Makes the environment, or brings it up to date with requirements.txt; the folder of its programs."""
    wanted = (HERE / "requirements.txt").read_text()
    noted = FOLDER / "requirements.installed"
    if not noted.exists() or noted.read_text() != wanted:
        print("installing the peers into", FOLDER, file=sys.stderr)
        venv.create(FOLDER, with_pip=True)
        subprocess.run([FOLDER / "bin/pip", "install", "--quiet", "-r", HERE / "requirements.txt"], check=True)
        noted.write_text(wanted)
    return FOLDER / "bin"


def program(name):
    """The path of a peer's program; `None` if there is none."""
    if name == "ninja":
        # The wrapper in bin/ starts Python first, which takes longer than ninja's own work.
        found = list(FOLDER.glob("lib/python*/site-packages/ninja/data/bin/ninja"))
        if found:
            return found[0]
    own = FOLDER / "bin" / name
    return own if own.exists() else shutil.which(name)


def versions():
    """`name version` of each peer, for the record."""
    listed = subprocess.run([FOLDER / "bin/pip", "list", "--format=freeze"], capture_output=True, text=True, check=True)
    installed = dict(line.split("==") for line in listed.stdout.splitlines() if "==" in line)
    names = [line.split("==")[0].strip() for line in (HERE / "requirements.txt").read_text().splitlines() if "==" in line]
    texts = [f"{name} {installed.get(name, '?')}" for name in names]
    make = shutil.which("make")
    if make:
        texts.append(subprocess.run([make, "--version"], capture_output=True, text=True).stdout.splitlines()[0])
    return texts
