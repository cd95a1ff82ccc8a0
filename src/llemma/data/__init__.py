"""Training documents: where they come from, how they become token shards, how a trainer reads them."""
