"""The parts of the comparison. Each takes the `Bench` and returns its text, or `None`."""

import csv
import json
import os
import statistics

import predecessor
from live import live
from processes import Failed, clocked, medians, peak_memory, run, text_of
from table import mebi, milliseconds, ratio, table

# Its output is one line: what remains is reading and analyzing.
WITHOUT_OUTPUT = ("--csv", "--gaps", "0")


def files(bench):
    """The table report against the yardstick, file by file."""
    rows = []
    for capture in bench.captures.usual():
        if not bench.is_wanted(capture.name):
            continue
        bench.say(capture.name)
        capture.make()
        command = bench.analyze(capture)
        whole, anonymous = peak_memory(command)
        names = bench.yardstick.ROWS[capture.format] if bench.yardstick else ()
        theirs = [lambda row=row: bench.yardstick.measure(capture, row) for row in names]
        nanoseconds, *yardsticks = medians(
            bench.runs, lambda: run(command) / capture.packets * 1e9, *theirs)
        least = min(yardsticks, default=None)
        source = names[yardsticks.index(least)].split()[-1] if names else "-"
        rows.append([
            capture.name, f"{capture.packets:,}", f"{capture.associations:,}",
            f"{nanoseconds:.1f}", f"{least:.1f}" if least else "-", source,
            ratio(nanoseconds, least), f"{1e3 / nanoseconds:.1f} M", mebi(whole),
            mebi(anonymous)])
    if not rows:
        return None
    return "\n".join([
        f"CPU per packet, in ns, of the whole process and its table; medians of {bench.runs}, "
        "taken in turn. Peak memory in MiB: all (with the pages of the mapped capture), and "
        "anonymous.", "",
        table(["capture", "packets", "associations", "gapscope", "yardstick", "its source", "ratio",
               "packets/s", "peak", "anonymous"], rows)])


def answers(bench):
    """Fast and wrong would be worth nothing: the sums over all associations against the truth."""
    if bench.yardstick is None:
        return None
    capture = bench.captures.usual()[0]
    capture.make()
    with open(capture.path + ".truth.csv") as file:
        truth = list(csv.DictReader(file))
    report = bench.path("answers.json")
    run(bench.analyze(capture, "--json"), output=report)
    with open(report) as file:
        associations = json.load(file)["associations"]
    os.remove(report)
    sums = {}
    for name, theirs in [("packets", "packets"), ("octets", "bytes"), ("lost", "lost"),
                         ("duplicates", "dups"), ("reordered", "reorders")]:
        expected = sum(int(row[theirs]) for row in truth)
        found = sum(association[name] for association in associations)
        if expected != found:
            raise Failed(f"{capture.name}: {name} is {found}, but the truth is {expected}")
        sums[name] = f"{found:,} {name}"
    return f"Checked on {capture.name}, equal to the truth: {', '.join(sums.values())}."


def threads(bench):
    """By the clock; beside it what two processors give for this very work with nothing shared."""
    rows = []
    for capture in _small(bench), bench.captures.long():
        capture.make()
        one, two = bench.analyze(capture), bench.analyze(capture, "--threads", "2")
        columns = [[] for _ in range(3)]
        for _ in range(bench.runs):
            for column, commands in zip(columns, ([one], [two], [one, one])):
                column.append(clocked(commands))
        clocks, times = ([statistics.median(values[index] for values in column)
                          for column in columns] for index in (0, 1))
        for name, captures, clock, time in zip(
                ["one thread", "two threads", "two processes of one thread each"], [1, 1, 2],
                clocks, times):
            rows.append([f"{capture.name}, {name}", milliseconds(clock), milliseconds(time),
                         f"{captures * capture.packets / clock / 1e6:.1f} M",
                         f"{captures * clocks[0] / clock:.2f}"])
    return "\n".join([
        f"Threads, ms by the clock and of CPU, medians of {bench.runs}. {capture.name} has "
        f"{capture.packets:,} packets of {capture.associations:,} senders. Two processes at once "
        "share nothing and join nothing: they say what two processors of this machine give at "
        "this time.", "",
        table(["", "ms", "CPU ms", "packets/s", "times as fast"], rows)])


