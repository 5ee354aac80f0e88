"""Keys that are not in the contract."""

import unittest

from engine.other_keys import kind_of, members


class Keys(unittest.TestCase):
    def test_come_from_lines_that_python_can_parse(self):
        self.assertEqual(list(members('{"a": 1, "b": [2]}', [])), [(("a",), 1), (("b",), [2])])
        self.assertEqual(list(members('{"a": 1', [])), [])
        self.assertEqual(list(members('{"a":' + "[" * 200_000 + "]" * 200_000 + "}", [])), [])

    def test_come_from_the_objects_that_fields_are_in(self):
        line = '{"a": {"b": {"c": 1}, "d": {"e": 2}}, "f": {"g": 3}, "h": 4}'
        found = [path for path, _ in members(line, [("a",), ("a", "b"), ("h",)])]
        expected = [("a",), ("a", "b"), ("a", "b", "c"), ("a", "d"), ("f",), ("h",)]
        self.assertEqual(sorted(found), expected)

    def test_have_the_kind_of_their_value(self):
        kinds = {"number": [1, 1.5, "1", " -1.5e3 "], "text": ["x", "1 x", "NaN"], "boolean": [True, False]}
        kinds.update({"list": [[]], "object": [{}], "null": [None, "", " \t"]})
        for kind, values in kinds.items():
            for value in values:
                with self.subTest(value=value):
                    self.assertEqual(kind_of(value), kind)


if __name__ == "__main__":
    unittest.main()
