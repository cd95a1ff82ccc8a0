"""Exit with a clear message when this Python cannot make the environment. Runs on any Python 3."""

import sys


def main():
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        found = ".".join(map(str, sys.version_info[:3]))
        sys.exit("error: Python 3.11 to 3.13 is needed, this is " + found + ". Name one: make PYTHON=python3.12 ...")
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        sys.exit("error: this Python cannot make environments. On Debian or Ubuntu: sudo apt install python3-venv")


main()
