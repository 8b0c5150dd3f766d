"""nisqdl: experiments with quantum neural networks on noisy devices."""

__version__ = "0.1.0"
