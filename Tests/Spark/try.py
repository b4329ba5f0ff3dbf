"""Cuts a capture, lets Spark analyze the parts and holds what comes back against one process that reads all of them.

    try.py GAPSCOPE SPARK-SUBMIT JOB [kill]     called by scripts/try-spark, in an empty directory

With `kill` there are two executors, processes of their own, and one of them is killed while it works.
"""

import json
import os
import signal
import struct
import subprocess
import sys
import time

from pyspark.sql import SparkSession

gapscope, submit, job = sys.argv[1:4]


def cut(path: str, count: int) -> list[str]:
    with open(path, "rb") as file:
        octets = file.read()
    header, position, records = octets[:24], 24, []
    while position < len(octets):
        length = 16 + struct.unpack_from("<I", octets, position + 8)[0]
        records.append(octets[position : position + length])
        position += length
    names = [os.path.abspath(f"day/part{index}.pcap") for index in range(count)]
    os.mkdir("day")
    for index, name in enumerate(names):
        part = records[index * len(records) // count : (index + 1) * len(records) // count]
        with open(name, "wb") as file:
            file.write(header + b"".join(part))
    return names


def one_process(captures: list[str]) -> subprocess.CompletedProcess:
    return subprocess.run([gapscope, "analyze", "--quiet", "--json", *captures], capture_output=True)


def spark(arguments: list[str], *, where: list[str] = ["--master=local[2]"], tool: str = gapscope) -> subprocess.Popen:
    quiet = ["--conf=spark.ui.enabled=false", "--conf=spark.ui.showConsoleProgress=false", "--conf=spark.log.level=ERROR"]
    command = [submit, *where, *quiet, job, "--gapscope", tool, *arguments]
    # spark-submit puts what the job says on either stream on one of its own.
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def expect(process: subprocess.Popen, status: int, message: str = "") -> None:
    told, _ = process.communicate()
    if process.returncode != status or message not in told:
        sys.exit(f"{process.args}: status {process.returncode} and not {status}, or no '{message}' in:\n{told[-4000:]}")


def hold(what: str, is_so: bool) -> None:
    print(what + (": yes" if is_so else ": NO"), flush=True)
    if not is_so:
        sys.exit(1)


def merged(transcript: str) -> bytes:
    return subprocess.run([gapscope, "merge", "--quiet", "--json", transcript], capture_output=True).stdout


def rows(table: str) -> list[str]:
    """As JSON with sorted keys. What is null in a table may be absent in a report; causes are in none of the tables."""
    spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return [present(row.asDict(recursive=True)) for row in spark.read.parquet(f"tables/{table}").collect()]


def present(row: dict) -> str:
    return json.dumps({key: row[key] for key in row if row[key] is not None and key != "cause"}, sort_keys=True)


def executors(driver: int) -> list[int]:
    """Those of the processes below `driver` that are executors."""
    table = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,args="], capture_output=True, text=True).stdout
    processes = [line.split(None, 2) for line in table.splitlines()]
    below = {str(driver)}
    # A child has mostly a higher number than its parent; where numbers began anew, the next look finds it.
    for process, parent, _ in processes:
        if parent in below:
            below.add(process)
    return [int(process) for process, _, command in processes
            if process in below and "CoarseGrainedExecutorBackend" in command]


def equality(captures: list[str]) -> None:
    whole = one_process(captures)
    tables = spark(["--tables", "tables", "day/*.pcap"])
    expect(tables, 0)
    report = json.loads(whole.stdout)
    for table in ("associations", "gaps", "skips"):
        expected = [present(row) for row in report[table]]
        hold(f"{len(expected)} {table} of {len(captures)} captures are those of one process",
             sorted(rows(table)) == sorted(expected))

    # Fetched, as from a store that is no file system, one of them damaged and one no capture.
    captures = [os.path.relpath(capture) for capture in captures]
    with open(captures[1], "r+b") as file:
        file.truncate(os.path.getsize(captures[1]) - 7)
    with open("day/readme", "w") as file:
        file.write("no capture")
    whole = one_process(captures)
    with open("list", "w") as file:
        file.write("\n".join([*captures, "day/readme"]))
    fetched = spark(["--transcript", "day.transcript", "--fetch", f"env -C {os.getcwd()} cat", "@list"])
    expect(fetched, 2, "day/part1.pcap")
    hold("the report of a damaged archive is that of one process",
         whole.returncode == 2 and merged("day.transcript") == whole.stdout)


def refusals(captures: list[str]) -> None:
    expect(spark(captures), 64, "--transcript --tables is required")
    expect(spark(["--tables", "none", *captures, "--", "--windows", "4"]), 64, "Unknown option '--windows'")
    expect(spark(["--transcript", "none", "day/nothing"]), 1, "day/nothing: there is no such file")
    expect(spark(["--tables", "none", "day.pcap", captures[0]]), 1, "overlap")
    hold("what makes no sense leaves nothing", not os.path.exists("none"))


def points(captures: list[str]) -> None:
    named = [f"--point=near={captures[0]}", "--point", "far=day.pcap"]
    expect(spark(["--transcript", "points.transcript", *named]), 0)
    whole = one_process([f"--point=near={captures[0]}", f"--point=far={os.path.abspath('day.pcap')}"])
    hold("two points may overlap", merged("points.transcript") == whole.stdout)


def survival(captures: list[str]) -> None:
    # So slow that there is time to kill while tasks run.
    with open("slowly", "w") as file:
        file.write(f'#!/bin/sh\nsleep 3\nexec "{gapscope}" "$@"\n')
    os.chmod("slowly", 0o755)
    where = ["--master=local-cluster[2,1,1024]", "--files=slowly"]
    process = spark(["--transcript", "day.transcript", *captures], where=where, tool="slowly")
    deadline = time.monotonic() + 120
    while len(executors(process.pid)) < 2 and time.monotonic() < deadline:
        time.sleep(0.5)
    time.sleep(10)
    victims = executors(process.pid)
    hold("there are two executors at work", len(victims) == 2 and process.poll() is None)
    os.kill(victims[0], signal.SIGKILL)
    expect(process, 0)
    hold("with an executor killed the report is that of one process",
         merged("day.transcript") == one_process(captures).stdout)


command = [gapscope, "generate", "--quiet", "--packets", "30000", "--flows", "20", "--protocol", "mixed", "--seed", "7",
           *(word for name in ("loss", "reorder", "duplicate", "rekey", "skip") for word in ("--scenario", name)),
           "--output", "day.pcap"]
subprocess.run(command, check=True)
captures = cut("day.pcap", 8)
if sys.argv[4:] == ["kill"]:
    survival(captures)
else:
    equality(captures)
    points(captures)
    refusals(captures)
