"""What compiled kernels are made with, whatever their engine: caching, vectors, bits."""
