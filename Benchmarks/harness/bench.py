"""What `scripts/bench` measures, in its order, and where the result goes."""

import os
import sys

import machine
import parts
from captures import Captures
from processes import Failed, text_of
from yardstick import Yardstick, compile_c


class Bench:
    """What the parts share: the command, the captures, the programs that it is compared with."""

    def __init__(self, options, root):
        self.options, self.root, self.command = options, root, options.command
        self.runs = options.runs
        self.directory = os.path.abspath(options.directory)
        os.makedirs(self.directory, exist_ok=True)
        self.yardstick = None
        if Yardstick.is_present(options.limits):
            self.yardstick = Yardstick(options.limits, self.directory)
        self.captures = Captures(options, self.directory, self.yardstick)

    def path(self, name):
        return os.path.join(self.directory, name)

    def program(self, name, *libraries):
        """One of Benchmarks/c, compiled."""
        program = self.path(name)
        compile_c(os.path.join(self.root, "Benchmarks", "c", name + ".c"), program, *libraries)
        return program

    def say(self, name):
        """What is measured now, for whoever waits."""
        if sys.stderr.isatty():
            print(f"bench: {name}", file=sys.stderr)

    def is_wanted(self, name):
        only = self.options.only
        return not only or any(word in name for word in only)

    def analyze(self, capture, *arguments):
        return [self.command, "analyze", "-q", "--threads", "1", *arguments, capture.path]


def main(options, root):
    if options.quick:
        options.runs = 1
        options.small, options.full, options.million = 20_000, 5_000, 50_000
        if options.directory == os.path.join(root, ".build/bench"):
            options.directory += "-quick"
    if not os.access(options.command, os.X_OK):
        print(f"bench: no command '{options.command}'; make build makes it", file=sys.stderr)
        return 1
    try:
        return write(Bench(options, root))
    except (Failed, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1


def write(bench):
    version = text_of_version(bench)
    texts = [f"# Speed, {version}", machine.description()]
    if bench.yardstick is None:
        texts.append(f"No yardstick in `{bench.options.limits}`: ours alone, on captures of "
                     "`gapscope generate`.")
    for text in texts:
        print(text, end="\n\n")
    for name, part in parts.ALL:
        # The files are chosen one by one.
        if name != "files" and not bench.is_wanted(name):
            continue
        bench.say(name)
        text = part(bench)
        if text:
            print(text, end="\n\n", flush=True)
            texts.append(text)
    texts.append(f"At the end: {machine.description()}")
    print(texts[-1])
    if bench.options.save:
        path = os.path.join(bench.root, "Benchmarks", "results", machine.file_name())
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write("\n\n".join(texts) + "\n")
        print(f"\nwritten to {os.path.relpath(path, bench.root)}")
    return 0


def text_of_version(bench):
    """With the commit of the sources, where git knows it."""
    version = "gapscope " + text_of([bench.command, "--version"]).split()[-1]
    try:
        commit = text_of(["git", "-C", bench.root, "describe", "--always", "--dirty"]).strip()
    except (Failed, OSError):
        return version
    return f"{version} ({commit})"
