"""The run folder: records and artifacts in SQLite, resumed, locked and exported."""
