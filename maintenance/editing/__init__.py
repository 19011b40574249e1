"""How staff edit rows in the admin of every app: under a lock, over nobody's change, written down."""
