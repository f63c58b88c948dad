"""Two ensembles compared: whether they agree, and whether samples were copied or selected."""
