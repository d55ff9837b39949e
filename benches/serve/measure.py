#!/usr/bin/env python3
"""How fast the page is: what docs/performance.md says of `tidemill serve`.

    python3 benches/serve/measure.py target/release/tidemill [--rows 10000000] [--watchers 200]

A project of 1,000 tasks is made and run once; its history is then multiplied to 5,000 runs in the state itself, each with all of its
tasks' rows for the last hundred and with its own line for the others. Asked is over one connection, as a browser does; of several
answers the median counts.
"""

import argparse
import http.client
import os
import pathlib
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time

TASKS, RUNS, WHOLE = 1_000, 5_000, 100


def pipeline(tasks):
    """Commands that need one another ten at a time."""
    lines = ["version: 1", "name: large", "tasks:"]
    for at in range(tasks):
        needs = f", depends_on: [t{at - 10}]" if at >= 10 else ""
        lines.append(f"  t{at}: {{type: command, run: 'true'{needs}}}")
    return "\n".join(lines) + "\n"


def multiply(state, runs, whole):
    """The one run that there is, many times."""
    database = sqlite3.connect(state)
    columns = lambda table: [row[1] for row in database.execute(f"pragma table_info({table})")]
    run_columns, task_columns = columns("runs"), columns("task_results")
    (first,) = database.execute("select id from runs").fetchone()
    for at in range(1, runs):
        run = f"20200101-{at // 3600:02}{at // 60 % 60:02}{at % 60:02}-{at % 65536:04x}"
        values = {"id": "?1", "started": f"started - {at} * 60000000", "ended": f"ended - {at} * 60000000"}
        picked = ", ".join(values.get(column, column) for column in run_columns)
        database.execute(f"insert into runs ({', '.join(run_columns)}) select {picked} from runs where id = ?2", (run, first))
        if at < whole:
            values = {"run": "?1", "started": f"started - {at} * 60000000"}
            picked = ", ".join(values.get(column, column) for column in task_columns)
            database.execute(
                f"insert into task_results ({', '.join(task_columns)}) select {picked} from task_results where run = ?2", (run, first))
    database.commit()
    database.close()


