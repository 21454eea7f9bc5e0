"""Pictures of laptops that are closed or leave, and of an organisation without a server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cmpp_desktop.ui.pages.close_laptop import CloseLaptop
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


def leaving(window: Any) -> None:
    """The sheet before a laptop leaves."""
    window.frame.page.laptops.leave.click()


def closing(window: Any) -> None:
    """The sheet before a laptop is closed."""
    window.frame.page.laptops._close_laptop("b" * 64)


def closed(window: Any) -> None:
    """It is closed."""
    window.findChildren(CloseLaptop)[0].do_it.click()
