#!/usr/bin/env python3
"""Compiles every C++ block of README, each in the way that a comment before it states.

    readme.py README COMPILER INCLUDE_DIR [FLAGS...]

A comment `<!-- compiled as NAME -->` before a block has it lie in the folder as NAME: headers for
others, and sources that are compiled as they are pasted. `<!-- compiled in NAME -->` has it
compiled where tests/house/readme/NAME says `#include "block.1"` and so on, which are the block's
paragraphs: each stands there once. A block without such a comment, a comment without a block and a
NAME that no block names are faults.
"""
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from headers import FLAGS

CONTEXTS = Path(__file__).resolve().parent / "readme"
LANGUAGES = {"cpp", "console", "cmake", "text", "json"}
COMMENT = re.compile(r"<!-- compiled (as|in) (\w+\.[ch]pp) -->")
PARAGRAPH = re.compile(r'^#include "block\.(\d+)"$', re.M)
# In pieces of programs what a reader would go on with is not used.
PIECES = ["-Wno-unused-variable", "-Wno-unused-but-set-variable"]


class fault(Exception):
    """What is wrong with README or a context, in one sentence."""


class block:
    """A C++ block: where its first line is, its lines, and how it is compiled."""

    def __init__(self, way, name, line, lines):
        self.way, self.name, self.line, self.lines = way, name, line, lines

    def text(self):
        return "\n".join([f'#line {self.line} "README.md"', *self.lines, ""])

    def paragraphs(self):
        """Where each begins, as a block of its own."""
        made = []
        for number, line in enumerate(self.lines):
            if not line.strip():
                continue
            if number == 0 or not self.lines[number - 1].strip():
                made.append(block(self.way, self.name, self.line + number, []))
            made[-1].lines.append(line)
        return made


def blocks_of(text):
    """Every C++ block of a page, and a fault where one has no stated way to be compiled."""
    lines = text.splitlines()
    found, number = [], 0
    stated = None  # by a comment right before
    while number < len(lines):
        line = lines[number]
        number += 1
        fence = re.match(r"\s*(```+|~~~+)\s*(\S*)", line)
        if not fence:
            if stated:
                raise fault(f"README:{number}: a comment says how a block is compiled, and no C++ "
                            "block follows")
            stated = COMMENT.fullmatch(line)
            if not stated and re.search(r"<!--\s*compiled", line):
                raise fault(f"README:{number}: it is `<!-- compiled as NAME -->` or "
                            "`<!-- compiled in NAME -->`, on a line of its own")
            continue
        begins = number
        while number < len(lines) and lines[number].strip() != fence[1]:
            number += 1
        if number == len(lines):
            raise fault(f"README:{begins}: a block that does not end")
        if fence[2] not in LANGUAGES:
            raise fault(f"README:{begins}: a block of `{fence[2]}`; it is one of "
                        f"{', '.join(sorted(LANGUAGES))}")
        if (fence[2] == "cpp") != bool(stated):
            raise fault(f"README:{begins}: a C++ block has a line before it that says how it is "
                        "compiled, <!-- compiled as NAME --> or <!-- compiled in NAME -->, and "
                        "no other block has")
        if stated:
            found.append(block(stated[1], stated[2], begins + 1, lines[begins:number]))
        stated = None
        number += 1
    if stated:
        raise fault(f"README:{number}: a comment says how a block is compiled, and no C++ block "
                    "follows")
    return found


def lay_out(found, contexts, folder):
    """Writes what is compiled; returns the sources, each with the flags of its own."""
    sources = {}
    for one in found:
        place = folder / one.name
        if one.way == "as":
            if place.exists():
                raise fault(f"README:{one.line}: two blocks are compiled as {one.name}")
            place.write_text(one.text(), encoding="utf-8")
            if place.suffix == ".cpp":
                sources[place] = []
            continue
        context = contexts / one.name
        if not context.is_file():
            raise fault(f"README:{one.line}: there is no {one.name} among the contexts")
        text = context.read_text(encoding="utf-8")
        named = sorted(int(number) for number in PARAGRAPH.findall(text))
        paragraphs = one.paragraphs()
        if not named or named != list(range(1, len(paragraphs) + 1)):
            raise fault(f"{one.name}: the block of README:{one.line} has {len(paragraphs)} "
                        f"paragraphs, and it includes {named}")
        own = folder / context.stem
        if own.exists():
            raise fault(f"README:{one.line}: two blocks are compiled in {one.name}")
        own.mkdir()
        for number, paragraph in enumerate(paragraphs, 1):
            (own / f"block.{number}").write_text(paragraph.text(), encoding="utf-8")
        source = own / one.name
        source.write_text(f'#line 1 "{context}"\n{text}', encoding="utf-8")
        sources[source] = PIECES
    unnamed = {path.name for path in contexts.glob("*")} - {one.name for one in found}
    if unnamed:
        raise fault(f"no block of README is compiled in {', '.join(sorted(unnamed))}")
    if not sources:
        raise fault("README has no C++ block")
    return sources


def check(readme, compiler, include, flags, contexts=CONTEXTS):
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            sources = lay_out(blocks_of(readme.read_text(encoding="utf-8")), contexts, folder)
        except fault as why:
            print(f"readme: {why}")
            return 1
        for source, own in sources.items():
            began = time.monotonic()
            done = subprocess.run([compiler, *FLAGS, *own, *flags, "-fsyntax-only", "-I", include,
                                   "-I", folder, source],
                                  capture_output=True, text=True, check=False)
            failed += done.returncode != 0
            print(f"{'FAIL' if done.returncode else 'ok  '} {time.monotonic() - began:5.2f} s  "
                  f"{source.name}", flush=True)
            print("\n".join(done.stderr.splitlines()[:40]), end="\n" if done.stderr else "")
    print(f"readme: {len(sources)} programs of README by {compiler}, {failed} failed")
    return 1 if failed else 0


def main(argv):
    return check(Path(argv[1]), argv[2], Path(argv[3]), argv[4:])


if __name__ == "__main__":
    sys.exit(main(sys.argv))
