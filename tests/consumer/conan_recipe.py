#!/usr/bin/env python3
"""Runs conanfile.py's methods against a small stand-in for Conan, which is not needed to run this.

    conan_recipe.py SOURCE_DIR

The stand-in knows only what the recipe uses, and refuses everything else.
"""
import ast
import fnmatch
import importlib.util
import shutil
import sys
import tempfile
import types
import unittest
from pathlib import Path

SOURCE = Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else Path(__file__).parents[2]


class InvalidConfiguration(Exception):
    pass


class options(dict):
    """Options by attribute; an unknown one is an error, except through get_safe."""

    def __getattr__(self, name):
        return self[name]

    def get_safe(self, name):
        return self.get(name)


class part:
    """One component, or the whole, of what package_info says."""

    def __init__(self):
        self.properties = {}
        self.requires = []
        self.system_libs = []
        self.defines = []
        self.libs = []
        self.bindirs = ["bin"]
        self.libdirs = ["lib"]
        self.includedirs = ["include"]

    def set_property(self, name, value):
        self.properties[name] = value


class components(dict):
    def __missing__(self, name):
        self[name] = part()
        return self[name]


class information:
    """Stands for self.info: knows whether it was cleared."""

    cleared = False

    def clear(self):
        self.cleared = True


class recipe_base:
    """Stands for conan.ConanFile."""

    def requires(self, reference, **traits):
        self.required[reference.split("/")[0]] = (reference, traits)


def copy(recipe, pattern, src, dst):
    del recipe
    for path in Path(src).rglob("*"):
        if not fnmatch.fnmatch(path.relative_to(src).as_posix(), pattern):
            continue
        to = Path(dst) / path.relative_to(src)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, to)


def check_min_cppstd(recipe, least):
    if int(str(recipe.settings["compiler.cppstd"]).replace("gnu", "")) < least:
        raise InvalidConfiguration(f"C++{least} is required")


def module(name, **members):
    made = types.ModuleType(name)
    made.__dict__.update(members)
    sys.modules[name] = made


def load_recipe(path):
    """The recipe class of a conanfile, imported with the stand-in in Conan's place."""
    module("conan", ConanFile=recipe_base)
    module("conan.errors", ConanInvalidConfiguration=InvalidConfiguration)
    module("conan.tools")
    module("conan.tools.build", check_min_cppstd=check_min_cppstd, can_run=lambda recipe: True)
    module("conan.tools.cmake", CMake=None, cmake_layout=lambda recipe: None)
    module("conan.tools.files", copy=copy, load=lambda recipe, name: Path(name).read_text("utf-8"))
    module("conan.tools.layout", basic_layout=lambda recipe, src_folder: None)
    spec = importlib.util.spec_from_file_location(f"recipe_{path.parent.name}", path)
    loaded = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(loaded)
    return next(value for value in vars(loaded).values() if isinstance(value, type)
                and issubclass(value, recipe_base) and value is not recipe_base)


class settings(dict):
    os = "Linux"


