"""Which fields are read directly."""

import gzip
import json
import unittest
from unittest import mock

from engine.contracts import Input
from engine.typed import SNIFFED, find_typed, readable

FIELDS = [
    {"name": "ts", "path": ["ts"], "type": "BIGINT"},
    {"name": "length", "path": ["length"], "type": "DOUBLE"},
    {"name": "known", "path": ["known"], "type": "BOOLEAN"},
    {"name": "page", "path": ["page"], "type": "STRING"},
    {"name": "price", "path": ["price"], "type": "DECIMAL(12,2)"},
    {"name": "depth", "path": ["at", "depth"], "type": "INT"},
]


def source(*fields):
    return {"name": "raw", "fields": list(fields or FIELDS), "views": []}


class TypedFields(unittest.TestCase):
    def found(self, *lines, uri="file:/a.json"):
        head = b"\n".join(lines)
        self.files = mock.Mock()
        self.files.open.return_value.readNBytes.return_value = gzip.compress(head) if uri.endswith(".gz") else head
        inputs = [Input("file:/small", 1, 0), Input(uri, 9, 0)]
        with mock.patch("engine.storage.hadoop_path", return_value=(None, self.files)) as path:
            typed = find_typed(None, source(), inputs)
        path.assert_called_once_with(None, uri)
        return sorted(typed)

    def test_are_those_that_rarely_have_json_of_another_type(self):
        lines = [
            json.dumps({"ts": 1, "length": 2, "known": True}),
            json.dumps({"ts": "1", "length": None, "known": None}),
            json.dumps({"ts": 3, "length": 2.5}),
            '{"ts": "cut o',
            "[7]",
        ]
        packed = [line.encode() for line in lines]
        self.assertEqual(self.found(*packed), ["known", "length", "ts"])
        self.assertEqual(self.found(*packed, uri="file:/a.json.gz"), ["known", "length", "ts"])
        self.files.open.return_value.readNBytes.assert_called_once_with(SNIFFED)

    def test_are_not_those_with_texts_fractions_or_booleans_in_place_of_numbers(self):
        self.assertEqual(self.found(b'{"ts": "1", "length": true, "known": 1}'), [])
        self.assertEqual(self.found(b'{"ts": 1.0, "length": "NaN", "known": "true"}'), [])

    def test_are_all_possible_ones_if_the_data_show_nothing(self):
        self.assertEqual(self.found(b"{", b"\xff"), ["known", "length", "ts"])
        self.assertEqual(find_typed(None, source(), []), {"known", "length", "ts"})

    def test_are_outermost_and_have_a_key_of_their_own(self):
        self.assertEqual([field["name"] for field in readable(source())], ["ts", "length", "known"])
        twin = {"name": "second", "path": ["ts"], "type": "DOUBLE"}
        self.assertEqual([field["name"] for field in readable(source(FIELDS[0], twin))], [])


if __name__ == "__main__":
    unittest.main()
