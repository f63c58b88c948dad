"""How data that are not part of the package arrive: from which mirrors, in which pieces, and whether they are right."""
