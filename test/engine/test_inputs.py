"""Manifests, and how objects are counted and named."""

import gzip
import io
import json
import tracemalloc
import unittest
from unittest import mock

from engine.contracts import Input
from engine.failure import StepFailure
from engine.inputs import (
    LONGEST_ENTRY,
    LONGEST_LINE,
    epoch_millis,
    has_changed,
    is_whole,
    manifest_inputs,
    megabytes,
    some_of,
    unpacked_lines,
)

ENTRY = {"source": "raw", "uri": "s3://b/a b", "size": 7, "last_modified": "2018-11-15T00:00:01Z", "etag": "e"}


class ManifestLines(unittest.TestCase):
    def test_are_the_lines_of_the_text(self):
        self.assertEqual(list(unpacked_lines(gzip.compress(b"a\n\nb"))), [b"a\n", b"\n", b"b"])
        self.assertEqual(list(unpacked_lines(gzip.compress(b""))), [])

    def test_may_have_the_longest_length_and_not_a_byte_more(self):
        longest = b"x" * (LONGEST_ENTRY - 1) + b"\n"
        self.assertEqual(list(unpacked_lines(gzip.compress(longest * 2))), [longest] * 2)
        with self.assertRaisesRegex(ValueError, "longer than 262144 bytes"):
            list(unpacked_lines(gzip.compress(b"x" + longest)))

    def test_of_a_gzip_bomb_are_refused_before_it_is_decompressed(self):
        packed = io.BytesIO()
        with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as file:
            for _ in range(64):
                file.write(bytes(1 << 20))
        tracemalloc.start()
        try:
            with self.assertRaises(ValueError):
                list(unpacked_lines(packed.getvalue()))
            self.assertLess(tracemalloc.get_traced_memory()[1], 4 << 20)
        finally:
            tracemalloc.stop()

    def test_of_a_file_that_is_cut_or_no_gzip_are_refused(self):
        packed = gzip.compress(b"a\n" * 1000)
        with self.assertRaises(EOFError):
            list(unpacked_lines(packed[:-9]))
        with self.assertRaises(OSError):
            list(unpacked_lines(b"a\n"))


@mock.patch("engine.inputs.SOURCES", [{"name": "raw"}, {"name": "other"}])
class Manifest(unittest.TestCase):
    def read(self, *lines):
        packed = gzip.compress("\n".join(lines).encode())
        with mock.patch("engine.inputs.read_bytes", return_value=packed):
            return manifest_inputs(None, "s3://b/manifest")

    def test_lists_objects_by_source(self):
        inputs = self.read(json.dumps(ENTRY), json.dumps({**ENTRY, "source": "unknown"}))
        self.assertEqual(inputs, {"raw": [Input("s3://b/a b", 7, 1542240001000, "e")], "other": []})

    def test_that_cannot_be_parsed_fails_the_step_with_its_uri(self):
        for line in ["{", "{}", json.dumps({**ENTRY, "last_modified": "yesterday"})]:
            with self.subTest(line), self.assertRaises(StepFailure) as failed:
                self.read(line)
            self.assertEqual(failed.exception.kind, "input")
            self.assertIn("the manifest s3://b/manifest cannot be read: ", failed.exception.error)


class Objects(unittest.TestCase):
    def test_have_times_in_milliseconds(self):
        self.assertEqual(epoch_millis("1970-01-01T00:00:00Z"), 0)
        self.assertEqual(epoch_millis("2018-11-15T01:00:00.250+01:00"), 1542240000250)

    def test_are_named_up_to_five(self):
        self.assertEqual(some_of(["b"]), "1 input object (b)")
        self.assertEqual(some_of(["b", "a"]), "2 input objects (a, b)")
        self.assertEqual(some_of(list("edcba")), "5 input objects (a, b, c, d, e)")
        self.assertEqual(some_of(list("gfedcba")), "7 input objects (a, b, c, d, e and 2 more)")

    def test_have_readable_sizes(self):
        self.assertEqual(megabytes(LONGEST_LINE), "16 MiB")
        self.assertEqual(megabytes(1000), "1000 bytes")

    def test_have_changed_when_their_size_differs_or_their_time_by_more_than_a_second(self):
        entry = Input("s3://b/a", 7, 5000)
        self.assertFalse(has_changed(entry, 7, 4000))
        self.assertTrue(has_changed(entry, 7, 6001))
        self.assertTrue(has_changed(entry, 8, 5000))

    def test_are_whole_with_any_line_ends(self):
        for text in [b"", b"ab", b"ab\n", b"ab\ncd", b"ab\r\ncd\r\n", b"\n\n", b"\xef\xbb\xbfab\r\n"]:
            lines = text.replace(b"\xef\xbb\xbf", b"").replace(b"\r\n", b"\n").splitlines()
            with self.subTest(text):
                self.assertTrue(is_whole(len(text), len(lines), sum(len(line) for line in lines)))

    def test_are_not_whole_when_a_line_is_missing_or_read_twice(self):
        self.assertFalse(is_whole(len("abcdefgh\nabcdefgh\n"), 1, 8))
        self.assertFalse(is_whole(len("ab\ncd"), 3, 6))


if __name__ == "__main__":
    unittest.main()
