"""What was done to a photo, as a page a person can look at."""
