#!/usr/bin/env python3
"""Makes Pando's package with the real Conan 2, and its test package with that.

    conan.py SOURCE_DIR SCRATCH_DIR

Conan is the one on the PATH, or else comes from Python's package index into SCRATCH_DIR; where
neither is to be had this ends with 77 (conan_recipe.py runs the recipe in any case). What Pando
requires are packages made here that stand for the libraries of this machine: nothing else is
downloaded, and the user's own Conan is left alone.
"""
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

LEFT_OUT = 77

# A library of this machine as a package: its components, each with what is linked.
STAND_IN = '''
from conan import ConanFile

class stand_in(ConanFile):
    name, version = "{name}", "{version}"
    settings = "os", "arch", "compiler", "build_type"
    options = {{option: [True, False] for option in {options}}}
    default_options = {{option: False for option in {options}}}

    def package_info(self):
        for component, libraries in {components}.items():
            part = self.cpp_info.components[component] if component else self.cpp_info
            part.system_libs = libraries
            part.includedirs = []
'''
LIBRARIES = [
    ("boost", "1.81.0", ["header_only", "without_json"],
     {"headers": [], "json": ["boost_json", "boost_container"]}),
    ("openssl", "3.0.0", [], {"ssl": ["ssl"], "crypto": ["crypto"]}),
    ("sqlite3", "3.40.0", [], {"": ["sqlite3"]}),
    ("libpq", "15.0", [], {"pq": ["pq"]}),
]


def find_conan(scratch):
    """The command of Conan 2, or None."""
    own = scratch / "venv/bin/conan"
    for candidate in [shutil.which("conan"), own]:
        if candidate and Path(candidate).exists():
            said = subprocess.run([candidate, "--version"], capture_output=True, text=True,
                                  check=False).stdout
            if said.startswith("Conan version 2."):
                return candidate
    pip = ["-m", "pip", "install", "--quiet", "--retries", "0", "--timeout", "20", "conan>=2,<3"]
    for command in [[sys.executable, "-m", "venv", "--clear", scratch / "venv"],
                    [scratch / "venv/bin/python", *pip]]:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(done.stdout + done.stderr)
            return None
    return own


class packages:
    """A Conan with a home of its own."""

    def __init__(self, command, source, scratch):
        self.command = command
        self.source = source
        self.scratch = scratch
        home = scratch / "home"
        shutil.rmtree(home, ignore_errors=True)
        self.environment = {**os.environ, "CONAN_HOME": str(home)}
        config = (source / "include/pando/config.hpp").read_text(encoding="utf-8")
        self.version = re.search(r'PANDO_VERSION_STRING "(.+)"', config).group(1)

    def conan(self, *words, fails=False, output=subprocess.STDOUT):
        print("$ conan", " ".join(str(word) for word in words), flush=True)
        done = subprocess.run([self.command, *words], stdout=subprocess.PIPE, stderr=output,
                              text=True, check=False, env=self.environment)
        if (done.returncode != 0) != fails:
            print(done.stdout)
            raise SystemExit(f"conan: ended with {done.returncode}")
        return done.stdout

    def create(self, *words, **how):
        """`conan create` of a copy of the recipe's own files, its test package with them."""
        return self.conan("create", self.scratch / "pando", "--no-remote", "--build=missing",
                          "--build=pando/*", "-s:a", "compiler.cppstd=20", *words, **how)

    def prepare(self):
        self.conan("profile", "detect")
        for name, version, options, components in LIBRARIES:
            folder = self.scratch / name
            folder.mkdir(exist_ok=True)
            (folder / "conanfile.py").write_text(
                STAND_IN.format(name=name, version=version, options=options,
                                components=components), encoding="utf-8")
            self.conan("export", folder)
        copy = self.scratch / "pando"
        shutil.rmtree(copy, ignore_errors=True)
        for part in ["include", "test_package"]:
            shutil.copytree(self.source / part, copy / part,
                            ignore=shutil.ignore_patterns("build"))
        for part in ["conanfile.py", "LICENSE"]:
            shutil.copy(self.source / part, copy / part)

    def only_package(self):
        """The one package of Pando in the cache."""
        found = json.loads(self.conan("list", "pando/*:*", "--format=json", output=None))
        revisions = found["Local Cache"][f"pando/{self.version}"]["revisions"].values()
        ids = [one for revision in revisions for one in revision["packages"]]
        if len(ids) != 1:
            raise SystemExit(f"conan: packages of one Pando: {ids}")
        return ids[0]


def expect(text, phrase):
    if phrase not in " ".join(text.split()):
        print(text)
        raise SystemExit(f"conan: does not say: {phrase}")
    print(f"  says: {phrase}")


def main(argv):
    source, scratch = Path(argv[1]).resolve(), Path(argv[2]).resolve() / "conan"
    scratch.mkdir(parents=True, exist_ok=True)
    command = find_conan(scratch)
    if command is None:
        print("left out: Conan 2 is neither installed nor to be had; the recipe is run by a "
              "stand-in alone")
        return LEFT_OUT
    it = packages(command, source, scratch)
    it.prepare()
    made = it.create()
    expect(made, f"pando {it.version} user")
    first = it.only_package()
    # Other options and settings: the same package.
    every = [word for name in ["sqlite", "libpq"] for word in ["-o", f"&:with_{name}=True"]]
    expect(it.create(*every, "-s:a", "build_type=Debug"), f"pando {it.version} user")
    expect(it.create("-o", "&:with_openssl=False"), f"pando {it.version} user")
    if it.only_package() != first:
        raise SystemExit("conan: the package depends on options or settings")
    expect(it.create("-s:a", "compiler.cppstd=17", fails=True), "Current cppstd (17) is lower")
    expect(it.create("-o", "boost/*:without_json=True", fails=True),
           "set -o boost/*:without_json=False")
    print("conan: the package is made, tested, and the same with every option")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
