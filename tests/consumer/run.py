#!/usr/bin/env python3
"""Builds projects outside the tree, each finding Pando in its own way, and runs what they built.

    run.py WAY SOURCE_DIR SCRATCH_DIR
    WAY: installed, sqlite, subdirectory, pkg_config, test_package, without_openssl, http_alone or
         refused
"""
import contextlib
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path


class consumer:
    """One way to use Pando, in a scratch folder of its own."""

    def __init__(self, way, source, scratch):
        self.way = way
        self.source = source
        self.scratch = scratch / way
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(parents=True)
        config = (source / "include/pando/config.hpp").read_text(encoding="utf-8")
        self.version = re.search(r'PANDO_VERSION_STRING "(.+)"', config).group(1)

    def run(self, *command, fails=False, env=None, cwd=None):
        """Runs a command, returns what it printed; it must fail as announced, with a code or any."""
        print("$", " ".join(str(part) for part in command), flush=True)
        done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False, cwd=cwd,
                              env={**os.environ, **(env or {})})
        if fails != (done.returncode if type(fails) is int else done.returncode != 0):
            print(done.stdout)
            raise SystemExit(f"{self.way}: ended with {done.returncode}")
        return done.stdout

    def expect(self, text, phrase, of=None):
        """The phrase is in the text, however its lines were broken; `of` just once."""
        if phrase not in " ".join(text.split()) or (of and text.count(f"{of}:") != 1):
            print(text)
            raise SystemExit(f"{self.way}: does not say: {phrase}")
        print(f"  says: {phrase}")

    def install(self):
        """An installed Pando, moved after it was installed: it must find itself where it lies."""
        build, first = self.scratch / "pando", self.scratch / "first prefix"
        self.run("cmake", "-S", self.source, "-B", build, "-G", "Ninja", "-DPANDO_BUILD_TESTS=OFF",
                 "-DPANDO_BUILD_EXAMPLES=OFF", "-DPANDO_BUILD_TOOLS=OFF",
                 f"-DCMAKE_INSTALL_PREFIX={first}")
        self.run("cmake", "--install", build)
        last = self.scratch / "prefix"
        first.rename(last)
        installed = [path for path in last.rglob("*") if path.is_file()]
        for path in installed:
            if path.suffix in (".cmake", ".pc") and str(self.scratch) in path.read_text("utf-8"):
                raise SystemExit(f"{path} names the machine's own folders")
        shipped = {p.relative_to(last) for p in installed if p.suffix in (".hpp", ".ipp")}
        ours = {p.relative_to(self.source) for p in (self.source / "include").rglob("*.?pp")}
        if shipped != ours:
            raise SystemExit(f"installed headers differ from ours: {shipped ^ ours}")
        return last

    def build_and_run(self, project, name, *options):
        build = self.scratch / name
        self.build(project, build, *options)
        self.expect(self.run(build / "consumer"), f"pando {self.version} user")

    @contextlib.contextmanager
    def serving(self, program, *flags):
        """The program while it serves at app.sock in the scratch folder; it must end well."""
        with subprocess.Popen([program, "serve", "--socket", "app.sock", *flags], text=True,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              cwd=self.scratch) as process:
            try:
                said = []
                while not (said and said[-1].endswith(" socket app.sock\n")):
                    said.append(process.stderr.readline())
                    if not said[-1]:
                        raise SystemExit(f"{self.way}: it does not serve: {said}")
                yield process
            finally:
                process.terminate()
                process.communicate()  # its last words: unread they would end it by SIGPIPE
        if process.returncode != 0:
            raise SystemExit(f"{self.way}: the app ended with {process.returncode}")

    def build(self, project, build, *options):
        launcher = shutil.which("ccache")
        self.run("cmake", "-S", project, "-B", build, "-G", "Ninja", *options,
                 *([f"-DCMAKE_CXX_COMPILER_LAUNCHER={launcher}"] if launcher else []))
        self.run("cmake", "--build", build)


def installed(it):
    prefix = it.install()
    for name, components, target in [("contract", "contract", "pando::contract"),
                                     ("http", "contract;pando;http", "pando::http"),
                                     ("default", "", "pando::pando"),
                                     ("compiled", "compiled", "pando::compiled")]:
        precompiled = "pando/app.hpp" if name == "compiled" else ""
        it.build_and_run(it.source / "tests/consumer/installed", name,
                         f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCONSUMER_COMPONENTS={components}",
                         f"-DCONSUMER_TARGET={target}", f"-DCONSUMER_PRECOMPILES={precompiled}")
    if subprocess.run(["pkg-config", "libpq"], check=False).returncode != 0:
        print("  no libpq here")
        return
    for name, components, target in [("postgres", "postgres", "pando::postgres"),
                                     ("compiled_postgres", "postgres;compiled", "pando::compiled")]:
        it.build_and_run(it.source / "tests/consumer/installed", name,
                         f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCONSUMER_COMPONENTS={components}",
                         f"-DCONSUMER_TARGET={target}", "-DCONSUMER_SOURCE=postgres.cpp")