class conan_recipe(unittest.TestCase):
    kind = load_recipe(SOURCE / "conanfile.py")

    def make(self, cppstd="20", boost=None, **chosen):
        recipe = self.kind()
        recipe.required = {}
        recipe.recipe_folder = str(SOURCE)
        recipe.source_folder = str(SOURCE)
        recipe.options = options({**self.kind.default_options, **chosen})
        recipe.settings = settings({"compiler.cppstd": cppstd})
        recipe.dependencies = {"boost": types.SimpleNamespace(
            options=options(boost or {"header_only": False, "without_json": False}))}
        recipe.info = information()
        recipe.cpp_info = part()
        recipe.cpp_info.components = components()
        return recipe

    def contents(self, **chosen):
        with tempfile.TemporaryDirectory() as folder:
            recipe = self.make(**chosen)
            recipe.package_folder = folder
            recipe.package()
            files = [path for path in Path(folder).rglob("*") if path.is_file()]
            return {path.relative_to(folder).as_posix() for path in files}

    def targets(self, **chosen):
        recipe = self.make(**chosen)
        recipe.package_info()
        return {p.properties["cmake_target_name"]: p for p in recipe.cpp_info.components.values()}

    def test_identity(self):
        self.assertEqual(self.kind.name, "pando")
        self.assertEqual(self.kind.package_type, "header-library")
        self.assertEqual(self.kind.license, "BSL-1.0")
        self.assertEqual(set(self.kind.settings), {"os", "arch", "compiler", "build_type"})

    def test_version_is_the_headers(self):
        recipe = self.make()
        recipe.set_version()
        header = (SOURCE / "include/pando/config.hpp").read_text("utf-8")
        self.assertIn(f'#define PANDO_VERSION_STRING "{recipe.version}"', header)
        self.assertRegex(recipe.version, r"^\d+\.\d+\.\d+$")

    def test_package_id_is_cleared(self):
        recipe = self.make()
        recipe.package_id()
        self.assertTrue(recipe.info.cleared)

    def test_contents_do_not_depend_on_options(self):
        every = dict(with_openssl=True, with_sqlite=True, with_libpq=True)
        nothing = {name: False for name in every}
        self.assertEqual(self.contents(**every), self.contents(**nothing))
        ours = {p.relative_to(SOURCE).as_posix() for p in (SOURCE / "include").rglob("*.?pp")}
        self.assertEqual(self.contents(), ours | {"licenses/LICENSE"})

    def test_what_is_packaged_is_exported(self):
        self.assertEqual(set(self.kind.exports_sources), {"include/*", "LICENSE"})

    def test_requirements_follow_the_options(self):
        for chosen, expected in [({}, {"boost", "openssl"}),
                                 ({"with_openssl": False}, {"boost"}),
                                 ({"with_sqlite": True}, {"boost", "openssl", "sqlite3"}),
                                 ({"with_libpq": True}, {"boost", "openssl", "libpq"})]:
            recipe = self.make(**chosen)
            recipe.requirements()
            self.assertEqual(set(recipe.required), expected)
            for reference, traits in recipe.required.values():
                self.assertTrue(traits["transitive_headers"], reference)
        self.assertEqual(recipe.required["boost"][0], "boost/[>=1.81 <2]")

    def test_validation(self):
        self.make().validate()
        self.make(cppstd="gnu23").validate()
        with self.assertRaisesRegex(InvalidConfiguration, r"C\+\+20"):
            self.make(cppstd="17").validate()
        for option in ["header_only", "without_json"]:
            with self.assertRaisesRegex(InvalidConfiguration, rf"boost/\*:{option}=False"):
                self.make(boost={option: True}).validate()

    def test_targets_follow_the_options(self):
        always = {"pando::contract", "pando::pando", "pando::http"}
        self.assertEqual(set(self.targets()), always)
        self.assertEqual(set(self.targets(with_sqlite=True)), always | {"pando::sqlite"})
        self.assertEqual(set(self.targets(with_libpq=True)), always | {"pando::postgres"})
        self.assertEqual(self.targets(with_sqlite=True)["pando::sqlite"].defines,
                         ["PANDO_WITH_SQLITE=1"])
        self.assertEqual(self.targets()["pando::http"].defines, ["PANDO_WITH_OPENSSL=1"])
        self.assertEqual(self.targets(with_libpq=True)["pando::postgres"].defines,
                         ["PANDO_WITH_POSTGRES=1"])
        self.assertIn("openssl::ssl", self.targets()["pando::http"].requires)
        self.assertEqual(self.targets(with_openssl=False)["pando::http"].defines, [])
        self.assertEqual(self.targets(with_openssl=False)["pando::http"].requires, ["_pando"])
        self.assertEqual(self.targets()["pando::contract"].requires, ["boost::headers"])

    def test_what_a_component_requires_is_there(self):
        recipe = self.make(with_sqlite=True, with_libpq=True)
        recipe.requirements()
        recipe.package_info()
        used = set()
        for name, component in recipe.cpp_info.components.items():
            for required in component.requires:
                package = required.split("::")[0] if "::" in required else None
                known = required in recipe.cpp_info.components or package in recipe.required
                self.assertTrue(known, f"{name} requires {required}")
                used.add(package)
        # Conan refuses a recipe whose components leave a requirement unused.
        self.assertEqual(set(recipe.required), used - {None})

    def test_nothing_to_link_or_run(self):
        recipe = self.make(with_sqlite=True, with_libpq=True)
        recipe.package_info()
        for what in [recipe.cpp_info, *recipe.cpp_info.components.values()]:
            self.assertEqual((what.bindirs, what.libdirs, what.libs), ([], [], []))

    def test_cmake_has_the_same_targets(self):
        cmake = (SOURCE / "CMakeLists.txt").read_text("utf-8")
        for target in self.targets():
            self.assertIn(f"pando_component({target.removeprefix('pando::')}\n", cmake)

    def test_the_test_package_is_small(self):
        main = (SOURCE / "test_package/main.cpp").read_text("utf-8")
        self.assertLess(len(main.splitlines()), 15)
        kind = load_recipe(SOURCE / "test_package/conanfile.py")
        recipe = kind()
        recipe.required = {}
        recipe.tested_reference_str = "pando/0.0.0"
        recipe.requirements()
        self.assertEqual(set(recipe.required), {"pando"})

    def test_syntax(self):
        for name in ["conanfile.py", "test_package/conanfile.py"]:
            ast.parse((SOURCE / name).read_text("utf-8"), name)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
