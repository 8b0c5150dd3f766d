"""Speed and memory of the engines beside their peers; not part of the package. See README.md."""
