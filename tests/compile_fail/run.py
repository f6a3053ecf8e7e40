#!/usr/bin/env python3
"""Compiles programs that must not compile, and demands that the compiler says why in our words.

    run.py --compiler g++ --include ../../include [--flag=-I...] [--folder .] [topic...]

Each <topic>.cpp says what it expects:
    // expect-first: phrase    in the first error line (at least one of these)
    // expect: phrase          anywhere in the output
    // expect-named: phrase    the same, of compilers that print the text of names (Clang 14 prints
                               its numbers)
    // only: g++ < 13          sound for any other compiler, which must compile both
    // except: clang++ < 16    not asked of that compiler, only the twin
    // alone                   compiled without the precompiled headers below
    ...  // here               the user's line at fault (exactly one)
With -DPANDO_TWIN the same file is its twin, the right use of the same thing, and must compile
without a word. The faulty one must fail, with exactly one error, every phrase, at most 2,000 bytes
of output, and the user's line named in the error or one note from it. Anything else is a defect.

What the cases include is precompiled once (that, too, is how a user's include looks to the
compiler): the headers of calls and handlers, or those of a program where a case needs an app.
"""
import argparse
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LONGEST_OUTPUT = 2000
JOBS = 2
# The bodies that are compiled once are left out: no sentence is in them.
FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Wpedantic",
         "-DBOOST_ASIO_NO_DEPRECATED", "-DPANDO_SEPARATE_COMPILATION"]
OLDEST_CLANG_THAT_NAMES = 15
ERROR = re.compile(r"(^|: )(fatal )?error: ")
ONLY = re.compile(r"^(g\+\+|clang\+\+)(?: < (\d+))?$")
PREFIXES = {
    "calls": ["contract.hpp", "handler/client.hpp", "handler/implement.hpp", "runtime/stream.hpp"],
    "program": ["pando.hpp"],
}
PLACE = re.compile(r"^(?P<file>[^\s:][^:]*):(?P<line>\d+)(:\d+)?: +(?P<rest>.*)$")


class case:
    """One source file and what it expects."""

    def __init__(self, path):
        self.path = path
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        self.prefix = None
        if "#include <pando/" in text and "// alone" not in lines:
            needs_app = re.search(r"#include <pando/(app/|pando\.hpp)", text)
            self.prefix = "program" if needs_app else "calls"
        self.first = phrases_after("// expect-first:", lines)
        self.anywhere = phrases_after("// expect:", lines)
        self.named = phrases_after("// expect-named:", lines)
        self.only = phrases_after("// only:", lines)
        self.exempt = phrases_after("// except:", lines)
        self.run_together = [line for line in lines if re.search(r"^// .*\S expect[a-z-]*: ", line)]
        self.here = [n for n, line in enumerate(lines, 1) if re.search(r"// here\b", line)]

    def defects(self):
        """What is wrong with the file itself."""
        if not self.first:
            yield "has no `// expect-first:` line"
        if len(self.here) != 1:
            yield f"has {len(self.here)} lines marked `// here`, not one"
        for line in self.run_together:
            yield f"has marks that do not begin a line: {line}"
        for mark in self.only + self.exempt:
            if not ONLY.match(mark):
                yield f"has a mark that is none: {mark}"

    def is_asked_of(self, compiler):
        return not any(compiler.is_one(*ONLY.match(mark).groups()) for mark in self.exempt)

    def is_fault_of(self, compiler):
        """Whether that compiler is to refuse it."""
        return all(compiler.is_one(*ONLY.match(mark).groups()) for mark in self.only)


class compiler_kind:
    """What a compiler says of itself."""

    def __init__(self, command, path):
        done = subprocess.run([command, "-dM", "-E", "-x", "c++", "/dev/null"], check=True,
                              capture_output=True, text=True, env={"LC_ALL": "C", "PATH": path})
        macros = dict(re.findall(r"^#define (\w+) (\d+)$", done.stdout, re.MULTILINE))
        self.name = "clang++" if "__clang_major__" in macros else "g++"
        self.version = int(macros.get("__clang_major__", macros["__GNUC__"]))
        self.prints_names = self.name == "g++" or self.version >= OLDEST_CLANG_THAT_NAMES

    def is_one(self, name, before):
        return self.name == name and (before is None or self.version < int(before))


def phrases_after(mark, lines):
    return [line.split(mark, 1)[1].strip() for line in lines if line.strip().startswith(mark)]


def places_near(lines, error, name):
    """The line numbers of file `name` that the error names, or the one note nearest to it."""
    near = [PLACE.match(lines[error])]
    # g++ prints where a template was required above the error, the nearest place on top ...
    context = None
    for line in reversed(lines[:error]):
        found = PLACE.match(line)
        if found and re.match(r"(recursively )?required ", found["rest"]):
            context = found
        elif not line.startswith(" "):
            break
    near.append(context)
    # ... and Clang below it, as notes, the nearest first.
    near.append(next((found for found in map(PLACE.match, lines[error + 1:]) if found), None))
    return {int(found["line"]) for found in near if found and Path(found["file"]).name == name}


