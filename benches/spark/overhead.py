#!/usr/bin/env python3
"""What a pipeline on Spark takes beside the same work written by hand in PySpark.

    overhead.py BINARY [--rows 10000000] [--rounds 3]

Sales of ten million rows and 50,000 products lie as Parquet in the warehouse. Both join them, keep the joined table, make two
summaries of it, and keep these. Each round starts a new server for either, so that both begin with a virtual machine that has
compiled nothing; its start is not counted. The summaries must be equal. Run it with the Python that has pyspark.
"""

import argparse
import glob
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import pyspark

HOME = pathlib.Path(pyspark.__file__).parent
MEMORY = "4g"

SALES = """
select id as order_id,
  cast(xxhash64(id) & 65535 as int) % 50000 as product_id,
  cast(1 + (xxhash64(id, 1) & 7) as int) as quantity,
  cast((xxhash64(id, 2) & 16383) / 100 as decimal(12, 2)) as amount,
  date_add(date'2024-01-01', cast(xxhash64(id, 3) & 255 as int)) as day,
  element_at(array('Germany', 'France', 'China', 'Brazil', 'Kenya', 'Japan', 'Peru', 'India'), cast(1 + (xxhash64(id, 4) & 7) as int)) as country
from range({rows})"""
PRODUCTS = """
select cast(id as int) as product_id, concat('product ', id) as name, concat('category ', id % 40) as category,
  cast((xxhash64(id) & 1023) / 10 as double) as weight
from range(50000)"""

BY_HAND = """
import sys, time
from pyspark.sql import SparkSession, functions as F
warehouse = sys.argv[1]
spark = SparkSession.builder.getOrCreate()
begun = time.monotonic()
sales = spark.read.parquet(f"{warehouse}/sales")
products = spark.read.parquet(f"{warehouse}/products")
sales.join(products, "product_id", "left").write.parquet(f"{warehouse}/hand/joined")
joined = spark.read.parquet(f"{warehouse}/hand/joined")
def summary(keys, name):
    grouped = joined.groupBy(*keys).agg(F.count("*").alias("orders"), F.sum("quantity").alias("pieces"), F.sum("amount").alias("amount"))
    grouped.orderBy(*keys).coalesce(1).write.option("header", True).csv(f"{warehouse}/hand/{name}")
summary(["category", "day"], "by_category")
summary(["country"], "by_country")
print("the work took", time.monotonic() - begun)
"""

PIPELINE = """
version: 1
name: overhead
engine: {{type: spark, url: "sc://127.0.0.1:{port}", warehouse: "file://{warehouse}", download_limit: 4GB}}
tasks:
  sales: {{type: load, path: "warehouse:sales/*.parquet"}}
  products: {{type: load, path: "warehouse:products/*.parquet"}}
  joined: {{type: join, left: sales, right: products, on: [product_id], how: left}}
  by_category:
    type: aggregate
    from: joined
    group_by: [category, day]
    metrics: {{orders: count(*), pieces: sum(quantity), amount: sum(amount)}}
    output: by_category.csv
  by_country:
    type: aggregate
    from: joined
    group_by: [country]
    metrics: {{orders: count(*), pieces: sum(quantity), amount: sum(amount)}}
    output: by_country.csv
"""


def submit(*arguments, log):
    environment = {**os.environ, "SPARK_HOME": str(HOME), "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
    command = [HOME / "bin/spark-submit", "--master", "local[2]", "--driver-memory", MEMORY, "--conf", "spark.ui.enabled=false", *arguments]
    return subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)


def run_script(text, *arguments):
    """Runs a script of PySpark; what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        script, log = pathlib.Path(folder, "script.py"), pathlib.Path(folder, "log")
        script.write_text(text)
        with log.open("w") as file:
            ended = submit(script, *arguments, log=file).wait()
        if ended:
            sys.exit(log.read_text())
        return log.read_text()


class Server:
    """A Spark Connect server of its own."""

    def __enter__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = tempfile.NamedTemporaryFile("w+")
        self.process = submit(
            "--class", "org.apache.spark.sql.connect.service.SparkConnectServer",
            "--conf", "spark.connect.grpc.binding.address=127.0.0.1",
            "--conf", f"spark.connect.grpc.binding.port={self.port}",
            "--conf", "spark.sql.catalogImplementation=in-memory",
            "spark-internal", log=self.log)
        while "Spark Connect server started" not in pathlib.Path(self.log.name).read_text():
            if self.process.poll() is not None:
                sys.exit(pathlib.Path(self.log.name).read_text())
            time.sleep(0.2)
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def by_hand(warehouse):
    shutil.rmtree(warehouse / "hand", ignore_errors=True)
    return float(re.search(r"the work took ([\d.]+)", run_script(BY_HAND, str(warehouse)))[1])


def by_tidemill(binary, warehouse, project, tasks=None):
    shutil.rmtree(project, ignore_errors=True)
    shutil.rmtree(warehouse / "tidemill", ignore_errors=True)
    project.mkdir()
    with Server() as server:
        (project / "pipeline.yaml").write_text(PIPELINE.format(port=server.port, warehouse=warehouse))
        begun = time.monotonic()
        ended = subprocess.run([binary, "-C", project, "run"], capture_output=True, text=True)
        took = time.monotonic() - begun
        if ended.returncode:
            sys.exit(ended.stdout + ended.stderr)
        if os.environ.get("VERBOSE"):
            print(ended.stdout, ended.stderr)
    return took


def rows(text):
    """The lines of a CSV file in an order of their own."""
    header, *lines = text.replace('"', "").splitlines()
    return [header, *sorted(lines)]


def compare(warehouse, project):
    for name in ("by_category", "by_country"):
        [hand] = glob.glob(f"{warehouse}/hand/{name}/part-*.csv")
        if rows(pathlib.Path(hand).read_text()) != rows((project / f"{name}.csv").read_text()):
            sys.exit(f"{name} differs: {hand} and {project}/{name}.csv")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary", type=pathlib.Path)
    arguments.add_argument("--rows", type=int, default=10_000_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--keep", type=pathlib.Path, help="a folder for the data, used again if they are there")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or pathlib.Path(temporary)
        warehouse, project = folder / "warehouse", folder / "project"
        if not (warehouse / "sales").exists():
            made = "from pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\n"
            for name, query in (("sales", SALES.format(rows=options.rows)), ("products", PRODUCTS)):
                made += f"spark.sql({query!r}).write.parquet({str(warehouse / name)!r})\n"
            run_script(made)
        times = {"by hand": [], "tidemill": []}
        for _ in range(options.rounds):
            times["by hand"].append(by_hand(warehouse))
            times["tidemill"].append(by_tidemill(options.binary.resolve(), warehouse, project))
            compare(warehouse, project)
            print({name: round(took[-1], 1) for name, took in times.items()}, flush=True)
        medians = {name: statistics.median(took) for name, took in times.items()}
        print("| | wall, median |\n|---|---:|")
        for name, median in medians.items():
            print(f"| {name} | {median:.1f} s |")
        print(f"| **ratio** | **{medians['tidemill'] / medians['by hand']:.2f}** |")


main()
