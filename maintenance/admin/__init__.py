"""What BPJS staff publish and read in the admin about outages and closings; importing it registers each page."""

from maintenance.admin import closure, outage

__all__ = ["closure", "outage"]
