"""Closings: what they may be, how they are planned, changed and ended."""
