"""Photo files: reading, protecting and saving them without losing what they hold."""
