"""Analyzes an archive of captures on Apache Spark: each capture by one task, which runs `gapscope transcript`.

    spark-submit gapscope_spark.py --transcript july.transcript archive/2026-07-*.pcap.zst
    spark-submit gapscope_spark.py --tables july archive/2026-07-*.pcap.zst -- --window 4096

--transcript FILE  the transcripts of all captures, one behind the other: `gapscope merge FILE` reports of them all
--tables DIRECTORY associations, gaps and skips as Parquet, each secure channel merged by one task

Exit status as of `gapscope analyze`: 0 done, 1 nothing could be read or merged, 2 some input was damaged or unreadable
and the rest processed, 64 the command line makes no sense. docs/spark.md has more.
"""

import argparse
import base64
import glob
import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from typing import NamedTuple, NoReturn

from pyspark import RDD, SparkFiles, StorageLevel
from pyspark.sql import SparkSession

FRAME = "STRUCT<frame: BIGINT, time: STRING, file: STRING>"
# As docs/report-formats.md has them, but for the cause of a gap, which only all channels of a point together tell.
TABLES = {
    "associations": """
        id STRING, point STRING, protocol STRING, epoch INT,
        sci STRING, sciSource STRING, an INT, vlans ARRAY<INT>, encrypted BOOLEAN, changed BOOLEAN, badTags BIGINT,
        source STRING, destination STRING, spi STRING, encapsulation STRING, sourcePort INT, destinationPort INT,
        sourceAddresses ARRAY<STRING>, destinationAddresses ARRAY<STRING>,
        packets BIGINT, octets BIGINT, firstTime STRING, lastTime STRING, lowestNumber BIGINT, highestNumber BIGINT,
        expected BIGINT, `distinct` BIGINT, lost BIGINT, lostBlind BIGINT, skipped BIGINT, duplicates BIGINT,
        reordered BIGINT, suspects BIGINT, gaps BIGINT,
        interArrivalNanoseconds STRUCT<min: BIGINT, mean: BIGINT, max: BIGINT>""",
    "gaps": f"""
        association STRING, firstMissing BIGINT, lastMissing BIGINT, missing BIGINT, provisional BOOLEAN,
        before {FRAME}, after {FRAME}""",
    "skips": f"""
        association STRING, firstSkipped BIGINT, lastSkipped BIGINT, skipped BIGINT, before {FRAME}, after {FRAME}""",
}


class Job(NamedTuple):
    """What every task is told."""

    tool: str
    # Of `gapscope transcript`.
    options: list[str]
    # The command that writes a capture to its standard output; empty: captures are files that every task sees.
    fetch: list[str]
    is_in_order: bool


class Capture(NamedTuple):
    # In the order in which they were named.
    index: int
    path: str
    point: str | None


class Written(NamedTuple):
    """What `gapscope transcript` made of a capture."""

    index: int
    status: int
    messages: str
    octets: bytes


def tool_path(tool: str) -> str:
    """The program that `spark-submit --files` brought, or the one that is installed."""
    shipped = SparkFiles.get(os.path.basename(tool))
    return shipped if os.path.exists(shipped) else tool


def transcribe(job: Job, capture: Capture, form: str) -> Written:
    if not job.fetch:
        return write_transcript(job, capture, form)
    with tempfile.TemporaryDirectory() as directory:
        # The name is that of the archive, so that reports have it; it does not lead out of the directory.
        name = os.path.normpath("/" + capture.path.split("://")[-1]).lstrip("/")
        path = os.path.join(directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            subprocess.run([*job.fetch, capture.path], stdin=subprocess.DEVNULL, stdout=file, check=True)
        return write_transcript(job, capture._replace(path=name), form, directory)


def write_transcript(job: Job, capture: Capture, form: str, directory: str | None = None) -> Written:
    named = [capture.path] if capture.point is None else ["--point", f"{capture.point}={capture.path}"]
    command = [tool_path(job.tool), "transcript", "--quiet", "--format", form, "--output", "-", *job.options, *named]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, cwd=directory)
    messages = done.stderr.decode(errors="replace")
    if done.returncode < 0:
        # Ended by the system: another try may do better.
        raise RuntimeError(f"{shlex.join(command)}: signal {-done.returncode}: {messages}")
    return Written(capture.index, done.returncode, messages, done.stdout)


def channels(written: Written) -> Iterator[tuple[tuple[str, str], tuple[int, bytes]]]:
    for line in written.octets.splitlines():
        row = json.loads(line)
        # The row without one has what belongs to no channel.
        if row["channel"] is not None:
            yield (row["point"], row["channel"]), (written.index, base64.b64decode(row["transcript"]))