def defects_of_output(wanted, compiler, output, status):
    """What is wrong with what the compiler said of the faulty program."""
    if not wanted.is_fault_of(compiler):
        if status != 0 or output:
            yield "does not compile without a word, as it must with this compiler"
        return
    if status == 0:
        yield "compiles, and must not"
        return
    if not compiler.prints_names:
        output = output.replace('\\"', '"')  # Clang 14 prints a sentence as it stands in the source
    lines = output.splitlines()
    errors = [i for i, line in enumerate(lines) if ERROR.search(line)]
    if len(errors) != 1:
        yield f"{len(errors)} errors, not one"
    if not errors:
        return
    for phrase in wanted.first:
        if phrase not in lines[errors[0]]:
            yield f"the first error does not say: {phrase}"
    told = output.replace(" *", "*")  # as g++ writes pointers
    for phrase in wanted.anywhere + (wanted.named if compiler.prints_names else []):
        if phrase not in told:
            yield f"the output does not say: {phrase}"
    if len(output.encode()) > LONGEST_OUTPUT:
        yield f"{len(output.encode())} bytes of output, more than {LONGEST_OUTPUT}"
    if not set(wanted.here) & places_near(lines, errors[0], wanted.path.name):
        yield f"line {wanted.here[0]} is named neither in the error nor one note from it"


def run_compiler(options, folder, *arguments):
    """Exit status and output; run beside the file, so that paths are as short as a user's."""
    command = [options.compiler, *FLAGS, *options.flag]
    for place in options.include:
        command += ["-I", place]
    done = subprocess.run([*command, *arguments], cwd=folder, capture_output=True, text=True,
                          check=False, env={"LC_ALL": "C", "PATH": options.path})
    return done.returncode, done.stderr + done.stdout


def precompile(options, prefix, into):
    """The arguments that include a prefix's headers, precompiled; None where they are at fault."""
    header = into / f"{prefix}.hpp"
    header.write_text("".join(f"#include <pando/{name}>\n" for name in PREFIXES[prefix]))
    kind = "gch" if options.kind.name == "g++" else "pch"
    made = f"{header}.{kind}"
    status, output = run_compiler(options, options.folder, "-x", "c++-header", str(header),
                                  "-o", made)
    if status != 0 or output:
        print(f"compile_fail: {prefix}'s headers do not compile without a word\n{output}")
        return None
    if kind == "gch":
        return ["-Winvalid-pch", "-include", str(header)]
    return ["-include-pch", made]


def check(options, path):
    """Seconds, bytes of the faulty program's output, defects, and the output that shows them."""
    began = time.monotonic()
    wanted = case(path)
    defects = list(wanted.defects())
    shown = ""
    size = 0
    if not defects:
        known = options.prefixes[wanted.prefix] if wanted.prefix else []
        if wanted.is_asked_of(options.kind):
            status, output = run_compiler(options, path.parent, "-fsyntax-only", *known, path.name)
            size = len(output.encode())
            defects = list(defects_of_output(wanted, options.kind, output, status))
            shown = output if defects else ""
        status, output = run_compiler(options, path.parent, "-fsyntax-only", *known,
                                      "-DPANDO_TWIN", path.name)
        if status != 0 or output:
            defects.append("the twin does not compile without a word")
            shown += output
    return time.monotonic() - began, size, defects, shown


def arguments(argv):
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--include", action="append", default=[])
    parser.add_argument("--flag", action="append", default=[])
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent)
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--path", default="/usr/local/bin:/usr/bin:/bin")
    parser.add_argument("topics", nargs="*")
    options = parser.parse_args(argv)
    if "clang" in options.compiler:  # it names what is precompiled from the root: the short way
        options.include = [str((options.folder / place).resolve()) for place in options.include]
    return options


def check_all(options, cases):
    """How many cases are defective."""
    defective = 0
    with ThreadPoolExecutor(max_workers=options.jobs) as pool:
        for path, result in zip(cases, pool.map(lambda path: check(options, path), cases)):
            seconds, size, defects, shown = result
            defective += bool(defects)
            state = "DEFECT" if defects else "ok    "
            print(f"{state} {seconds:5.2f} s {size:5d} bytes  {path.stem}", flush=True)
            for defect in defects:
                print(f"       {defect}")
            if shown:
                print("\n".join(f"       | {line}" for line in shown.splitlines()[:25]), flush=True)
    return defective


def main(argv):
    options = arguments(argv)
    options.kind = compiler_kind(options.compiler, options.path)
    cases = sorted(options.folder.glob("*.cpp"))
    if options.topics:
        cases = [path for path in cases if path.stem in options.topics]
    with tempfile.TemporaryDirectory() as folder:
        needed = sorted({case(path).prefix for path in cases} - {None})
        options.prefixes = {one: precompile(options, one, Path(folder)) for one in needed}
        if None in options.prefixes.values():
            return 1
        defective = check_all(options, cases)
    print(f"compile_fail: {len(cases)} cases with {options.compiler}, {defective} defective")
    return 1 if defective or not cases else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
