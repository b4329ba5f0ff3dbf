"""A network namespace with a cable in it, and programs that listen at its far end."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from processes import Failed, text_of

NEAR, FAR = "near0", "far0"


def obstacle():
    """Why there can be no such thing here; `None`: there can."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return "needs root and iproute2, for a network namespace"
    try:
        with Cable():
            return None
    except (Failed, OSError) as error:
        return f"needs a network namespace: {error}"


class Cable:
    """What is sent on `NEAR` comes in on `FAR`. Gone when it is left."""

    def __init__(self):
        self.name = f"gapscope-{os.getpid()}-{time.monotonic_ns()}"

    def __enter__(self):
        text_of(["ip", "netns", "add", self.name])
        try:
            self._ip("link", "add", NEAR, "mtu", "9000", "type", "veth",
                     "peer", "name", FAR, "mtu", "9000")
            for interface in (NEAR, FAR):
                # Without addresses nothing of the machine's own is sent on it.
                self._ip("link", "set", interface, "addrgenmode", "none")
                self._ip("link", "set", interface, "up")
        except Failed:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        subprocess.run(["ip", "netns", "delete", self.name], check=False)

    def _ip(self, *arguments):
        return text_of(["ip", "-n", self.name, *arguments])

    def inside(self, command):
        return ["ip", "netns", "exec", self.name, *command]

    def dropped(self):
        """Frames that the cable itself dropped, at either end."""
        count = 0
        for interface in (NEAR, FAR):
            text = self._ip("-s", "link", "show", interface)
            # Behind each heading: bytes, packets, errors, dropped.
            for line in re.findall(r"[RT]X:.*\n(.*)", text):
                count += int(line.split()[3])
        return count


class Listener:
    """A program that says "Listening" on standard error and ends at SIGINT."""

    PATIENCE = 60

    def __init__(self, command):
        self.command = command
        self.output, self.error = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.error)
        limit = time.monotonic() + self.PATIENCE
        while "Listening" not in self._text(self.error):
            if self.process.poll() is not None or time.monotonic() > limit:
                self.process.kill()
                raise Failed(f"{' '.join(command)}: {self._text(self.error).strip()}")
            time.sleep(0.01)

    @staticmethod
    def _text(file):
        return os.pread(file.fileno(), 1 << 30, 0).decode()

    def memory(self):
        """All octets that it has in memory now."""
        with open(f"/proc/{self.process.pid}/status") as status:
            words = dict(line.split(":", 1) for line in status)
        return int(words["VmRSS"].split()[0]) * 1024

    def end(self):
        """Its CPU seconds, what it wrote and what it said."""
        # It may have ended by itself; nobody has waited for it yet.
        os.kill(self.process.pid, signal.SIGINT)
        # One that does not end would keep everything waiting.
        patience = threading.Timer(self.PATIENCE, os.kill, (self.process.pid, signal.SIGKILL))
        patience.start()
        _, status, usage = os.wait4(self.process.pid, 0)
        patience.cancel()
        self.process.returncode = os.waitstatus_to_exitcode(status)
        output, error = self._text(self.output), self._text(self.error)
        if self.process.returncode != 0:
            raise Failed(f"{' '.join(self.command)}: exit status {self.process.returncode}: "
                         f"{error.strip()}")
        return usage.ru_utime + usage.ru_stime, output, error
