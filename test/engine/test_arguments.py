"""What a step accepts on its command line."""

import contextlib
import io
import unittest
from unittest import mock

from engine.arguments import parse_arguments

BOTH = ["--output", "s3://lake/a b", "--source", "raw=file:///in/", "--upstream", "first=s3://lake/first"]


@mock.patch("engine.arguments.SOURCES", [{"name": "raw"}])
@mock.patch("engine.arguments.UPSTREAMS", {"first": []})
class Arguments(unittest.TestCase):
    def refused(self, argv):
        stderr = io.StringIO()
        with contextlib.redirect_stderr(stderr), self.assertRaises(SystemExit) as ended:
            parse_arguments(argv)
        self.assertEqual(ended.exception.code, 2)
        self.assertIn("--source raw=URI --upstream first=URI", stderr.getvalue())
        return stderr.getvalue().strip().split(": error: ")[-1]

    def test_are_named_uris(self):
        arguments = parse_arguments(BOTH)
        self.assertEqual(arguments.output, "s3://lake/a b")
        self.assertEqual(arguments.source, {"raw": "file:///in"})
        self.assertEqual(arguments.upstream, {"first": "s3://lake/first"})
        self.assertEqual([arguments.manifest, arguments.token, arguments.timeout], [None, None, None])

    def test_take_an_equals_sign_and_the_root_as_uris(self):
        arguments = parse_arguments([*BOTH[:2], "--source", "raw=/", *BOTH[4:5], "first=/a=b"])
        self.assertEqual(arguments.source, {"raw": "/"})
        self.assertEqual(arguments.upstream, {"first": "/a=b"})

    def test_are_refused_when_one_is_missing_or_empty(self):
        self.assertEqual(self.refused(BOTH[:2] + BOTH[4:]), "--source raw=URI is missing")
        self.assertEqual(self.refused([*BOTH[:3], "raw=", *BOTH[4:]]), "--source raw=URI is missing")
        self.assertEqual(self.refused(BOTH[:4]), "--upstream first=URI is missing")

    def test_are_refused_when_a_name_is_unknown_or_given_twice(self):
        self.assertEqual(self.refused([*BOTH, "--source", "x=/in"]), "--source x: this step knows only raw")
        self.assertEqual(self.refused([*BOTH, "--source", "raw=/in"]), "--source: a name is given twice")

    def test_name_tables_to_use_again_together_with_a_base(self):
        tables = [{"name": "cats", "rebuild_by": ["year"]}, {"name": "dogs", "rebuild_by": []}]
        with mock.patch("engine.arguments.TABLES", tables):
            again = ["--carry-over", "dogs", "--partitions", "cats"]
            arguments = parse_arguments([*BOTH, "--base", "s3://lake/b", *again])
            self.assertEqual((arguments.carry_over, arguments.partitions), (["dogs"], ["cats"]))
            self.assertEqual(self.refused([*BOTH, *again]), "--carry-over and --partitions need --base")
            based = [*BOTH, "--base", "s3://lake/b"]
            both = [*based, "--partitions", "cats", "--carry-over", "cats"]
            self.assertEqual(self.refused(both), "cats: a table is given twice")
            self.assertEqual(self.refused([*based, "--carry-over", "owls"]), "owls: this step writes only cats, dogs")
            message = "--partitions dogs: its contract does not say by which columns to rebuild it"
            self.assertEqual(self.refused([*based, "--partitions", "dogs"]), message)

    def test_are_refused_when_a_run_by_hand_writes_into_a_folder_of_runs(self):
        inside = ["--output", "s3://lake/_landfall/x", *BOTH[2:]]
        self.assertIn("belongs to runs", self.refused(inside))
        self.assertEqual(parse_arguments([*inside, "--token", "t"]).token, "t")


if __name__ == "__main__":
    unittest.main()
