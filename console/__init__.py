"""The application watched, used, broken and queried from a page in the browser: its server, and under `static/` the page."""
