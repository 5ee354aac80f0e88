"""Steps that run after another one in the same Spark application."""

import hashlib
import os
import tempfile
import unittest
from unittest import mock

from engine.application import load_program, split_arguments
from engine.failure import StepFailure

PROGRAM = """
def main(argv):
    return [__name__, __file__, *argv]

if __name__ == "__main__":
    raise SystemExit("the main part ran")
"""


class Application(unittest.TestCase):
    def test_has_the_arguments_of_the_next_program_after_then(self):
        argv = ["--output", "a", "--then", "s3://lake/b.py", "--output", "b", "--then", "c.py"]
        self.assertEqual(
            split_arguments(argv), (["--output", "a"], ["s3://lake/b.py", "--output", "b", "--then", "c.py"])
        )
        self.assertEqual(split_arguments(["--output", "a"]), (["--output", "a"], []))

    @mock.patch("engine.application.exists", return_value=True)
    @mock.patch("engine.application.read_bytes", return_value=PROGRAM.encode())
    def test_loads_the_next_program_from_the_lake_without_running_its_main_part(self, read_bytes, _exists):
        with tempfile.TemporaryDirectory() as folder, mock.patch("tempfile.tempdir", folder):
            name, path, argument = load_program(None, ["s3://lake/steps/b/1/step.py"]).main(["x"])
            self.assertEqual((name, os.path.basename(path), argument), ("next_step", "step.py", "x"))
            with open(path, encoding="utf-8") as file:
                self.assertEqual(file.read(), PROGRAM)
        self.assertEqual(read_bytes.call_args[0][1], "s3://lake/steps/b/1/step.py")

    @mock.patch("engine.application.exists", return_value=True)
    @mock.patch("engine.application.read_bytes", return_value=PROGRAM.encode())
    def test_loads_only_the_program_that_has_the_digest_of_its_own_arguments(self, _read_bytes, _exists):
        digest = hashlib.sha256(PROGRAM.encode()).hexdigest()
        with tempfile.TemporaryDirectory() as folder, mock.patch("tempfile.tempdir", folder):
            load_program(None, ["s3://lake/b.py", "--digest", digest, "--then", "s3://lake/c.py", "--digest", "0"])
            with self.assertRaisesRegex(StepFailure, "is not the one that was planned: s3://lake/b.py"):
                load_program(None, ["s3://lake/b.py", "--output", "b", "--digest", "0" * 64])

    @mock.patch("engine.application.exists", return_value=False)
    def test_fails_and_names_the_next_program_if_it_is_gone(self, _exists):
        with self.assertRaisesRegex(StepFailure, "the program of the next step does not exist: s3://lake/b.py"):
            load_program(None, ["s3://lake/b.py"])


if __name__ == "__main__":
    unittest.main()
