"""Formal proof: provers that check proofs and step through them, search for proofs, and what suggests tactics."""
