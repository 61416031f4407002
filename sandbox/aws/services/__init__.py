"""One module for each service that MiniStack does not have."""
