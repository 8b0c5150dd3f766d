"""Architectures: whole circuits as papers give them, each in one file."""
