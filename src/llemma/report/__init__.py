"""Results to look at: tables, figures and the model card, beside the published numbers."""
