"""Qiskit's primitives on the exact engines: an estimator, a sampler, and a gradient for Qiskit
Machine Learning. They are loaded from the package's root, :mod:`nisqdl`."""
