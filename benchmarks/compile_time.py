#!/usr/bin/env python3
"""What Pando costs the compiler: `benchmarks/compile_time.py [--compiler g++] [--rounds 3]`.

Compiles, in alternating rounds and without optimization, what a user writes and what it is to be
compared with, and prints user seconds (the least of the rounds), their ratios, and the peak memory.
Targets that were set in seconds on another machine are ratios here, to the hello server written by
hand with Boost.Beast and Boost.JSON (peers/compile_beast.cpp), which took 9.3 s there.
"""
import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HAND_SECONDS = 9.3
MANY = 100

STANDARD = "#include <map>\n#include <optional>\n#include <string>\n#include <vector>\n"
CONTRACT = "#include <pando/contract.hpp>\n"


def contract_of(count, own=True):
    """A controller of that many routes, each with a request, a result and an error of its own, or
    all with those of the first."""
    types = "".join(f"""
struct name_{i} {{ std::string name; std::int64_t times; std::vector<int> marks; }};
struct text_{i} {{ std::string text; std::optional<double> weight; }};
struct unknown_{i} {{ static constexpr int http_status = 404; std::string name; }};"""
                    for i in range(count if own else 1))
    routes = ",".join(f"""
    pando::route<"greet{i}", text_{j}(name_{j}), pando::http::post<"/{i}/{{name}}">,
                 pando::cli::command<>, pando::raises<unknown_{j}>>"""
                      for i, j in numbered(count, own))
    return f"""#include <cstdint>
#include <optional>
#include <string>
#include <vector>
{types}
struct Hello : pando::controller<"hello",{routes}> {{}};
"""


def numbered(count, own):
    """Each route's number and that of its types."""
    return ((i, i if own else 0) for i in range(count))


# What a program includes, and its main: HTTP alone as in the server by hand, every door, and
# entities beside them.
HTTP_ALONE = ("http_app.hpp", "int main() { return pando::http_app(hello).run({.http = 3000}); }")
EVERY_DOOR = ("app.hpp", "int main(int argc, char** argv) { "
              "return pando::app(hello).named(\"hello\").main(argc, argv); }")
ENTITIES = ("pando.hpp", EVERY_DOOR[1])

# What stands for `target_precompile_headers(app PRIVATE <pando/app.hpp>)`.
PRECOMPILED = "precompiled.hpp"


def server_of(count, own=True, kind=EVERY_DOOR):
    header, main_function = kind
    handlers = ",".join(f"""
    pando::on<"greet{i}"> = [](name_{j} in) {{ return text_{j}{{"hello " + in.name, {{}}}}; }}"""
                        for i, j in numbered(count, own))
    return f"""#include <pando/{header}>
{contract_of(count, own)}
inline auto hello = pando::implement<Hello>({handlers});
{main_function}
"""


def client_of(count, calls, own=True):
    made = "".join(f"""
  name_{j} in_{i}{{"you", 1, {{}}}};
  std::puts((co_await api.call<"greet{i}">(in_{i})).text.c_str());"""
                   for i, j in numbered(calls, own))
    return f"""#include <cstdio>
#include <pando/contract.hpp>
#include <pando/handler/client.hpp>
{contract_of(count, own)}
pando::task<void> use(pando::client<Hello> api) {{{made}
  co_return;
}}
"""


def programs():
    """Name, source, options."""
    separate = ["-DPANDO_SEPARATE_COMPILATION"]
    yield "standard", STANDARD, []
    yield "contract", CONTRACT, []
    yield "hand", (ROOT / "benchmarks/peers/compile_beast.cpp").read_text(encoding="utf-8"), []
    yield "umbrella", "#include <pando/pando.hpp>\n", []
    yield "hello, HTTP alone", server_of(1, kind=HTTP_ALONE), []
    yield "hello", server_of(1), []
    yield "hello beside entities", server_of(1, kind=ENTITIES), []
    yield "hello, HTTP alone, separate", server_of(1, kind=HTTP_ALONE), separate
    yield "hello, separate", server_of(1), separate
    yield "hello, separate, precompiled", server_of(1), [*separate, "-include", PRECOMPILED]
    yield "hello of 101 routes, separate", server_of(1 + MANY), separate
    yield "hello of 101 routes, types shared", server_of(1 + MANY, False), separate
    yield "client of 101 routes, 1 call", client_of(1 + MANY, 1), separate
    yield "client of 101 routes, 101 calls", client_of(1 + MANY, 1 + MANY), separate
    yield "client, types shared, 1 call", client_of(1 + MANY, 1, False), separate
    yield "client, types shared, 101 calls", client_of(1 + MANY, 1 + MANY, False), separate


