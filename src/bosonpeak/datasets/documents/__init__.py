"""Documents of plain values: records with a schema, and the faults of a document in sentences."""
