#!/usr/bin/env python3
"""Reads every #include below include/pando and fails on an arrow that goes up or from door to door.

Takes the folder that holds pando/ (the include folder). Prints one line for each fault, with file
and line, and ends with 1 if there was any.
"""
import re
import sys
from pathlib import Path

# The order of floors, lowest first; modules of one row never include one another.
ROWS = [
    ["meta"], ["contract"], ["schema"], ["handler"], ["runtime"], ["store"], ["lease"],
    ["membership"], ["link"], ["socket", "http", "cli", "ws"], ["cluster", "durable", "node"],
    ["app"], ["testing"],
]
ROW_OF = {module: row for row, modules in enumerate(ROWS) for module in modules}
CONTRACT = ROW_OF["contract"]
DOORS = ROWS[ROW_OF["http"]]

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def includes_of(path):
    """Line number, kind of bracket and target of each #include of a file."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found.group(1), found.group(2)


def is_marker(parts):
    return len(parts) == 2 and parts[0] in DOORS and parts[1] == "markers.hpp"


def fault_of_include(source, bracket, target, root):
    """What is wrong with one #include of the file `source` (parts below pando/), or None."""
    if bracket == '"':
        return f'"{target}" must be written <pando/floor/name.hpp>'
    if not target.startswith("pando/"):
        return None
    parts = tuple(target.split("/")[1:])
    if not (root / "pando" / Path(*parts)).is_file():
        return f"<{target}> does not exist"
    if len(source) == 1:  # an umbrella may open anything but the private parts and the bodies
        if source[0] != "src.hpp" and target.endswith(".ipp"):
            return f"<{target}> is a body: only its own header and src.hpp include it"
        if "detail" in parts:
            return f"<{target}> is private to {parts[0]}"
        return None
    if len(parts) == 1:
        return None if parts[0] == "config.hpp" else f"<{target}> is an umbrella, for users only"
    here, there = source[0], parts[0]
    if target.endswith(".ipp") and here != there:
        return f"<{target}> is a body: only its own header and src.hpp include it"
    if is_marker(source) and ROW_OF.get(there, 99) > CONTRACT:
        return f"<{target}>: a marker header includes only meta and contract"
    if here == there or there not in ROW_OF:
        return None
    if "detail" in parts:
        return f"<{target}> is private to {there}"
    if ROW_OF[there] > ROW_OF[here]:
        return f"<{target}> is an upward arrow: {there} is above {here}"
    if ROW_OF[there] == ROW_OF[here]:
        return f"<{target}>: {here} and {there} never include one another"
    return None


def faults_of_bodies(root, files):
    """Every .ipp is in src.hpp once, and its own header includes it; or it is the second part of
    another .ipp, which includes it."""
    compiled = [target for _, _, target in includes_of(root / "pando" / "src.hpp")]
    included = {}
    for path in files:
        if path.name != "src.hpp":
            for _, _, target in includes_of(path):
                if target.endswith(".ipp"):
                    included.setdefault(target, []).append(path)
    for path in files:
        if path.suffix == ".ipp":
            name = path.relative_to(root).as_posix()
            by = included.get(name, [])
            if len(by) != 1:
                yield f"{name}: included by {len(by)} files, not by its own header alone"
            elif by[0].suffix == ".hpp" and compiled.count(name) != 1:
                yield f"{name}: listed {compiled.count(name)} times in pando/src.hpp, not once"
            elif by[0].suffix == ".ipp" and compiled.count(name) != 0:
                yield f"{name}: listed in pando/src.hpp, which reaches it through {by[0].name}"


def faults(root):
    """Every fault of the tree, as text."""
    files = sorted(p for p in (root / "pando").rglob("*") if p.suffix in (".hpp", ".ipp"))
    for path in files:
        source = path.relative_to(root / "pando").parts
        if len(source) > 1 and source[0] not in ROW_OF:
            yield f"{path.relative_to(root)}: {source[0]} is on no floor; give it one in floors.py"
            continue
        for number, bracket, target in includes_of(path):
            fault = fault_of_include(source, bracket, target, root)
            if fault:
                yield f"{path.relative_to(root)}:{number}: {fault}"
    yield from faults_of_bodies(root, files)


def main(argv):
    root = Path(argv[1])
    if not (root / "pando").is_dir():
        print(f"{root} holds no pando/")
        return 2
    found = list(faults(root))
    for fault in found:
        print(fault)
    count = sum(1 for p in (root / "pando").rglob("*") if p.suffix in (".hpp", ".ipp"))
    print(f"floors: {count} headers, {len(found)} faults")
    return 1 if found or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