def sqlite(it):
    """A whole program with the component sqlite: what it was called with outlives it."""
    if subprocess.run(["pkg-config", "sqlite3"], check=False).returncode != 0:
        print("  no SQLite here")
        return
    build = it.scratch / "build"
    it.build(it.source / "tests/consumer/installed", build, "-DCONSUMER_SOURCE=sqlite.cpp",
             f"-DCMAKE_PREFIX_PATH={it.install()}", "-DCONSUMER_COMPONENTS=sqlite",
             "-DCONSUMER_TARGET=pando::sqlite")
    program = build / "consumer"
    call = [program, "--socket", "app.sock", "notes", "write", "lamp", "--key", "a", "--json"]
    answers = []
    for _ in range(2):
        with it.serving(program, "--store", "notes.db") as process:
            answers += [it.run(*call, cwd=it.scratch), process.pid]
    # The second process gives the answer of the first, which is its number.
    if [int(answer) for answer in answers[:3]] != [answers[1]] * 3 or answers[3] == answers[1]:
        raise SystemExit(f"sqlite: notes.db does not keep answers: {answers}")
    if not (it.scratch / "notes.db").is_file():
        raise SystemExit("sqlite: there is no notes.db")


def subdirectory(it):
    it.build_and_run(it.source / "tests/consumer/subdirectory", "build",
                     f"-DPANDO_SOURCE_DIR={it.source}")


def pkg_config(it):
    prefix = it.install()
    env = {"PKG_CONFIG_PATH": str(prefix / "share/pkgconfig")}
    libraries = {"pando-openssl": "libssl", "pando-postgres": "libpq", "pando-sqlite": "sqlite3"}
    for module in ["pando-contract", "pando", "pando-http", *libraries]:
        needs = libraries.get(module)
        if needs and subprocess.run(["pkg-config", needs], check=False).returncode != 0:
            print(f"  no {needs} for pkg-config here")
            continue
        it.expect(it.run("pkg-config", "--modversion", module, env=env), it.version)
        flags = it.run("pkg-config", "--cflags", "--libs", module, env=env).split()
        program = it.scratch / f"uses-{module}"
        it.run("g++", "-std=c++20", it.source / "tests/consumer/main.cpp", *flags, "-o", program)
        it.expect(it.run(program), f"pando {it.version} user")


def test_package(it):
    prefix = it.install()
    build = it.scratch / "build"
    it.run("cmake", "-S", it.source / "test_package", "-B", build, "-G", "Ninja",
           f"-DCMAKE_PREFIX_PATH={prefix}")
    it.run("cmake", "--build", build)
    it.run(build / "example")


def without_openssl(it):
    """A whole program that knows no OpenSSL and no database: only what needs them is refused, in
    one sentence."""
    why = ("this program was built without TLS; link pando::http with PANDO_WITH_OPENSSL=ON "
           "(on Debian: apt-get install libssl-dev)")
    build = it.scratch / "build"
    it.build(it.source / "tests/consumer/installed", build, "-DCONSUMER_SOURCE=app.cpp",
             f"-DCMAKE_PREFIX_PATH={it.install()}", "-DCONSUMER_COMPONENTS=http",
             "-DCONSUMER_TARGET=pando::http", "-DPANDO_WITH_OPENSSL=OFF")
    program = build / "consumer"
    linked = it.run("ldd", program)
    for library in ["libssl", "libpq", "libsqlite3"]:
        if library in linked:
            raise SystemExit(f"without_openssl: the program links {library}")

    for store, why_not in [("postgres://localhost/x", "postgres://…: this program is built without "
                            "PostgreSQL; link pando::postgres"),
                           ("shop.db", "shop.db: this program is built without SQLite; link "
                            "pando::sqlite"),
                           ("mysql://localhost/x", "mysql://…: there is no such engine; it is "
                            "postgres://… or the name of a file")]:
        said = it.run(program, "serve", "--socket", "app.sock", "--store", store, fails=2,
                      cwd=it.scratch)
        it.expect(said, f"consumer: cannot serve: pando: --store {why_not}", of="consumer")
        if any(it.scratch.glob("app.sock*")) or any(it.scratch.glob("shop.db*")):
            raise SystemExit(f"without_openssl: --store {store} left something behind")

    it.expect(it.run(program, "serve", "--http", "0", "--no-socket", "--tls-certificate", "a.pem",
                     "--tls-key", "b.pem", fails=2),
              f"consumer: --tls-certificate cannot be used: {why}")
    it.expect(it.run(program, "call", "https://localhost:1", fails=1),
              f"call: pando: https URLs cannot be called: {why}")
    with subprocess.Popen([program, "serve", "--http", "0", "--socket", "app.sock"], text=True,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          cwd=it.scratch) as serving:
        try:
            said = (re.search(r"http://\S+", line) for line in serving.stderr)
            url = next(found.group() for found in said if found)
            it.expect(it.run(program, "call", url), "counted 42")
            it.expect(it.run(program, "call", "./app.sock", cwd=it.scratch), "counted 42")
        finally:
            serving.terminate()
            serving.communicate()  # its last words: unread they would end it by SIGPIPE
    if serving.returncode != 0:
        raise SystemExit(f"without_openssl: the app ended with {serving.returncode}")


