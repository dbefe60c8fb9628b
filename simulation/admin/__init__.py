"""What-ifs in the admin."""

from . import what_ifs

__all__ = ["what_ifs"]
