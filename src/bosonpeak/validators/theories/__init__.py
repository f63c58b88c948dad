"""Estimators that test theories of the boson peak: curves that their equations give, and what follows from stresses."""
