"""Rules and models that drop documents, each with its reason."""
