"""Every benchmark runs from end to end, on very little, and finds the books right."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("arguments", "rows"),
    [
        (["close", "--records", "2000", "--rounds", "1"], 7),
        (["close", "--records", "2000", "--rounds", "1", "--only", "covered", "two"], 4),
        (["ingest", "--records", "2000", "--rounds", "1"], 6),
        (["authorise", "--members", "3", "--seconds", "0.1", "--rounds", "1", "--clients", "2"], 8),
        (["pages", "--members", "3", "--charges", "60", "--rounds", "1"], 25),
        (["read", "--accounts", "5", "--charges", "500", "--rounds", "1"], 6),
    ],
)
def test_a_small_run_prints_its_figures_and_right_books(arguments, rows):
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments, "--json"],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "finance_mgmt.settings"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert (len(said["rows"]), said["books_are_right"]) == (rows, True)
