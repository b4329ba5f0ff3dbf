"""The predecessor's own table with our figures beside it, and what they promise for fast links."""

import os

from processes import clocked, medians, run, text_of
from table import milliseconds, table

# Packets and seconds by the clock, from its results page of 2026-01-08: one run each, one sender
# (its generator wrote no SCI), flows and gaps stored in SQLite.
PREDECESSOR = [(1_000, 0.075), (10_000, 0.152), (50_000, 0.195), (100_000, 0.789),
               (250_000, 1.207), (500_000, 2.108)]

LINKS = [1, 10, 40, 100, 400]  # Gbit/s
# Preamble, start of frame delimiter and the gap between frames (IEEE 802.3).
BETWEEN_FRAMES = 20
RECORD = 16  # header of a record of pcap
CACHE_LINE = 64


def sizes(bench):
    """Its table: the whole process with a new database, by the clock, as it was measured."""
    rows = []
    for packets, seconds in PREDECESSOR[:2] if bench.options.quick else PREDECESSOR:
        row = [f"{packets:,}", f"{seconds * 1e3:,.0f}", f"{packets / seconds:,.0f}"]
        for senders in (1, packets // 10):
            capture = bench.captures.generated(
                packets, senders, f"generated-{packets}-{senders}.pcap")
            clock, cpu = _with_database(bench, capture)
            row += [milliseconds(clock), milliseconds(cpu), f"{packets / clock:,.0f}",
                    f"{seconds / clock:.1f}"]
        rows.append(row)
    return "\n".join([
        "The predecessor's table and ours: `analyze --database` with a new database, the whole "
        "process with its start, ms by the clock and of CPU, packets per second by the clock, and "
        f"how many times as fast. Medians of {bench.runs}. The predecessor was measured with one "
        "sender; ours with one, and with one for each ten packets, each of which is stored. IMIX "
        "lengths, 1% lost, 0.5% reordered, 0.1% duplicates.", "",
        table(["packets", "predecessor ms", "its packets/s", "one sender: ms", "CPU ms",
               "packets/s", "times", "a tenth: ms", "CPU ms", "packets/s", "times"], rows)])


def _with_database(bench, capture):
    """Seconds by the clock, and of CPU."""
    database = bench.path("predecessor.db")
    command = [bench.command, "analyze", "-q", "--database", database, capture.path]
    times = []

    def remove():
        for name in (database, database + "-wal", database + "-shm"):
            if os.path.exists(name):
                os.remove(name)

    def measure():
        remove()
        clock, cpu = clocked([command])
        times.append(clock)
        return cpu

    cpu, clock = medians(bench.runs, measure, lambda: times[-1])
    remove()
    return clock, cpu


def projection(bench):
    """What the measured costs promise for a link that is full of frames of one length."""
    processors = len(os.sched_getaffinity(0))
    small, full = (next(capture for capture in bench.captures.usual() if capture.name == name)
                   for name in ("small.pcap", "full.pcap"))
    octets_per_second, = medians(
        min(3, bench.runs), lambda: float(text_of([bench.program("memory"), str(processors)])))
    lines, rows = [], []
    for capture, length in ((small, 64), (full, 1_500)):
        capture.make()
        alone, together = (
            cpu / capture.packets for cpu in medians(
                bench.runs, lambda: run(bench.analyze(capture)),
                lambda: run([bench.command, "analyze", "-q", "--threads", str(processors),
                             capture.path])))
        lines.append(f"{length:,} octets ({capture.packets:,} packets of {capture.associations:,} "
                     f"senders): {alone * 1e9:.1f} ns of CPU per packet with one thread, "
                     f"{together * 1e9:.1f} with {processors}.")
        rows += [_projected(link, length, alone, together, processors, octets_per_second)
                 for link in LINKS]
    return "\n".join([
        "What this promises for full links, of frames that have so many octets with their FCS and "
        f"{BETWEEN_FRAMES} more between them. " + " ".join(lines), "",
        f"Memory: {octets_per_second / 1e9:.1f} GB/s are read by {processors} processors together. "
        "A packet takes its record and its octets once (they are written), and the cache lines that "
        "the analysis touches: record and headers are read, the association's slot is read and "
        "written. `reached` is the least of link, processors and memory, and `limit` says which. "
        "It is of a capture that is in memory: what it costs to get packets from an interface is "
        "not in it.", "",
        table(["Gbit/s", "octets", "packets/s of the link", "one processor", "processors needed",
               f"all {processors}", "memory GB/s", "memory allows", "reached", "limit"], rows)])


def _projected(link, length, alone, together, processors, octets_per_second):
    rate = link * 1e9 / 8 / (length + BETWEEN_FRAMES)
    moved = RECORD + length + min(2 * CACHE_LINE, RECORD + length) + 2 * CACHE_LINE
    # Threads are used where one is not enough, and cost some more.
    needed = rate * alone if rate * alone <= 1 else rate * together
    limits = {"the link": rate, "our CPU": max(1 / alone, processors / together),
              "memory": octets_per_second / moved}
    limit = min(limits, key=limits.get)
    return [f"{link}", f"{length:,}", f"{rate / 1e6:.2f} M", f"{1e-6 / alone:.1f} M",
            f"{needed:.2f}", f"{limits['our CPU'] / 1e6:.1f} M", f"{rate * moved / 1e9:.1f}",
            f"{limits['memory'] / 1e6:.1f} M", f"{limits[limit] / rate:.0%}", limit]


PARTS = [("predecessor", sizes), ("predecessor-projection", projection)]
