"""Networks of our own, made again from pictures by one command."""
