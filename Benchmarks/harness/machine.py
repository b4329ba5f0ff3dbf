"""What the figures were measured on."""

import datetime
import os
import re


def processor():
    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                if line.startswith(("model name", "Model")):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return os.uname().machine


def description():
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    time = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    return (f"{processor()}, {os.cpu_count()} processors, {os.uname().sysname} "
            f"{os.uname().release}; {time}; load average {load}")


def file_name():
    """For the results of today on this machine."""
    name = re.sub(r"[^a-z0-9]+", "-", processor().lower()).strip("-")
    return f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d}-{name}.md"
