"""`llemma VERB`: finds the verb's module, and turns errors into one line and an exit code."""

import errno
import importlib
import sys

import click

import llemma
from llemma.errors import LlemmaError

VERBS = ("data", "train", "eval", "grade", "vote", "diff", "prove", "suggest", "check", "lean", "report", "doctor")

EXIT_USER_ERROR = 2

_OUTPUT_ERRORS = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.EFBIG,
    errno.ENOTDIR,
    errno.EEXIST,
}


class _Verbs(click.Group):
    """Imports a verb's module when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        if name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"llemma.cli.{name}").command
        return command


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(llemma.__version__, prog_name="llemma")
def cli() -> None:
    """Build, train, evaluate and examine language models for mathematics."""


def main() -> None:
    """Run the command line. Exit 0: good; 1: it ran but failed; 2: the user can cure it; 130: interrupted."""
    try:
        cli(prog_name="llemma")
    except LlemmaError as error:
        _fail(str(error), error.exit_code)
    except OSError as error:
        if error.errno not in _OUTPUT_ERRORS:
            raise
        _fail(f"cannot write {error.filename or 'the output'}: {error.strerror}. Choose another --out", EXIT_USER_ERROR)


def _fail(message: str, code: int) -> None:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(code)
