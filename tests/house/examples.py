#!/usr/bin/env python3
"""Runs examples/run with the programs of a build folder, and shows that it fails when it should.

    examples.py SOURCE_DIR BUILD_DIR
"""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BUILD = Path(sys.argv.pop()).resolve()
SOURCE = Path(sys.argv.pop()).resolve()


class examples(unittest.TestCase):
    def run_with(self, built):
        """What `examples/run` wrote and its status."""
        done = subprocess.run([SOURCE / "examples/run", "--stop", "--built", built], text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False,
                              env={**os.environ, "TERM": "xterm"})
        return done.stdout, done.returncode

    def expect_failure(self, programs, why):
        """With these programs, each a line of shell, it fails, and the last line says why."""
        with tempfile.TemporaryDirectory() as folder:
            bin_folder = Path(folder) / "bin"
            bin_folder.mkdir()
            for name, text in programs.items():
                (bin_folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
                (bin_folder / name).chmod(0o755)
            written, status = self.run_with(folder)
        self.assertEqual(status, 1, written)
        self.assertRegex(written.splitlines()[-1], f"^examples/run: FAILED: {why}$")

    def test_every_answer(self):
        written, status = self.run_with(BUILD)
        print(written)
        self.assertEqual(status, 0)
        self.assertRegex(written.splitlines()[-1], "^examples/run: every answer was as promised")

    def test_what_does_not_answer_as_promised(self):
        serves = "echo http://localhost:9; exec sleep 60"
        self.expect_failure({"shop": "echo no"}, '"shop serve --http 0" does not serve')
        self.expect_failure({"shop": serves, "curl": "exit 7"}, '"curl .*" ended with 7, not with 0')
        self.expect_failure({"shop": serves, "curl": "echo '{\"id\":2}'"},
                            '"curl .*" did not answer what examples/run says')


if __name__ == "__main__":
    unittest.main(verbosity=2)
