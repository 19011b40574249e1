"""Outages, as staff publish them."""
