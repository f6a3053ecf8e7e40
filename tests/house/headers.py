#!/usr/bin/env python3
"""Compiles every public header by itself, two at a time, without making an object file.

    headers.py COMPILER INCLUDE_DIR [FLAGS...]    every header compiles alone, without a warning
    headers.py --light COMPILER INCLUDE_DIR       contract.hpp drags in nothing heavy
    headers.py --program SOURCE COMPILER INCLUDE_DIR [FLAGS...]
                                                  a program of a user's compiles without a warning,
                                                  behind every umbrella, header-only
"""
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror",
         "-DBOOST_ASIO_NO_DEPRECATED", "-DPANDO_EMPTY_WITHOUT_ENGINE"]
HEAVY = ["/boost/asio/", "/boost/beast/", "/boost/json/", "/boost/json.hpp", "/openssl/",
         "/iostream", "/sqlite3.h", "/libpq-fe.h"]


def compile_text(compiler, include, text, *flags):
    return subprocess.run([compiler, *FLAGS, *flags, "-I", str(include), "-x", "c++", "-"],
                          input=text, capture_output=True, text=True, check=False)


def check_alone(compiler, include, flags):
    headers = sorted(p.relative_to(include).as_posix() for p in (include / "pando").rglob("*.hpp"))
    headers.remove("pando/src.hpp")  # for separate compilation only, where it is tested

    def alone(header):
        began = time.monotonic()
        done = compile_text(compiler, include, f"#include <{header}>\n", "-fsyntax-only", *flags)
        return header, done, time.monotonic() - began

    failed = 0
    with ThreadPoolExecutor(max_workers=2) as pool:
        for header, done, seconds in pool.map(alone, headers):
            failed += done.returncode != 0
            state = "ok  " if done.returncode == 0 else "FAIL"
            print(f"{state} {seconds:5.2f} s  {header}", flush=True)
            if done.returncode != 0:
                print("\n".join(done.stderr.splitlines()[:30]), flush=True)
    print(f"headers: {len(headers)} compiled alone by {compiler}, {failed} failed")
    return 1 if failed or not headers else 0


def check_light(compiler, include):
    done = compile_text(compiler, include, "#include <pando/contract.hpp>\n", "-M")
    if done.returncode != 0:
        print(done.stderr)
        return 1
    heavy = [part for part in done.stdout.replace("\\\n", " ").split()
             if any(part.endswith(name) or (name.endswith("/") and name in part) for name in HEAVY)]
    for part in heavy:
        print(f"pando/contract.hpp drags in {part}")
    print(f"contract.hpp: {len(heavy)} heavy headers behind it")
    return 1 if heavy else 0


def check_program(source, compiler, include, flags):
    umbrellas = sorted(path.name for path in (include / "pando").glob("*.hpp"))
    umbrellas.remove("src.hpp")  # for separate compilation only
    text = "".join(f"#include <pando/{name}>\n" for name in umbrellas)
    done = compile_text(compiler, include, f'{text}#include "{source}"\n', "-fsyntax-only", *flags)
    print("\n".join(done.stderr.splitlines()[:60]))
    print(f"headers: {source.name} behind {len(umbrellas)} umbrellas, by {compiler}: "
          f"{'failed' if done.returncode else 'ok'}")
    return done.returncode


def main(argv):
    if argv[1] == "--program":
        return check_program(Path(argv[2]), argv[3], Path(argv[4]), argv[5:])
    if argv[1] == "--light":
        return check_light(argv[2], Path(argv[3]))
    return check_alone(argv[1], Path(argv[2]), argv[3:])


if __name__ == "__main__":
    sys.exit(main(sys.argv))
