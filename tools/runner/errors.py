# SPDX-License-Identifier: MIT
"""The one kind of failure that the runner explains in a sentence and ends with a status for."""


class RunnerError(Exception):
    """What to tell the user; `status` is what the runner ends with (2: asked for wrongly or
    impossible here; 125: the machine gave no verdict)."""

    def __init__(self, message, status=2):
        super().__init__(message)
        self.status = status
