"""Pictures of an organisation without a server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.ui.samples.person import sync_alone


def standing(**how: Any) -> Callable[[Any], None]:
    """For the door of a picture, before the window opens."""

    def before(door: Any) -> None:
        door.status = sync_alone(**how)

    return before


def shown(window: Any) -> None:
    """Scrolls the settings to the part about it."""
    page = window.frame.page
    page._parts["laptops"].ensureWidgetVisible(page.laptops.keeping, 0, 200)


def taking_over(window: Any) -> None:
    """The sheet before there is no way back."""
    window.frame.page.laptops.keeping.take_over.click()
