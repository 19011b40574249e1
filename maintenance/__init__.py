"""When the portal is closed or disturbed, and how everybody learns of it."""
