"""The embedded mode's mailbox, in which letters are read in the browser instead of being sent."""
