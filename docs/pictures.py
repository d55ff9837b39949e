#!/usr/bin/env python3
"""Makes the pictures of the docs, and what their commands print, by running the examples of the pages themselves.

    python3 docs/pictures.py target/debug/tidemill            # writes docs/images and the blocks marked `made`
    python3 docs/pictures.py --check target/debug/tidemill    # writes nothing; 1 if something has changed

Each page gets a copy of the sample pipeline with the page's tasks in it. A block marked `made` is what the commands of the
`sh` block before it print on stdout. The picture of the report is taken by Chromium, if there is one.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs/images"
BLOCK = re.compile(r"^```(\S*)\n(.*?)^```$", re.S | re.M)
# What differs from run to run.
PASSING = [
    (r"\b\d{8}-\d{6}-[0-9a-f]{4}\b", "RUN"),
    (r"\b\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} GMT", "INSTANT"),
    (r"\b\d+(\.\d+)? (ms|s)\b", "TIME"),
    (r"^Date: .*$", "Date"),
    (r"^Message-ID: .*$", "Message-ID"),
]


def blocks(text):
    """The blocks of a page: language, marks, text, and where the text stands."""
    for found in BLOCK.finditer(text):
        language, *marks = found[1].split(",")
        yield language, marks, found[2], found.span(2)


def part(yaml):
    """A block as `include` takes it; None if it is none. docs/index.md has the rule."""
    keys = set(re.findall(r"^([a-z][\w-]*):", yaml, re.M))
    if "version" in keys:
        return None
    if "tasks" in keys:
        return yaml
    return "tasks:\n" + re.sub(r"^(?=.)", "  ", yaml, flags=re.M) if re.search(r"^  type: ", yaml, re.M) else None


def project(page, folder):
    """The sample pipeline with the tasks of a page."""
    shutil.copytree(ROOT / "tasks", folder / "tasks")
    shutil.copytree(ROOT / "data", folder / "data", ignore=shutil.ignore_patterns("processed"))
    shutil.copy(ROOT / "tests/cli/docs/data/visits-2024-01.csv.gz", folder / "data")
    parts = []
    for language, marks, text, _ in blocks(page):
        for name in (mark.removeprefix("file=") for mark in marks if mark.startswith("file=")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        if language == "yaml" and "wrong" not in marks:
            if "version:" in text:
                (folder / "shop.yaml").write_text(text, encoding="utf-8")
            elif part(text):
                parts.append(f"part{len(parts)}.yaml")
                (folder / parts[-1]).write_text(part(text), encoding="utf-8")
    pipeline = (ROOT / "pipeline.yaml").read_text(encoding="utf-8")
    pipeline = re.sub(r"^include: ([\w/.]+)", lambda line: f"include: [{', '.join([line[1], *parts])}]", pipeline, flags=re.M)
    (folder / "pipeline.yaml").write_text(pipeline, encoding="utf-8")


def shell(text, folder, binary):
    """What commands print, without blanks at the ends of lines."""
    tools = folder / ".tools"
    tools.mkdir(exist_ok=True)
    (tools / "tidemill").unlink(missing_ok=True)
    (tools / "tidemill").symlink_to(binary)
    environment = {"PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(folder), "PYTHONUNBUFFERED": "1"}
    done = subprocess.run(["bash", "-c", text], cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    return re.sub(r"[ \t\r]+$", "", done.stdout, flags=re.M).strip("\n") + "\n"


def refreshed(page, folder, binary):
    """The page with its `made` blocks made again."""
    commands, changes = "", []
    for language, marks, text, (start, end) in blocks(page):
        if language == "sh":
            commands = text
        if "made" in marks:
            changes.append((start, end, shell(commands, folder, binary)))
    for start, end, text in reversed(changes):
        page = page[:start] + text + page[end:]
    return page


def lasting(text):
    for pattern, name in PASSING:
        text = re.sub(pattern, name, text, flags=re.M)
    return text


def pictures(path, folder, binary):
    """The pictures that a page shows and its own tasks make: names and bytes."""
    page = path.read_text(encoding="utf-8")
    for name in re.findall(r"images/([\w.]+)\)", page):
        if name == "smart_retail.svg":
            shell(f"tidemill graph -f {ROOT / 'pipeline.yaml'} --format svg -o {folder / name}", folder, binary)
            yield name, (folder / name).read_bytes()
        elif name == "report.png":
            browser = shutil.which("chromium") or shutil.which("chromium-headless-shell")
            if browser and "--check" not in sys.argv:
                shell("tidemill run countries_page", folder, binary)
                page = folder / "outputs/guide/countries.html"
                flags = ["--headless", "--no-sandbox", "--hide-scrollbars", "--window-size=720,560"]
                subprocess.run([browser, *flags, f"--screenshot={folder / name}", page.as_uri()], capture_output=True, check=True)
                yield name, (folder / name).read_bytes()
        else:
            file = "shop.yaml" if path.name == "README.md" else "pipeline.yaml"
            shell(f"tidemill run -f {file} type:chart", folder, binary)
            yield name, next(folder.glob(f"outputs/**/{name}")).read_bytes()


def main():
    check = "--check" in sys.argv
    binary = pathlib.Path(sys.argv[-1]).resolve()
    changed = []
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        page = path.read_text(encoding="utf-8")
        if ",made\n" not in page and "images/" not in page:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch)
            project(page, folder)
            new = refreshed(page, folder, binary)
            if lasting(new) != lasting(page):
                changed.append(path.relative_to(ROOT))
                if not check:
                    path.write_text(new, encoding="utf-8")
            for name, data in pictures(path, folder, binary):
                target = IMAGES / name
                if not target.exists() or target.read_bytes() != data:
                    changed.append(target.relative_to(ROOT))
                    if not check:
                        target.write_bytes(data)
    for path in changed:
        print("differs from what the program makes" if check else "made", path)
    return 1 if check and changed else 0


sys.exit(main())
