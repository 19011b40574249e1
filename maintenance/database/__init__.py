"""What the apps need of the database beyond Django: bounded waits, recovery, rows that only grow, long deletions."""