def cost(options, source, flags, folder, name="program.cpp", made="program.o"):
    """User seconds and peak memory in MB of one compilation."""
    path = Path(folder) / name
    path.write_text(source, encoding="utf-8")
    command = [options.compiler, "-std=c++20", "-O0", f"-I{ROOT / 'include'}", *flags,
               *(["-x", "c++-header"] if path.suffix == ".hpp" else ["-c"]), str(path), "-o",
               str(Path(folder) / made)]
    child = subprocess.Popen(command, env={**os.environ, "CCACHE_DISABLE": "1"}, cwd=folder)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise SystemExit(f"compile_time: {' '.join(command)} failed")
    return used.ru_utime, used.ru_maxrss / 1024


def measure(options):
    best = {}
    with tempfile.TemporaryDirectory() as folder:
        best["app.hpp, precompiled, separate"] = cost(
            options, "#include <pando/app.hpp>\n", ["-DPANDO_SEPARATE_COMPILATION"], folder,
            PRECOMPILED, PRECOMPILED + ".gch")
        for _ in range(options.rounds):
            for name, source, flags in programs():
                seconds, memory = cost(options, source, flags, folder)
                known = best.get(name, (seconds, memory))
                best[name] = (min(seconds, known[0]), min(memory, known[1]))
    return best


def rows(best):
    """Work, figure, and what is to be reached at most, if anything."""
    second = {name: value[0] for name, value in best.items()}
    hand = second["hand"]

    def each(many, one):
        """Milliseconds for each of MANY, were this the machine of HAND_SECONDS."""
        return (second[many] - second[one]) / MANY / hand * HAND_SECONDS * 1e3

    yield "contract.hpp, times four standard headers", second["contract"] / second["standard"], 2
    yield "pando.hpp, not used, times the server by hand", second["umbrella"] / hand, None
    yield ("hello server, HTTP alone, header-only, times by hand",
           second["hello, HTTP alone"] / hand, 8 / HAND_SECONDS)
    yield ("the same with every door", second["hello"] / hand, 8 / HAND_SECONDS)
    yield ("the same with what entities need", second["hello beside entities"] / hand, None)
    yield ("hello server, HTTP alone, separate, times by hand",
           second["hello, HTTP alone, separate"] / hand, 3 / HAND_SECONDS)
    yield ("the same with every door ", second["hello, separate"] / hand, 3 / HAND_SECONDS)
    yield ("the same, <pando/app.hpp> precompiled",
           second["hello, separate, precompiled"] / hand, 3 / HAND_SECONDS)
    yield ("each further route of types in use, ms",
           each("hello of 101 routes, types shared", "hello, separate"), 30)
    yield ("the same with three types of its own, ms",
           each("hello of 101 routes, separate", "hello, separate"), 30)
    yield ("each further client call, types in use, ms",
           each("client, types shared, 101 calls", "client, types shared, 1 call"), 30)
    yield ("the same with three types of its own, ms ",
           each("client of 101 routes, 101 calls", "client of 101 routes, 1 call"), 30)
    yield "101 routes, peak memory, MB", best["hello of 101 routes, separate"][1], 1000


def main(argv):
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("--compiler", default="g++")
    reader.add_argument("--rounds", type=int, default=3)
    options = reader.parse_args(argv)
    best = measure(options)
    for name, (seconds, memory) in best.items():
        print(f"{name:<36} {seconds:7.2f} s {memory:7.0f} MB")
    missed = 0
    for work, figure, target in rows(best):
        reached = target is None or figure <= target
        missed += not reached
        aim = "" if target is None else f"≤ {target:.2f}"
        print(f"| {work:<50} | {aim:>9} | {figure:8.2f} | {'yes' if reached else 'no':<3} |")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
