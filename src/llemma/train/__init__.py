"""Training: one loop for pretraining and continued pretraining."""
