"""How a web process talks to its clients: no thread waits for one of them."""
