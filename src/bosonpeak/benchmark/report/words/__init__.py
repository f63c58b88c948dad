"""Text of pages and reports: wording and citations."""
