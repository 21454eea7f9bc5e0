"""How the server says no: one exception, one shape, `{code, detail, time}` in canonical msgpack.

The codes are `cmpp_protocol.api.PROBLEMS`. A detail is for engineers and never holds content.
"""

from __future__ import annotations

from cmpp_protocol import api


class Refused(Exception):
    """A request that is answered with a problem code instead of an answer. `wait`: seconds after which it may come again
    (0: nothing is said about that)."""

    def __init__(self, code: str, detail: str = "", wait: int = 0) -> None:
        super().__init__(f"{code} {detail}".strip())
        if code not in api.PROBLEMS:
            raise AssertionError(f"unknown problem code {code}")
        self.code = code
        self.detail = detail
        self.wait = wait

    @property
    def status(self) -> int:
        """The HTTP status of the code."""
        return api.PROBLEMS[self.code]
