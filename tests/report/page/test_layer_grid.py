"""The grid of a net's layers holds every number that its rows did, under the same name."""

from __future__ import annotations

from pathlib import Path

from harness.report.page.layer_grid import by_layer, numbers_of
from harness.report.page.quantities import Row, of_measurement
from harness.report.page.read import read_results

PUBLISHED = Path(__file__).parent.parent.parent.parent / "reports" / "published"


def row(name: str, label: str, *values: float) -> Row:
    """A row of these values by seed."""
    return Row(name, "", label, [(str(seed), value) for seed, value in enumerate(values)], None, "")


def test_no_number_of_a_counted_net_is_lost() -> None:
    """Rows and grid together are the measurement."""
    for measurement in read_results(PUBLISHED / "prelu_table3" / "ci").measurements.values():
        rest, grid = by_layer(of_measurement(measurement))
        found = {one.name: one.values[0][1] for one in rest} | dict(numbers_of(grid) if grid else ())
        assert found == measurement.jobs[0].values


def test_layers_are_lines_in_their_order_and_what_one_lacks_is_left_open() -> None:
    """A layer may have a dot in its name, which the number's name cannot."""
    rest, grid = by_layer([
        row("total", "total", 9), row("a_b_size", "a.b, size", 1), row("a_b_cost", "a.b, cost", 2),
        row("c_size", "c, size", 3), row("d_size", "d, size", 4), row("d_cost", "d, cost", 5),
    ])  # fmt: skip
    assert [one.name for one in rest] == ["total"]
    assert grid is not None
    assert [column.name for column in grid.columns] == ["size", "cost"]
    assert grid.lines == [("a.b", [1, 2]), ("c", [3, None]), ("d", [4, 5])]


def test_what_is_no_grid_stays_as_it_is() -> None:
    """Two layers, one quantity, several seeds, or a comma in a label of something else."""
    for rows in (
        [row("a_x", "a, x", 1), row("a_y", "a, y", 1), row("b_x", "b, x", 1), row("b_y", "b, y", 1)],
        [row("a_x", "a, x", 1), row("b_x", "b, x", 1), row("c_x", "c, x", 1)],
        [row(f"{layer}_{what}", f"{layer}, {what}", 1, 2) for layer in "abc" for what in "xy"],
        [row(f"std_{layer}{what}", f"{layer} filters, {what}", 1) for layer in "abc" for what in "xy"],
    ):
        assert by_layer(rows) == (rows, None)
