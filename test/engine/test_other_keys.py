"""Keys that are not in the contract."""

import unittest

from engine.other_keys import kind_of, members


class Keys(unittest.TestCase):
    def test_come_from_lines_that_python_can_parse(self):
        self.assertEqual(list(members('{"a": 1, "b": [2]}')), [("a", 1), ("b", [2])])
        self.assertEqual(list(members('{"a": 1')), [])
        self.assertEqual(list(members('{"a":' + "[" * 200_000 + "]" * 200_000 + "}")), [])

    def test_have_the_kind_of_their_value(self):
        kinds = {"number": [1, 1.5, "1", " -1.5e3 "], "text": ["x", "1 x", "NaN"], "boolean": [True, False]}
        kinds.update({"list": [[]], "object": [{}], "null": [None, "", " \t"]})
        for kind, values in kinds.items():
            for value in values:
                with self.subTest(value=value):
                    self.assertEqual(kind_of(value), kind)


if __name__ == "__main__":
    unittest.main()
