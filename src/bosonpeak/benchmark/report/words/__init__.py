"""Text of pages and reports: wording, typesetting, citations."""
