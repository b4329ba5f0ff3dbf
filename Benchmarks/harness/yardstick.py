"""The yardstick: the bare minimum of the job in C, where its sources are present."""

import os
import shutil

from processes import Failed, run, text_of


class Yardstick:
    """`limit`, which walks a capture and counts, and `gen`, which writes captures for it."""

    # What is read from where; the better one counts.
    ROWS = {"pcap": ("L3 b32 mmap", "L3 b32 read256K"),
            "pcapng": ("NG L3 b32 mmap", "NG L3 b32spec read256K")}

    def __init__(self, sources, directory):
        self.limit = os.path.join(directory, "limit")
        self.gen = os.path.join(directory, "gen")
        compile_c(os.path.join(sources, "limit.c"), self.limit, "-march=native", "-lpthread")
        compile_c(os.path.join(sources, "gen.c"), self.gen)

    @staticmethod
    def is_present(sources):
        return all(os.path.exists(os.path.join(sources, name))
                   for name in ("limit.c", "limit.h", "gen.c"))

    def measure(self, capture, row):
        """CPU nanoseconds per packet of one row, in a process of its own."""
        # Its table does not grow: at most 0.4 full is what it was measured with.
        bits = 17
        while capture.associations > 0.4 * 2**bits:
            bits += 1
        command = ["env", f"BITS={bits}", self.limit, capture.path, "1", "=" + row]
        for line in text_of(command).splitlines():
            if line.startswith(row + " "):
                return float(line.split("|")[1].split()[0])
        raise Failed(f"no row '{row}' in the output of {' '.join(command)}")


def compile_c(source, program, *options):
    """Compiles one C file, if it is newer than the program."""
    if os.path.exists(program) and os.path.getmtime(program) > os.path.getmtime(source):
        return
    # gcc's code is the faster one here; clang comes with the Swift toolchain.
    candidates = [os.environ.get("CC"), "gcc", "clang", "cc"]
    compiler = next((name for name in candidates if name and shutil.which(name)), None)
    if compiler is None:
        raise Failed("no C compiler")
    run([compiler, "-O3", "-w", source, "-o", program, *options])
