"""Models: feature maps, ansätze, entanglers, observables, and the builder that joins them."""
