"""What `make bench` measures: ratios and counts, so that they hold on any machine."""
