"""Searches for the smallest change that a recogniser misreads."""
