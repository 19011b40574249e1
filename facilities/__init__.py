"""Offices and facilities."""
