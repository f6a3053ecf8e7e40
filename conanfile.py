"""Conan 2 recipe: a header-only package, the same for every compiler, setting and option.

Options decide what is required and which targets there are, never what the package holds. The targets
are those of the CMake package: pando::contract, pando::pando, pando::http and, where asked for, more.
"""
import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load
from conan.tools.layout import basic_layout

required_conan_version = ">=2.0"


class PandoRecipe(ConanFile):
    name = "pando"
    description = "One declaration, every door: typed services for C++20 and Boost"
    license = "BSL-1.0"
    topics = ("http", "rpc", "command-line", "unix-socket", "services", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {
        "with_openssl": [True, False],
        "with_sqlite": [True, False],
        "with_libpq": [True, False],
    }
    default_options = {
        "with_openssl": True,
        "with_sqlite": False,
        "with_libpq": False,
    }
    exports_sources = "include/*", "LICENSE"
    no_copy_source = True

    def set_version(self):
        header = load(self, os.path.join(self.recipe_folder, "include", "pando", "config.hpp"))
        self.version = re.search(r'#define PANDO_VERSION_STRING "([^"]+)"', header).group(1)

    def layout(self):
        basic_layout(self, src_folder=".")

    def requirements(self):
        self.requires("boost/[>=1.81 <2]", transitive_headers=True, transitive_libs=True)
        if self.options.with_openssl:
            self.requires("openssl/[>=3 <4]", transitive_headers=True, transitive_libs=True)
        if self.options.with_sqlite:
            self.requires("sqlite3/[>=3.40 <4]", transitive_headers=True, transitive_libs=True)
        if self.options.with_libpq:
            self.requires("libpq/[>=15]", transitive_headers=True, transitive_libs=True)

    def validate(self):
        check_min_cppstd(self, 20)
        boost = self.dependencies["boost"].options
        for option in ("header_only", "without_json"):
            if boost.get_safe(option):
                raise ConanInvalidConfiguration(
                    f"pando links the library Boost.JSON: set -o boost/*:{option}=False")

    def package_id(self):
        self.info.clear()

    def package(self):
        copy(self, "LICENSE", src=self.source_folder,
             dst=os.path.join(self.package_folder, "licenses"))
        for pattern in ("*.hpp", "*.ipp"):
            copy(self, pattern, src=os.path.join(self.source_folder, "include"),
                 dst=os.path.join(self.package_folder, "include"))

    def package_info(self):
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.set_property("cmake_file_name", "pando")
        # pando::pando is a component, as in the CMake package; the whole has a name of its own.
        self.cpp_info.set_property("cmake_target_name", "pando::all")
        self.cpp_info.set_property("pkg_config_name", "pando-all")

        self._component("contract", "pando-contract", ["boost::headers"])
        part = self._component("pando", "pando", ["contract", "boost::json"])
        if self.settings.os in ("Linux", "FreeBSD"):
            part.system_libs = ["pthread"]
        part = self._component("http", "pando-http", ["_pando"])
        if self.options.with_openssl:
            part.requires += ["openssl::ssl", "openssl::crypto"]
            part.defines = ["PANDO_WITH_OPENSSL=1"]
        if self.options.with_sqlite:
            part = self._component("sqlite", "pando-sqlite", ["_pando", "sqlite3::sqlite3"])
            part.defines = ["PANDO_WITH_SQLITE=1"]
        if self.options.with_libpq:
            part = self._component("postgres", "pando-postgres", ["_pando", "libpq::pq"])
            part.defines = ["PANDO_WITH_POSTGRES=1"]

    def _component(self, target, pkg_config, requires):
        # Conan keeps the package's own name for the whole: that component gets an underscore.
        part = self.cpp_info.components["_pando" if target == "pando" else target]
        part.set_property("cmake_target_name", f"pando::{target}")
        part.set_property("pkg_config_name", pkg_config)
        part.requires = requires
        part.bindirs = []
        part.libdirs = []
        return part
