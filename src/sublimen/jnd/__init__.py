"""Models of what people notice: how far each sample of a photo may move unseen."""
