"""Setting a password: its rules, its history, the pages that lead there."""