def merge(job: Job, channel: tuple[str, str], parts: Iterable[tuple[int, bytes]]) -> Iterator[tuple[str, str]]:
    """The rows of a channel, each with the name of its table; or a message, with the name `error`."""
    order = ["--in-order"] if job.is_in_order else []
    command = [tool_path(job.tool), "merge", "--json", "--quiet", *order, "-"]
    octets = b"".join(octets for _, octets in sorted(parts))
    done = subprocess.run(command, input=octets, capture_output=True)
    if done.returncode not in (0, 2):
        yield "error", f"{channel[1]} at {channel[0]}: {done.stderr.decode(errors='replace').strip()}"
        return
    report = json.loads(done.stdout)
    for table in TABLES:
        for row in report[table]:
            yield table, json.dumps(row)


def write_tables(spark: SparkSession, job: Job, written: RDD, directory: str) -> None:
    rows = (
        written.flatMap(channels)
        .groupByKey()
        .flatMap(lambda group: merge(job, group[0], group[1]))
        .persist(StorageLevel.DISK_ONLY)
    )
    errors = rows.filter(lambda row: row[0] == "error").values().take(3)
    if errors:
        end(1, "\n".join(errors))
    for table, schema in TABLES.items():
        of_table = rows.filter(lambda row, table=table: row[0] == table).values()
        spark.read.schema(schema).json(of_table).write.mode("overwrite").parquet(f"{directory}/{table}")


def write_file(octets: Iterable[bytes], path: str) -> None:
    with open(path + ".new", "wb") as file:
        file.writelines(octets)
    os.replace(path + ".new", path)


def end(status: int, message: str) -> NoReturn:
    print(message.rstrip("\n"), file=sys.stderr)
    sys.exit(status)


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        end(64, f"{self.format_usage()}Error: {message}")


def parse(arguments: list[str]) -> tuple[argparse.Namespace, Job, list[Capture]]:
    split = arguments.index("--") if "--" in arguments else len(arguments)
    parser = Parser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, fromfile_prefix_chars="@",
        usage="spark-submit gapscope_spark.py (--transcript FILE | --tables DIRECTORY) [options] CAPTURE... "
        "[-- OPTION-OF-TRANSCRIPT...]",
    )
    parser.add_argument("captures", nargs="*", metavar="CAPTURE", help="files or patterns; @FILE names one a line")
    parser.add_argument("--point", action="append", default=[], metavar="NAME=CAPTURE", help="captured at this point")
    result = parser.add_mutually_exclusive_group(required=True)
    result.add_argument("--transcript", metavar="FILE", help="one file, where this program runs")
    result.add_argument("--tables", metavar="DIRECTORY", help="anywhere Spark writes; tables there are replaced")
    parser.add_argument("--gapscope", default="gapscope", metavar="PROGRAM", help="(default: %(default)s)")
    parser.add_argument("--fetch", default="", metavar="COMMAND", help="writes a capture to standard output")
    parser.add_argument("--in-order", action="store_true", help="with --tables: as of gapscope merge")
    options = parser.parse_args(arguments[:split])
    named = [(None, pattern) for pattern in options.captures]
    for text in options.point:
        name, equals, pattern = text.partition("=")
        if not equals:
            parser.error(f"--point {text}: expected NAME=CAPTURE")
        named.append((name, pattern))
    paths = [(point, path) for point, pattern in named for path in expand(pattern, bool(options.fetch))]
    if not paths:
        parser.error("no captures are named")
    captures = [Capture(index, path, point) for index, (point, path) in enumerate(paths)]
    job = Job(options.gapscope, arguments[split + 1 :], shlex.split(options.fetch), options.in_order)
    return options, job, captures


def expand(pattern: str, is_fetched: bool) -> list[str]:
    if is_fetched:
        return [pattern]
    # Tasks have working directories of their own.
    path = os.path.abspath(pattern)
    return [path] if os.path.exists(path) else sorted(glob.glob(path)) or [path]


def main() -> None:
    options, job, captures = parse(sys.argv[1:])
    form = "binary" if options.transcript else "ndjson"
    spark = SparkSession.builder.appName("gapscope").getOrCreate()
    try:
        written = (
            spark.sparkContext.parallelize(captures, len(captures))
            .map(lambda capture: transcribe(job, capture, form))
            .persist(StorageLevel.DISK_ONLY)
        )
        told = written.map(lambda part: (part.status, part.messages)).collect()
        for _, messages in told:
            sys.stderr.write(messages)
        statuses = {status for status, _ in told}
        if statuses == {1} or not statuses <= {0, 1, 2}:
            sys.exit(max(statuses))
        if options.transcript:
            write_file(written.map(lambda part: part.octets).collect(), options.transcript)
        else:
            write_tables(spark, job, written, options.tables)
        if statuses != {0}:
            sys.exit(2)
    finally:
        spark.stop()


if __name__ == "__main__":
    main()
