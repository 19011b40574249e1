"""What the commands about closings and outages share."""
