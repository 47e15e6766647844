"""Studies that anybody can run again: what they measure, their rows, their tables."""
