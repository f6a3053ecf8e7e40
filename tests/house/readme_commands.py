#!/usr/bin/env python3
"""Checks README's commands: their shell, and that the programs know their words and flags.

    readme_commands.py README BUILD_DIR

A block of commands is what `bash -n` takes. What it says of ./shop, ./counter and pando is what the
examples and the tool of a build folder take, by their --help; every other flag outside of C++, as
`--replace`, is in the help of one of these commands or of those in MORE.
"""
import re
import shlex
import subprocess
import sys
from pathlib import Path

PROGRAMS = {"./counter": "examples/1_counter/counter", "./shop": "examples/2_shop/shop",
            "pando": "bin/pando"}
MORE = [["./counter", "counter", "increment"], ["./counter", "cluster", "shards"]]
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
# What other programs take is theirs.
OTHERS = re.compile(r"`(cmake|ctest|apt-get) [^`]*`|^\$ (cmake|g\+\+) .*$", re.M)


def faults_of_shell(commands):
    done = subprocess.run(["bash", "-n"], input="\n".join(commands), capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        yield f"README: bash does not take {commands}: {done.stderr.strip()}"


def parts_of(command):
    """The words of each program of ours that it runs."""
    words = shlex.split(command, comments=True)
    inner = re.findall(r"\$\(([^)]*)\)", command)  # "$(./shop socket-path)"
    for one in [words, *(shlex.split(text) for text in inner)]:
        if one and one[0] in PROGRAMS:
            yield one


class helps:
    """What the programs say of their commands, each asked once."""

    def __init__(self, build):
        self.build = build
        self.said = {}

    def of(self, words):
        """The help of a command, or None where there is no such command."""
        asked = words[:1] if words[0] == "pando" else words  # others' commands are the app's
        if tuple(asked) not in self.said:
            done = subprocess.run([self.build / PROGRAMS[asked[0]], *asked[1:], "--help"],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, check=False)
            path = [re.escape(word) for word in asked[1:2]]
            fits = re.search("^" + " ".join([r"Usage: \S+", *path]), done.stdout, re.M)
            self.said[tuple(asked)] = done.stdout if done.returncode == 0 and fits else None
        return self.said[tuple(asked)]

    def flags(self):
        return {flag for said in self.said.values() if said for flag in FLAG.findall(said)}


def faults(page, build):
    """Every fault of README's commands, as text."""
    known = helps(build)
    prose = re.sub(r"^```cpp\n.*?^```$", "", page, flags=re.M | re.S)
    blocks = re.findall(r"^```console\n(.*?)^```$", prose, re.M | re.S)
    if not blocks:
        yield "README has no block of commands"
    for block in blocks:
        commands = [line[2:] for line in block.splitlines()]
        yield from (f"README: not a command: {line}" for line in block.splitlines()
                    if not line.startswith("$ "))
        no_shell = list(faults_of_shell(commands))
        yield from no_shell
        if no_shell:
            continue
        for words in (words for command in commands for words in parts_of(command)):
            said = known.of(words)
            if said is None:
                yield f"README: there is no command {' '.join(words)}"
            else:
                yield from (f"README: {words[0]} knows no {flag} in: {' '.join(words)}"
                            for word in words for flag in FLAG.findall(word)
                            if flag not in FLAG.findall(said))
    for words in MORE:
        if known.of(words) is None:
            yield f"there is no command {' '.join(words)}"
    for flag in sorted(set(FLAG.findall(OTHERS.sub("", prose))) - known.flags()):
        yield f"README names {flag}, and no help of a command does"


def main(argv):
    found = list(faults(Path(argv[1]).read_text(encoding="utf-8"), Path(argv[2])))
    for fault in found:
        print(fault)
    print(f"readme_commands: {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
