"""IBM Quantum: what is asked of a device, what comes back, and the client's primitives."""
