"""Full-reference image quality, one number per image."""
