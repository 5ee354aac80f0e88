"""Where an execution keeps its files."""

import unittest

from engine.places import table_folder


class Tables(unittest.TestCase):
    def test_of_a_run_lie_in_its_lake(self):
        execution = "s3://b/a lake/_landfall/runs/r-1.x/steps/first/12/application_1_2-0a"
        self.assertEqual(table_folder(execution, "cats"), "s3://b/a lake/delta/cats/r-1.x.application_1_2-0a")

    def test_of_a_run_lie_in_the_innermost_lake(self):
        outer = "file:///_landfall/runs/r0/steps/s/1/lake"
        execution = outer + "/_landfall/runs/r1/steps/s/1/local-1-ff"
        self.assertEqual(table_folder(execution, "cats"), outer + "/delta/cats/r1.local-1-ff")

    def test_of_a_step_run_by_hand_lie_beside_its_report(self):
        for execution in ["file:///mine/local-1-ff", "file:///l/_landfall/runs/r1/local-1-ff", "/steps/s/1/local-1-ff"]:
            self.assertEqual(table_folder(execution, "cats"), execution + "/tables/cats")


if __name__ == "__main__":
    unittest.main()
