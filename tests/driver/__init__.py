"""Drives the real program from another process: real keystrokes in, what stands on the screen out.

`host` runs inside the driven process and reads lines of JSON from its standard input; `Laptop` is the other end. It is
not part of the program that is shipped.
"""

from tests.driver.laptop import Laptop, NotSeen

__all__ = ["Laptop", "NotSeen"]
