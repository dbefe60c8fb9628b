"""Scenario files: YAML in, frozen values out, or everything that is wrong with them."""

from .problems import Malformed, Problem
from .reading import read
from .scenario import Event, ExpectedList, Row, Scenario

__all__ = ["Event", "ExpectedList", "Malformed", "Problem", "Row", "Scenario", "read"]
