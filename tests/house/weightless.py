#!/usr/bin/env python3
"""What including Pando compiles: `weightless.py OBJECT…` fails when an object file of a program that
only includes the umbrellas has functions of Pando's in it. Then every file of a user's program that
includes them would pay for compiling these: a coroutine that is not PANDO_LAZY, or a virtual function
declared without PANDO_INLINE, see include/pando/config.hpp.
"""
import re
import subprocess
import sys

FUNCTION = re.compile(r"^[0-9a-f]+ [TtW] (?P<name>.*)$")
OURS = re.compile(r"^(non-virtual thunk to )?pando::")


def functions_of(path):
    listed = subprocess.run(["nm", "--demangle", path], check=True, capture_output=True, text=True)
    for line in listed.stdout.splitlines():
        found = FUNCTION.match(line)
        if found and OURS.match(found["name"]):
            yield found["name"]


def main(argv):
    faults = 0
    for path in argv:
        names = sorted(set(functions_of(path)))
        faults += len(names)
        for name in names[:20]:
            print(f"{path}: {name[:200]}")
        if len(names) > 20:
            print(f"{path}: and {len(names) - 20} more")
    print(f"weightless: {len(argv)} objects, {faults} functions")
    return 1 if faults or not argv else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
