"""Answer grading: find the answer in a text and decide whether it equals the reference. Needs no torch."""
