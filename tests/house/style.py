#!/usr/bin/env python3
"""Checks what house style can be checked by reading: lengths, columns, first lines, forbidden words.

Takes the root of the source tree. Prints one line for each fault and ends with 1 if there was any.
"""
import re
import sys
from pathlib import Path

FOLDERS = ["include", "tests", "tools", "examples", "benchmarks", "test_package", "cmake"]
HEADERS = {".hpp", ".ipp"}
SOURCES = HEADERS | {".cpp"}
SCRIPTS = {".py", ".sh", ".cmake", ".txt"}  # only their lines are looked at
LONGEST_HEADER = 500
WIDEST_LINE = 100
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b")


def faults_of_file(path, name):
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        yield f"{name}: is not UTF-8"
        return
    source = path.suffix in SOURCES
    if source and (not lines or not re.match(r"// \S", lines[0])):
        yield f"{name}:1: the first line must be a comment that says what the file is for"
    if path.suffix == ".hpp" and "#pragma once" not in lines:
        yield f"{name}:1: no #pragma once"
    if path.suffix in HEADERS and len(lines) > LONGEST_HEADER:
        yield f"{name}: {len(lines)} lines; a header has at most {LONGEST_HEADER}"
    for number, line in enumerate(lines, 1):
        # Programs quoted from a page, and wire texts in tests, stand as they are.
        if len(line) > WIDEST_LINE and not name.startswith("tests/"):
            yield f"{name}:{number}: {len(line)} columns; a line has at most {WIDEST_LINE}"
        if "\t" in line:
            yield f"{name}:{number}: a tab"
        if UNFINISHED.search(line):
            yield f"{name}:{number}: unfinished ({UNFINISHED.search(line).group(1)})"


def files_of(root):
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and (path.suffix in SOURCES or path.suffix in SCRIPTS):
                if "corpus" not in path.parts and path.name != "style.py":
                    yield path


def faults(root):
    """Every fault of the tree, as text."""
    for path in files_of(root):
        yield from faults_of_file(path, path.relative_to(root).as_posix())


def main(argv):
    root = Path(argv[1])
    found = list(faults(root))
    for fault in found:
        print(fault)
    count = sum(1 for _ in files_of(root))
    print(f"style: {count} files, {len(found)} faults")
    return 1 if found or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
