#!/usr/bin/env python3
"""Tests the runner on the small cases in self/: the sound one passes, every other one is a defect.

    self_test.py COMPILER...
"""
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent

# What the runner must hold against each case; None: nothing.
EXPECTED = {
    "sentence": None,
    "unrelated": "the first error does not say: fitting: the hole takes a square peg",
    "far": "named neither in the error nor one note from it",
    "cascade": "2 errors, not one",
    "long_winded": "bytes of output, more than 2000",
    "compiles": "compiles, and must not",
    "broken_twin": "the twin does not compile without a word",
    "unmarked": "has no `// expect-first:` line",
}


def failures(compiler):
    if {path.stem for path in (HERE / "self").glob("*.cpp")} != set(EXPECTED):
        yield "self/ does not hold the cases that are expected here"
    for topic, defect in EXPECTED.items():
        done = subprocess.run([sys.executable, HERE / "run.py", "--compiler", compiler,
                               "--folder", HERE / "self", topic],
                              capture_output=True, text=True, check=False)
        told = done.stdout.splitlines()
        wrong = (done.returncode != (0 if defect is None else 1)
                 or not told[0].startswith("ok" if defect is None else "DEFECT")
                 or (defect is not None and not any(defect in line for line in told)))
        print(f"{'FAIL' if wrong else 'ok  '} {compiler} {topic}", flush=True)
        if wrong:
            yield f"{topic}: expected {defect}\n{done.stdout}{done.stderr}"
    done = subprocess.run([sys.executable, HERE / "run.py", "--compiler", compiler,
                           "--folder", HERE / "self", "no_such_topic"],
                          capture_output=True, text=True, check=False)
    if done.returncode == 0:
        yield "a run of no case passes"


def main(compilers):
    found = [failure for compiler in compilers for failure in failures(compiler)]
    for failure in found:
        print(failure)
    return 1 if found or not compilers else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
