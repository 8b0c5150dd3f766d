"""An experiment on a device, from file to records: what runs here and what runs there, in turn."""
