"""``python -m nisqdl``."""

from nisqdl.cli import main

if __name__ == "__main__":
    main(prog_name="nisqdl")
