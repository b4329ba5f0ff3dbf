"""CPU for each packet that is received live, beside the least that C programs need."""

import re
import time

import cable
from processes import text_of
from table import table

MEBIBYTES = "64"
ASSOCIATIONS = 100


def live(bench):
    reason = cable.obstacle()
    if reason:
        return f"Live: skipped, {reason}."
    flood = bench.program("flood")
    receivers = [
        ("gapscope capture", [bench.command, "capture", "-i", cable.FAR, "--buffer-size",
                              MEBIBYTES, "--csv", "--gaps", "0"], _said_by_us),
        ("C at a packet ring", [bench.program("ring"), cable.FAR, MEBIBYTES], _said_by_c),
        ("C with libpcap", [bench.program("libpcap", "-lpcap"), cable.FAR, MEBIBYTES], _said_by_c),
    ]
    packets = 20_000 if bench.options.quick else 3_000_000
    texts = []
    for length in (96,) if bench.options.quick else (96, 1_500):
        results = [[] for _ in receivers]
        for _ in range(bench.runs):
            for (_, command, said), values in zip(receivers, results):
                values.append(_receive(flood, length, packets, command, said))
        # The least: what disturbs a run only adds to it.
        best = [min(values) for values in results]
        rows = [[name, f"{nanoseconds:.1f}", f"{nanoseconds / best[1][0]:.2f}",
                 f"{received:,}", f"{dropped:,}", f"{rate / 1e6:.2f} M"]
                for (name, _, _), (nanoseconds, received, dropped, rate) in zip(receivers, best)]
        texts.append(table(
            [f"live, {length} octets", "ns of CPU", "of C", "received", "dropped", "sent/s"],
            rows))
    return "\n\n".join([
        f"Live, CPU for each packet that was received, of the whole process, on a veth pair: "
        f"{packets:,} frames of {ASSOCIATIONS} associations as fast as it takes them, rings of "
        f"{MEBIBYTES} MiB; the least of {bench.runs} taken in turn.", *texts])


def _receive(flood, length, packets, command, said):
    """Nanoseconds for each packet received, how many these were, how many were dropped, sent/s."""
    with cable.Cable() as wire:
        listener = cable.Listener(wire.inside(command))
        sent, fast, seconds = text_of(wire.inside(
            [flood, cable.NEAR, str(ASSOCIATIONS), str(length), str(packets), "0"])).split()
        # What is in the ring then is taken.
        time.sleep(0.3)
        cpu, output, error = listener.end()
    received, dropped = said(output, error)
    return cpu / max(1, received) * 1e9, received, dropped, int(fast) / max(1e-9, float(seconds))


def _said_by_us(_, error):
    words = re.search(r"(\d+) packets captured, \d+ received by filter, (\d+) dropped", error)
    return int(words.group(1)), int(words.group(2))


def _said_by_c(output, _):
    received, dropped = output.split()
    return int(received), int(dropped)
