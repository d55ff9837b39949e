#!/usr/bin/env bash
# The smart-retail pipeline beside the same analysis in pandas and matplotlib: wall time, processor time and peak memory, as ratios.
#
#   benches/compare/original.sh [BINARY] [RUNS]
#
# BINARY is an optimised tidemill (default: the one of `cargo build --release`), RUNS how often each is measured (default 10).
# Each run starts without results and without a cache, with the files of the system warm. Both take turns, so that what
# else happens on the machine hits both. The Python packages are installed into benches/original/.venv, once.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
binary=$(realpath "${1:-${CARGO_TARGET_DIR:-$root/target}/release/tidemill}")
runs=${2:-10}
venv=$root/benches/original/.venv
data=$root/data
[ -f "$root/../shared/retail/smartretail.db" ] && data=$(cd "$root/../shared/retail" && pwd)
[ -x "$binary" ] || { echo "no binary at $binary: cargo build --release" >&2; exit 2; }

if [ ! -x "$venv/bin/python" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --requirement "$root/benches/original/requirements.txt"
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/project"
cp -R "$root/pipeline.yaml" "$root/tasks" "$scratch/project/"

# Runs a command, says wall seconds, processor seconds and peak memory in KiB; Python's own child accounting works alike on Linux and macOS.
measured() {
  python3 - "$@" <<'PYTHON'
import resource, subprocess, sys, time
begun = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
wall = time.perf_counter() - begun
if done.returncode:
    sys.stderr.buffer.write(done.stdout)
    sys.exit(f"{sys.argv[1]} ended with {done.returncode}")
used = resource.getrusage(resource.RUSAGE_CHILDREN)
peak = used.ru_maxrss // 1024 if sys.platform == "darwin" else used.ru_maxrss
print(f"{wall:.4f} {used.ru_utime + used.ru_stime:.4f} {peak}")
PYTHON
}

ours() {
  rm -rf "$scratch/project/.tidemill" "$scratch/project/outputs" "$scratch/project/logs" "$scratch/project/data"
  measured "$binary" -C "$scratch/project" run -p data_dir="$data"
}

original() {
  rm -rf "$scratch/original"
  measured "$venv/bin/python" "$root/benches/original/smart_retail.py" "$data" "$scratch/original"
}

ours >/dev/null
original >/dev/null
for _ in $(seq "$runs"); do
  ours >>"$scratch/ours"
  original >>"$scratch/theirs"
done

python3 - "$scratch/ours" "$scratch/theirs" <<'PYTHON'
import statistics, sys
def read(path):
    return list(zip(*(map(float, line.split()) for line in open(path))))
names = ("tidemill", "original")
results = [read(path) for path in sys.argv[1:]]
median = statistics.median
print("| | wall, median (least to most) | processor | peak memory |\n|---|---:|---:|---:|")
for name, (wall, cpu, peak) in zip(names, results):
    spread = f"{min(wall):.3f} to {max(wall):.3f}"
    print(f"| {name} | {median(wall):.3f} s ({spread}) | {median(cpu):.3f} s | {median(peak) / 1024:.0f} MiB |")
(wall, cpu, peak), (their_wall, their_cpu, their_peak) = results
print(f"| **ratio** | **{median(their_wall) / median(wall):.1f} times faster** | **{median(cpu) / median(their_cpu):.2f} of it** "
      f"| **{median(peak) / median(their_peak):.2f} of it** |")
PYTHON
