"""Pure functions of records: intervals, comparisons, verdicts. Nothing here runs a circuit."""
