"""What people type and read: times, time zones, harmless text."""