class Server:
    def __init__(self, binary, folder):
        self.process = subprocess.Popen([binary, "serve", "--no-schedule", "--listen", "127.0.0.1:0", folder],
                                        stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if found := re.search(r"http://([0-9.:]+)/", line):
                self.host = found[1]
                break
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        self.connection = http.client.HTTPConnection(self.host)
        _, self.cookie, _ = self.get("/")

    def get(self, path):
        begun = time.perf_counter()
        self.connection.request("GET", path)
        answer = self.connection.getresponse()
        body = answer.read()
        took = time.perf_counter() - begun
        if answer.status != 200:
            sys.exit(f"{path}: {answer.status} {body[:300]}")
        return body, answer.getheader("set-cookie"), took

    def post(self, path):
        # The other one may have been silent for too long.
        self.connection = http.client.HTTPConnection(self.host)
        headers = {"Origin": f"http://{self.host}", "Cookie": self.cookie.split(";")[0]}
        self.connection.request("POST", path, "{}", headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def resident(self):
        """All that is in memory, and what of it is not the program itself."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        of = lambda name: int(re.search(rf"{name}:\s+(\d+)", text)[1]) / 1024
        return f"{of('VmRSS'):.0f} MB, of them its own {of('RssAnon'):.0f}"

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        self.process.terminate()
        self.process.wait()


def pages(server, run):
    print(f"{'page':42} {'ms':>8} {'KB':>8}")
    for path in ["/", "/p/large", "/p/large/runs", f"/p/large/runs/{run}", "/p/large/tasks/t500", "/p/large/outputs", "/p/large/schedule",
                 "/metrics", "/api/v1/projects", "/api/v1/projects/large/runs?limit=50"]:
        looks = [server.get(path) for _ in range(9)]
        body = looks[0][0]
        # The drawing of the graph is a figure.
        plain = re.sub(rb"<svg.*?</svg>", b"", body, flags=re.S)
        print(f"{path.replace(run, 'RUN'):42} {1000 * statistics.median(took for _, _, took in looks):8.1f} {len(plain) / 1000:8.1f}")


def watched(binary, folder, watchers, seconds):
    """What it costs that many people watch one run that goes on."""
    (folder / "pipeline.yaml").write_text("version: 1\nname: long\ntasks:\n" + "".join(
        f"  t{at}: {{type: command, run: 'sleep 0.5'{f', depends_on: [t{at - 1}]' if at else ''}}}\n" for at in range(2 * seconds + 20)))
    server = Server(binary, folder)
    status, body = server.post("/api/v1/projects/long/runs")
    if status != 202:
        sys.exit(f"{status} {body}")
    run = re.search(rb'"run":"([^"]+)"', body)[1].decode()
    ends = threading.Event()

    def watch():
        connection = http.client.HTTPConnection(server.host)
        connection.request("GET", f"/api/v1/projects/long/runs/{run}/events")
        answer = connection.getresponse()
        while not ends.is_set() and answer.readline():
            pass

    threads = [threading.Thread(target=watch, daemon=True) for _ in range(watchers)]
    for thread in threads:
        thread.start()
    time.sleep(2)
    begun, used = time.perf_counter(), server.cpu()
    time.sleep(seconds)
    share = 100 * (server.cpu() - used) / (time.perf_counter() - begun)
    print(f"{watchers} watch one run: {share:.1f} % of a core, {server.resident()}")
    ends.set()
    server.post(f"/api/v1/projects/long/runs/{run}/stop")
    server.end()


def table(binary, folder, rows):
    """A large table, sorted and paged."""
    (folder / "pipeline.yaml").write_text(f"""version: 1
name: rows
tasks:
  made:
    type: sql
    sql: >
      select n as id, (n * 7919) % 1000003 as mixed, n % 100 as few, (n * 31 % 9973) * 0.25 as price,
             concat('name ', (n * 7919) % 1000003) as name from generate_series(1, {rows}) as s(n)
""")
    subprocess.run([binary, "-C", folder, "run"], check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    server = Server(binary, folder)
    print(f"{f'a page of {rows:,} rows':42} {'ms':>8}")
    base = "/api/v1/projects/rows/tasks/made/rows?limit=50"
    for what, query in [("as they are", ""), ("the last", f"&offset={rows - 50}"), ("by an int", "&sort=mixed"),
                        ("by an int, the 1,000th page", "&sort=mixed&offset=50000"), ("by a number, largest first", "&sort=price&desc=true"),
                        ("by few values", "&sort=few"), ("by a text", "&sort=name"), ("by an id, largest first", "&sort=id&desc=true")]:
        took = statistics.median(server.get(base + query)[2] for _ in range(3))
        print(f"{what:42} {1000 * took:8.0f}")
    print(f"{server.resident()} afterwards")
    server.end()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--watchers", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=10)
    given = parser.parse_args()
    binary = given.binary.resolve()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tidemill-serve-"))
    try:
        for name in ["large", "long", "rows"]:
            (folder / name).mkdir()
        (folder / "large/pipeline.yaml").write_text(pipeline(TASKS))
        subprocess.run([binary, "-C", folder / "large", "run"], check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        multiply(folder / "large/.tidemill/state.db", RUNS, WHOLE)
        server = Server(binary, folder / "large")
        time.sleep(2)
        print(f"idle: {server.resident()}")
        run = re.search(rb'"run":"([^"]+)"', server.get("/api/v1/projects/large/runs?limit=1")[0])[1].decode()
        pages(server, run)
        print(f"afterwards: {server.resident()}")
        server.end()
        watched(binary, folder / "long", given.watchers, given.seconds)
        table(binary, folder / "rows", given.rows)
    finally:
        shutil.rmtree(folder)


main()
