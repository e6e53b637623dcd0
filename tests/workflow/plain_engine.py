"""The engine, with rules and wildcards printed for each job instead of the rules' messages."""

import sys

from snakemake.cli import main
from snakemake.logging import DefaultFormatter

with_message = DefaultFormatter.format_job_info


def without_message(self, msg):
    """What the engine prints of a job whose rule has no message."""
    return with_message(self, {**msg, "rule_msg": None})


DefaultFormatter.format_job_info = without_message

if __name__ == "__main__":
    sys.exit(main())
