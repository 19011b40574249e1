"""The demonstration accounts of the embedded mode."""
