"""The life of a hardware job: intend, submit, reconcile, collect, cancel."""
