"""What the sandbox knows of texts, apart from any wire protocol."""
