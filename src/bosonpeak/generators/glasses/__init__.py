"""Glasses: inherent structures, their Hessian, modes, elastic moduli and stresses."""
