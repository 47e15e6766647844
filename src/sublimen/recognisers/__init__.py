"""Networks that recognise, and what it takes to ask them: detection, alignment, thresholds."""
