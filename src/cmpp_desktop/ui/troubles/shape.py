"""What is said of a trouble: what happened, what is safe, what to do, and how loudly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from cmpp_desktop.words import Words

Level = Literal["field", "banner", "stop"]  # beside the field; across the page while work goes on; in the way
Said = tuple[str, str, str, Level]
Table = Mapping[str, Callable[[Words, Mapping[str, Any]], Said]]  # by the code of a KnownError; the facts of it go in