def http_alone(it):
    """A program of <pando/http_app.hpp> alone, header-only: it answers, and stops at a signal."""
    build = it.scratch / "build"
    it.build(it.source / "tests/consumer/installed", build, "-DCONSUMER_SOURCE=http_alone.cpp",
             f"-DCMAKE_PREFIX_PATH={it.install()}", "-DCONSUMER_COMPONENTS=http",
             "-DCONSUMER_TARGET=pando::http", "-DPANDO_WITH_OPENSSL=OFF")
    with subprocess.Popen([build / "consumer"], text=True, stderr=subprocess.PIPE,
                          stdout=subprocess.DEVNULL) as serving:
        try:
            said = (re.search(r"http://\S+", line) for line in serving.stderr)
            url = next(found.group() for found in said if found)
            with urllib.request.urlopen(url + "/hello/you", timeout=10) as answer:
                it.expect(answer.read().decode(), '{"text":"hello you"}')
        finally:
            serving.terminate()
            serving.communicate()  # its last words: unread they would end it by SIGPIPE
    if serving.returncode != 0:
        raise SystemExit(f"http_alone: the program ended with {serving.returncode}")


def without_openssl_headers(it):
    """g++'s own search for headers, as flags, in folders that have all there is but OpenSSL."""
    said = subprocess.run(["g++", "-E", "-v", "-x", "c++", "/dev/null"], capture_output=True,
                          text=True, check=True).stderr
    listed = said.split("search starts here:\n")[-1].split("End of search list")[0]
    for number, folder in enumerate(map(Path, listed.split())):
        if (folder / "openssl").is_dir():
            copy = it.scratch / f"headers_{number}"
            copy.mkdir()
            for one in folder.iterdir():
                if one.name != "openssl":
                    (copy / one.name).symlink_to(one)
            folder = copy
        yield from ("-isystem", str(folder))


def mixed_openssl(it, include):
    """Files with and without PANDO_WITH_OPENSSL do not make one program, and g++'s linker says so;
    files that are alike do, with every kind of optimization."""
    needs = "pando_needs_PANDO_WITH_OPENSSL_{}_in_all_files_of_a_program"
    program = {name: it.scratch / f"{name}.cpp" for name in ["main", "other"]}
    includes = "#include <pando/runtime/openssl.hpp>\nint other();\n"
    program["main"].write_text(includes + "int main() { return other() - PANDO_HAS_OPENSSL; }\n")
    program["other"].write_text(includes + "int other() { return PANDO_HAS_OPENSSL; }\n")

    def compiled(name, setting, *flags):
        made = it.scratch / f"{name}.{setting}.o"
        it.run("g++", "-std=c++20", f"-I{include}", f"-DPANDO_WITH_OPENSSL={setting}", *flags,
               "-c", program[name], "-o", made)
        return made

    for flags in [], ["-flto"], ["-O2", "-g", "-fPIC"]:
        of = {(name, setting): compiled(name, setting, *flags)
              for name in program for setting in [0, 1]}
        for setting in [0, 1]:
            alike = it.scratch / "alike"
            it.run("g++", *flags, of["main", setting], of["other", setting], "-o", alike)
            it.run(alike)
        if flags == ["-flto"]:
            continue
        for first in [0, 1]:
            it.expect(it.run("g++", *flags, of["main", first], of["other", 1 - first], "-o",
                             it.scratch / "mixed", fails=True, env={"LC_ALL": "C"}),
                      f"undefined reference to `{needs.format(1 - first)}'")


