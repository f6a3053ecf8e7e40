#!/usr/bin/env python3
"""Tests the house's own checks: each must report the one fault of a small made-up tree."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import floors
import headers
import readme
import style
import weightless

GOOD = {
    "config.hpp": "// c\n#pragma once\n",
    "src.hpp": "// s\n#pragma once\n#include <pando/http/impl/server.ipp>\n",
    "contract.hpp": "// u\n#pragma once\n#include <pando/http/markers.hpp>\n",
    "meta/name.hpp": "// n\n#pragma once\n#include <pando/config.hpp>\n#include <string>\n",
    "contract/route.hpp": "// r\n#pragma once\n#include <pando/meta/name.hpp>\n",
    "http/markers.hpp": "// m\n#pragma once\n#include <pando/contract/route.hpp>\n",
    "http/detail/parse.hpp": "// p\n#pragma once\n",
    "http/server.hpp": "// v\n#pragma once\n#include <pando/http/detail/parse.hpp>\n"
                       "#include <pando/http/impl/server.ipp>\n",
    "http/impl/server.ipp": "// i\n#include <pando/http/server.hpp>\n",
    "cli/flags.hpp": "// f\n#pragma once\n",
    "app/app.hpp": "// a\n#pragma once\n#include <pando/http/server.hpp>\n",
}


class checks(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        for name, text in GOOD.items():
            self.write(name, text)

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, text):
        path = self.root / "include" / "pando" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def floor_faults(self, name, include):
        self.write(name, f"// x\n#pragma once\n#include {include}\n")
        return list(floors.faults(self.root / "include"))

    def style_faults(self, text):
        self.write("meta/new.hpp", text)
        return list(style.faults(self.root))

    def expect(self, found, phrase):
        self.assertEqual(len(found), 1, found)
        self.assertIn(phrase, found[0])

    def test_a_good_tree_has_no_fault(self):
        self.assertEqual(list(floors.faults(self.root / "include")), [])
        self.assertEqual(list(style.faults(self.root)), [])

    def test_upward_arrow(self):
        self.expect(self.floor_faults("meta/new.hpp", "<pando/contract/route.hpp>"), "upward arrow")

    def test_door_to_door(self):
        self.expect(self.floor_faults("cli/new.hpp", "<pando/http/server.hpp>"), "never include")

    def test_a_markers_header_of_a_door_above(self):
        self.expect(self.floor_faults("schema/new.hpp", "<pando/http/markers.hpp>"), "upward arrow")

    def test_a_markers_header_includes_its_door(self):
        self.expect(self.floor_faults("cli/markers.hpp", "<pando/cli/flags.hpp>"), "marker header")

    def test_private_part_of_another_module(self):
        self.expect(self.floor_faults("app/new.hpp", "<pando/http/detail/parse.hpp>"), "private")

    def test_umbrella_used_inside(self):
        self.expect(self.floor_faults("app/new.hpp", "<pando/contract.hpp>"), "umbrella")

    def test_quoted_include(self):
        self.expect(self.floor_faults("app/new.hpp", '"app.hpp"'), "must be written")

    def test_missing_header(self):
        self.expect(self.floor_faults("app/new.hpp", "<pando/http/gone.hpp>"), "does not exist")

    def test_unknown_floor(self):
        self.expect(self.floor_faults("attic/new.hpp", "<string>"), "no floor")

    def test_body_that_src_does_not_list(self):
        self.write("cli/impl/new.ipp", "// b\n")
        self.expect(self.floor_faults("cli/new.hpp", "<pando/cli/impl/new.ipp>"), "0 times")

    def test_body_that_is_the_second_part_of_another(self):
        self.write("http/impl/more.ipp", "// b\n")
        self.expect(list(floors.faults(self.root / "include")), "included by 0 files")
        self.write("http/impl/server.ipp", "// i\n#include <pando/http/server.hpp>\n"
                                           "#include <pando/http/impl/more.ipp>\n")
        self.assertEqual(list(floors.faults(self.root / "include")), [])

    def test_body_of_another_module(self):
        found = self.floor_faults("app/new.hpp", "<pando/http/impl/server.ipp>")
        self.expect(found[:1], "is a body")
        self.expect(found[1:], "included by 2 files")

    def test_style(self):
        good = "// what it is for\n#pragma once\n"
        self.expect(self.style_faults("#pragma once\n"), "first line")
        self.expect(self.style_faults("// what it is for\n"), "#pragma once")
        self.expect(self.style_faults(good + "\n" * 499), "501 lines")
        self.expect(self.style_faults(good + "x" * 101 + "\n"), "101 columns")
        self.expect(self.style_faults(good + "\tint x;\n"), "a tab")
        self.expect(self.style_faults(good + "// TO" + "DO later\n"), "unfinished")
        self.assertEqual(self.style_faults(good + "x" * 100 + "\n" * 497), [])

    def test_header_that_does_not_stand_alone(self):
        include = self.root / "include"
        self.assertEqual(headers.check_alone("g++", include, []), 0)
        self.write("meta/new.hpp", "// x\n#pragma once\ninline std::string text;\n")
        self.assertEqual(headers.check_alone("g++", include, []), 1)

    def test_program_that_warns(self):
        include = self.root / "include"
        program = self.root / "program.cpp"
        program.write_text("int main() {}\n", encoding="utf-8")
        self.assertEqual(headers.check_program(program, "g++", include, []), 0)
        # What a template of ours warns of is seen where a program uses it, and only there.
        self.write("contract.hpp", "// u\n#pragma once\n"
                                   "template <class T> int f(T x) { return x; }\n")
        self.assertEqual(headers.check_program(program, "g++", include, []), 0)
        program.write_text("int main() { return f(1L); }\n", encoding="utf-8")
        self.assertEqual(headers.check_program(program, "g++", include, []), 1)

    def test_heavy_contract(self):
        include = self.root / "include"
        self.assertEqual(headers.check_light("g++", include), 0)
        self.write("meta/name.hpp", "// n\n#pragma once\n#include <iostream>\n")
        self.assertEqual(headers.check_light("g++", include), 1)


class blocks_of_readme(unittest.TestCase):
    """A page of two blocks; `fault` is what its check ends with, or None."""

    PAGE = ("<!-- compiled as one.hpp -->\n```cpp\nint f();\n```\n"
            "<!-- compiled in two.cpp -->\n```cpp\nint g();\n\n\nreturn f();\n```\n"
            "```console\n$ f\n```\n")
    CONTEXT = ('#include "one.hpp"\n#include "block.1"\nint h() {\n#include "block.2"\n}\n')

    def fault(self, page=PAGE, context=CONTEXT, more=()):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for part in ["contexts", "laid out"]:
                (folder / part).mkdir()
            for file in ["two.cpp", *more]:
                (folder / "contexts" / file).write_text(context, encoding="utf-8")
            (folder / "README.md").write_text(page, encoding="utf-8")
            try:
                readme.lay_out(readme.blocks_of(page), folder / "contexts", folder / "laid out")
            except readme.fault as why:
                return str(why)
            failed = readme.check(folder / "README.md", "g++", folder, [], folder / "contexts")
            return "does not compile" if failed else None

    def test_a_good_page(self):
        self.assertIsNone(self.fault())

    def test_a_block_that_does_not_compile(self):
        self.assertEqual(self.fault(self.PAGE.replace("return f();", "return k();")),
                         "does not compile")
        self.assertEqual(self.fault(self.PAGE.replace("one.hpp", "one.cpp")
                                    .replace("int f();", "int f() { return k(); }"),
                                    self.CONTEXT.replace("one.hpp", "one.cpp")),
                         "does not compile")

    def test_a_block_without_a_way(self):
        for page in [self.PAGE.replace("<!-- compiled in two.cpp -->\n", ""),
                     self.PAGE.replace("two.cpp -->\n", "two.cpp -->\n\n"),
                     self.PAGE.replace("```cpp\nint f", "```c++\nint f"),
                     self.PAGE.replace("```cpp\nint f", "```\nint f"),
                     self.PAGE.replace("```cpp\nint f", "```console\nint f"),
                     self.PAGE + "  ```cpp\n  int k();\n  ```\n"]:
            self.assertRegex(self.fault(page), "^README:[0-9]+: .*(block|follows)")

    def test_a_comment_without_a_block(self):
        self.assertIn("no C++ block follows",
                      self.fault(self.PAGE + "<!-- compiled in two.cpp -->\n"))
        self.assertIn("on a line of its own",
                      self.fault(self.PAGE.replace("compiled in", "compiled under")))

    def test_paragraphs_stand_once_each(self):
        for context in [self.CONTEXT.replace('#include "block.2"', "return 0;"),
                        self.CONTEXT + '#include "block.2"\n', self.CONTEXT + '#include "block.3"\n',
                        '#include "one.hpp"\n']:
            self.assertIn("two.cpp: the block of README:7 has 2 paragraphs",
                          self.fault(context=context))

    def test_names(self):
        self.assertIn("no three.cpp", self.fault(self.PAGE.replace("two.cpp", "three.cpp")))
        self.assertIn("no block of README is compiled in three.cpp",
                      self.fault(more=["three.cpp"]))
        self.assertIn("two blocks are compiled", self.fault(self.PAGE + self.PAGE))
        self.assertIn("no C++ block", readme_of_nothing())


def readme_of_nothing():
    with tempfile.TemporaryDirectory() as name:
        try:
            readme.lay_out(readme.blocks_of("# Nothing\n"), Path(name), Path(name))
        except readme.fault as why:
            return str(why)
    return "nothing"


class weight(unittest.TestCase):
    def test_functions_of_ours_weigh(self):
        with tempfile.TemporaryDirectory() as folder:
            for text, weighs in (("namespace other { void f() {} }", 0),
                                 ("namespace pando { inline void f() {} }", 0),
                                 ("namespace pando { void f() {} }", 1)):
                source = Path(folder) / "one.cpp"
                source.write_text(text, encoding="utf-8")
                made = str(source.with_suffix(".o"))
                subprocess.run(["g++", "-c", str(source), "-o", made], check=True)
                self.assertEqual(weightless.main([made]), weighs, text)
        self.assertEqual(weightless.main([]), 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
