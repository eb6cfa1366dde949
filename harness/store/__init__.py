"""The store: job folders, their documents and soundness, archives, merges, garbage."""