def refused(it):
    """What cannot work says so in one sentence, and at configure time."""
    prefix = it.install()
    project = it.source / "tests/consumer/installed"
    it.expect(it.run("cmake", "-S", project, "-B", it.scratch / "unknown", "-G", "Ninja", "--fresh",
                     f"-DCMAKE_PREFIX_PATH={prefix}",
                     "-DCONSUMER_COMPONENTS=contract;carrier_pigeon",
                     "-DCONSUMER_TARGET=pando::contract", fails=True),
              'this pando has no component "carrier_pigeon"; it has: '
              'contract pando http postgres sqlite compiled')
    it.expect(it.run("cmake", "-S", project, "-B", it.scratch / "tls", "-G", "Ninja",
                     f"-DCMAKE_PREFIX_PATH={prefix}", "-DCONSUMER_COMPONENTS=http",
                     "-DCONSUMER_TARGET=pando::http", "-DPANDO_WITH_OPENSSL=ON",
                     "-DCMAKE_DISABLE_FIND_PACKAGE_OpenSSL=ON", fails=True),
              "PANDO_WITH_OPENSSL is ON, but no OpenSSL 3 was found")
    it.expect(it.run("cmake", "-S", project, "-B", it.scratch / "no_libpq", "-G", "Ninja",
                     f"-DCMAKE_PREFIX_PATH={prefix}", "-DCONSUMER_COMPONENTS=postgres",
                     "-DCONSUMER_TARGET=pando::postgres",
                     "-DCMAKE_DISABLE_FIND_PACKAGE_PostgreSQL=ON", fails=True),
              "the component postgres needs libpq 14 or newer (Debian: apt-get install libpq-dev)")
    it.expect(it.run("cmake", "-S", project, "-B", it.scratch / "no_sqlite", "-G", "Ninja",
                     f"-DCMAKE_PREFIX_PATH={prefix}", "-DCONSUMER_COMPONENTS=sqlite",
                     "-DCONSUMER_TARGET=pando::sqlite",
                     "-DCMAKE_DISABLE_FIND_PACKAGE_SQLite3=ON", fails=True),
              "the component sqlite needs SQLite 3.37 or newer (Debian: apt-get install "
              "libsqlite3-dev)")
    compiler = ["g++", "-std=c++20", "-M", "-nostdinc", *without_openssl_headers(it),
                f"-I{prefix / 'include'}", it.source / "tests/consumer/app.cpp"]
    it.run(*compiler, "-DPANDO_WITH_OPENSSL=0")
    it.expect(it.run(*compiler, "-DPANDO_WITH_OPENSSL=1", fails=1, env={"LC_ALL": "C"}),
              'error: #error "pando: PANDO_WITH_OPENSSL is set, and OpenSSL is missing '
              '(Debian: libssl-dev)"', of="error")
    for name, engine in [("sqlite", "SQLite"), ("postgres", "libpq")]:
        compiler = ["g++", "-std=c++20", "-fsyntax-only", "-x", "c++", "-include",
                    f"pando/{name}.hpp", f"-I{prefix / 'include'}", "/dev/null"]
        it.expect(it.run(*compiler, fails=1, env={"LC_ALL": "C"}),
                  f'error: #error "pando: <pando/{name}.hpp> needs {engine}: link pando::{name} '
                  f'(PANDO_WITH_{name.upper()}=1)"', of="error")
        it.run(*compiler, "-DPANDO_EMPTY_WITHOUT_ENGINE")
    mixed_openssl(it, prefix / "include")
    old = it.scratch / "old_boost"
    old.mkdir()
    (old / "BoostConfig.cmake").write_text("set(Boost_FOUND TRUE)\n", encoding="utf-8")
    (old / "BoostConfigVersion.cmake").write_text(
        'set(PACKAGE_VERSION 1.74.0)\nset(PACKAGE_VERSION_COMPATIBLE FALSE)\n', encoding="utf-8")
    it.expect(it.run("cmake", "-S", it.source, "-B", it.scratch / "boost", "-G", "Ninja",
                     f"-DCMAKE_MAKE_PROGRAM={shutil.which('ninja')}",
                     f"-DCMAKE_CXX_COMPILER={shutil.which('g++')}",
                     # The machine's own Boost must not be found beside the old one.
                     f"-DBoost_DIR={old}", "-DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF",
                     "-DCMAKE_FIND_USE_SYSTEM_ENVIRONMENT_PATH=OFF", fails=True),
              "Pando needs Boost 1.81 or newer (found 1.74.0). "
              "On Debian 12: apt-get install libboost1.81-dev")


WAYS = {way.__name__: way
        for way in [installed, sqlite, subdirectory, pkg_config, test_package, without_openssl,
                    http_alone, refused]}


def main(argv):
    WAYS[argv[1]](consumer(argv[1], Path(argv[2]).resolve(), Path(argv[3]).resolve()))
    print(f"consumer: {argv[1]} works")


if __name__ == "__main__":
    main(sys.argv)
