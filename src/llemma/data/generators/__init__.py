"""Our own documents and theorems, made from a seed: nothing is downloaded, and the same seed gives the same."""
