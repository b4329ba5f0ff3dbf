"""The captures that are measured: made once, kept, and made again if they should be others."""

import os
import shutil
from dataclasses import dataclass

from processes import run


@dataclass
class Capture:
    name: str
    path: str
    packets: int
    associations: int
    format: str = "pcap"


class Captures:
    def __init__(self, options, directory, yardstick):
        self.options, self.directory, self.yardstick = options, directory, yardstick
        os.makedirs(directory, exist_ok=True)

    def usual(self):
        """Those on which the yardstick is measured too."""
        options = self.options
        flows = max(1, options.small // 100)
        return [
            self._pending("small.pcap", "small", options.small, flows, 1),
            self._pending("imix.pcap", "imix96", options.small, flows, 2),
            self._pending("mixed.pcap", "mixed", options.small, flows, 5),
            self._pending("full.pcap", "full", options.full, flows, 3),
            self._pending("million.pcap", "small", options.million, options.million // 10, 4),
            self._pending("small.pcapng", "small", options.small, flows, 1),
        ]

    def long(self):
        """Of few senders, so that starting and joining are little of it."""
        small = self.options.small
        return self._pending("long.pcap", "small", 5 * small, max(1, small // 5000), 6)

    def _pending(self, name, kind, packets, flows, seed):
        format = name.rsplit(".", 1)[1]
        capture = Capture(name, os.path.join(self.directory, name), packets, flows, format)
        capture.make = lambda: self._make(capture, kind, seed)
        return capture

    def _make(self, capture, kind, seed):
        if self.yardstick:
            command = [self.yardstick.gen, capture.path, kind, str(capture.packets),
                       str(capture.associations), str(seed)]
            self._once(capture.path, command + (["ng"] if capture.format == "pcapng" else []))
        else:
            sizes = {"small": ["--sizes", "64"], "imix96": ["--snap-length", "96"],
                     "mixed": ["--sizes", "64-256", "--protocol", "mixed:macsec=5,esp=3,plain=2"],
                     "full": ["--sizes", "1500"]}[kind]
            self._once(capture.path, self._generate(capture, seed) + sizes)

    def generated(self, packets, flows, name):
        """A capture of `gapscope generate`, as its user would make it."""
        path = os.path.join(self.directory, name)
        capture = Capture(name, path, packets, flows)
        self._once(path, self._generate(capture, seed=42))
        return capture

    def _generate(self, capture, seed):
        return [self.options.command, "generate", "--packets", str(capture.packets), "--flows",
                str(capture.associations), "--seed", str(seed), "--format", capture.format,
                "--truth", "none", "--output", capture.path]

    def _once(self, path, command):
        """Runs the command that makes a file, unless the same one made it before."""
        note = path + ".made-by"
        line = " ".join(command)
        if not (os.path.exists(path) and os.path.exists(note) and open(note).read() == line):
            run(command)
            with open(note, "w") as file:
                file.write(line)
        self._renew(path)

    @staticmethod
    def _renew(path):
        """Writes it anew, so that the system's cache has it in large pieces.

        It has in small ones what it had to give up and read from the disk again, and each has its price:
        figures of two runs, or of two captures of one, could not be compared.
        """
        before = os.stat(path)
        with open(path, "rb") as old, open(path + ".new", "wb") as new:
            shutil.copyfileobj(old, new, 16 << 20)
        os.utime(path + ".new", ns=(before.st_atime_ns, before.st_mtime_ns))
        os.replace(path + ".new", path)

    def compressed(self, capture):
        path = capture.path + ".gz"
        if not os.path.exists(path) or os.path.getmtime(path) < os.path.getmtime(capture.path):
            run(["gzip", "-6", "-n", "-c", capture.path], output=path)
        return path
