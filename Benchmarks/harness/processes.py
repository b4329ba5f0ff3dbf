"""Runs programs and reads what they cost."""

import os
import statistics
import subprocess
import time


class Failed(Exception):
    """A program did not end as it should."""


def start(command, output=os.devnull):
    """The process id. Not fork: that would be paid by the child."""
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
    ]
    return os.posix_spawnp(command[0], command, os.environ, file_actions=actions)


def finish(process, command):
    _, status, usage = os.wait4(process, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise Failed(f"{' '.join(command)}: exit status {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime


def run(command, output=os.devnull):
    """Runs a program to its end; the CPU seconds that it took, user and system."""
    return finish(start(command, output), command)


def clocked(commands):
    """Runs programs at the same time, to the end of all; seconds by the clock, and of CPU."""
    began = time.monotonic()
    processes = [(start(command), command) for command in commands]
    seconds = sum(finish(*process) for process in processes)
    return time.monotonic() - began, seconds


def text_of(command):
    """What a program writes."""
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if result.returncode != 0:
        raise Failed(f"{' '.join(command)}: {result.stderr.strip()}")
    return result.stdout


def peak_memory(command):
    """The most memory that a program had, in octets: all, and anonymous.

    Looked at every two milliseconds, in a run that is not timed: getrusage counts what the process
    was before it became the program, and knows nothing of anonymous memory.
    """
    process = start(command)
    whole, anonymous = 0, 0
    while os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        now = _memory(process)
        whole = max(whole, now.get("VmHWM", 0))
        anonymous = max(anonymous, now.get("RssAnon", 0))
        time.sleep(0.002)
    finish(process, command)
    return whole, anonymous


def _memory(process):
    """Those lines of the process's status that have a length."""
    try:
        with open(f"/proc/{process}/status") as status:
            words = [line.split() for line in status]
    except OSError:
        return {}
    return {word[0].rstrip(":"): int(word[1]) * 1024 for word in words if word[-1] == "kB"}


def medians(runs, *measurements):
    """Takes the measurements in turn, so that what else the machine does falls on all of them."""
    values = [[] for _ in measurements]
    for _ in range(runs):
        for measurement, column in zip(measurements, values):
            column.append(measurement())
    return [statistics.median(column) for column in values]
