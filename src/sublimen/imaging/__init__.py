"""Pictures as signals: 8-bit levels, colour, filters, edges, resampling."""
