"""The whole application on one machine: an embedded AWS, a stand-in for X, and the real SAM CLI between them."""