def json_output(bench):
    capture = _small(bench)
    report, copy = bench.path("report.json"), bench.path("copy.json")
    octets = bench.program("octets")
    run(bench.analyze(capture, "--json"), output=report)
    programs = []

    def written():
        programs.append([float(word) for word in text_of([octets, report, copy]).split()])
        return programs[-1][0]

    base, ours, plain, formatted = medians(
        bench.runs, lambda: run(bench.analyze(capture, *WITHOUT_OUTPUT)),
        lambda: run(bench.analyze(capture, "--json"), output=report), written,
        lambda: programs[-1][1])
    with open(report, "rb") as one, open(copy, "rb") as other:
        if one.read() != other.read():
            raise Failed("the C program wrote other octets than ours")
    length = os.path.getsize(report)
    os.remove(copy)
    return "\n".join([
        f"JSON of {capture.name}, {mebi(length)} MiB into a file, CPU in ms: ours is `--json` less "
        "a run without output; C writes the same octets.", "",
        table(["", "ms", "ours is"], [
            ["gapscope", milliseconds(ours - base), ""],
            ["C, every number formatted", milliseconds(formatted), ratio(ours - base, formatted)],
            ["C, one write from memory", milliseconds(plain), ratio(ours - base, plain)]])])


def storage(bench):
    capture = _small(bench)
    database, copy = bench.path("bench.db"), bench.path("copy.db")
    store = bench.program("store", "-lsqlite3")
    with_database = bench.analyze(capture, *WITHOUT_OUTPUT, "--database", database)
    rows = None

    def ours():
        _remove_database(database)
        return run(with_database)

    def theirs():
        nonlocal rows
        _remove_database(copy)
        seconds, rows = text_of([store, database, copy]).split()
        return float(seconds)

    base, whole, minimum = medians(
        bench.runs, lambda: run(bench.analyze(capture, *WITHOUT_OUTPUT)), ours, theirs)
    _remove_database(database)
    _remove_database(copy)
    return "\n".join([
        f"Storing {capture.name}, {int(rows):,} rows, CPU in ms: ours is `--database` less a run "
        "without; C writes the same rows into the same schema through SQLite's own interface.", "",
        table(["", "ms", "ours is"], [
            ["gapscope", milliseconds(whole - base), ""],
            ["C and SQLite", milliseconds(minimum), ratio(whole - base, minimum)]])])


def cold_start(bench):
    capture = bench.captures.generated(1_000, 20, "thousand.pcap")
    database = bench.path("cold.db")

    def stored():
        _remove_database(database)
        return run(bench.analyze(capture, "--database", database))

    nothing, alone, whole = medians(
        bench.runs, lambda: run(["true"]),
        lambda: run(bench.analyze(capture)), stored)
    _remove_database(database)
    return "\n".join([
        "A capture of 1,000 packets, CPU in ms of a process that starts for it; its files are in "
        "the page cache.", "",
        table(["", "ms"], [
            ["any process (`true`)", milliseconds(nothing)],
            ["analyze", milliseconds(alone)],
            ["analyze, with a new database", milliseconds(whole)]])])


def gzip(bench):
    capture = _small(bench)
    path = bench.captures.compressed(capture)
    ours, theirs = medians(
        bench.runs, lambda: run([bench.command, "analyze", "-q", path]),
        lambda: run(["zcat", path]))
    return (f"{capture.name}.gz: {milliseconds(ours)} ms of CPU; zcat of it "
            f"{milliseconds(theirs)} ms; ours is {ratio(ours, theirs)}.")


def sizes(bench):
    counts = [1_000, 10_000, 50_000, 100_000, 250_000, 500_000]
    if bench.options.quick:
        counts = counts[:2]
    rows = []
    for count in counts:
        capture = bench.captures.generated(count, max(1, count // 10), f"generated-{count}.pcap")
        seconds, = medians(bench.runs, lambda: run(bench.analyze(capture)))
        rows.append([f"{count:,}", f"{capture.associations:,}", milliseconds(seconds),
                     f"{count / seconds / 1e6:.2f} M"])
    return "\n".join([
        "Captures of `gapscope generate` by size, the whole process with its start: ten packets "
        "and IMIX lengths for each sender, with loss, reordering and duplicates.", "",
        table(["packets", "senders", "CPU ms", "packets/s"], rows)])


def _small(bench):
    capture = bench.captures.usual()[0]
    capture.make()
    return capture


def _remove_database(path):
    for name in (path, path + "-wal", path + "-shm"):
        if os.path.exists(name):
            os.remove(name)


ALL = [("files", files), ("answers", answers), ("threads", threads), ("json", json_output),
       ("storage", storage), ("cold", cold_start), ("gzip", gzip), ("sizes", sizes), ("live", live),
       *predecessor.PARTS]
