from dataclasses import replace

import pytest

from sublimen.bench.frontier_cells import Results
from sublimen.bench.frontier_table import markdown
from tests.bench.made_people import PLAN, unit


@pytest.fixture
def results():
    rows = [*unit(0, "1101", "1010", "1101"), *unit(1, "1111", "0001", "0111")]
    return Results(replace(PLAN, versions=("png",)), rows)


def test_the_tables_have_a_line_for_each_arm_in_each_role(results):
    text = markdown(results, "a head")

    judge = text.partition("[start:judge]")[2].partition("<!--")[0]
    assert "| `sublimen` | 1 | png | 0.29 [" in judge
    assert "| `flat` | 1 | png | 0.86 [" in judge
    assert "| [0.75, 1.00] | 0.75 | 1.00 |" in judge
    assert "`flat`" not in text.partition("[start:surrogate]")[2].partition("<!-- --8<-- [end")[0]
    assert "| `other` | 0.88 [" in text.partition("[start:before]")[2]
    each = text.partition("[start:recogniser]")[2].partition("<!--")[0]
    assert "| `other` | judge | 1 | `sublimen` | 0.29 [" in each
    assert each.count("; 0.75 |") == 2
    assert "| `sublimen` | 1 | 0.33 [" in text.partition("[start:ratio]")[2]
    assert "| `flat` | 1 | 0.99 [0.99, 0.99] | - | 1.50 [" in text.partition("[start:readings]")[2]
    assert text.startswith("# Made\n\na head")
