"""One module for each thing that MiniStack does differently from AWS."""
