"""A laptop on which Ana and Leon work, each with a sample door of their own."""

from __future__ import annotations

from pathlib import Path

from cmpp_desktop.workspace import Greeting, Workspace
from cmpp_desktop.workspace.laptop import Laptop, PersonHere
from tests.ui.samples.door import SampleDoor


class LeonsDoor(SampleDoor):
    """What stands before Leon's records."""

    def greeting(self) -> Greeting:
        return Greeting("Leon Brandt", "Front desk", "Lantern Street Services", self.wait_seconds, shut=self.shut)


class Several(Laptop):
    """`folder`: an empty folder. `alone`: only Ana has joined."""

    def __init__(self, folder: Path, *, alone: bool = False) -> None:
        self.ana, self.leon, self.new = SampleDoor(state="locked"), LeonsDoor(state="locked"), SampleDoor(state="new")
        self.base, self.alone = folder, alone
        self.doors: dict[Path, Workspace] = {folder: self.ana, folder / "leon": self.leon, folder / "new": self.new}
        super().__init__(folder, lambda place: self.doors[place])

    def people(self) -> tuple[PersonHere, ...]:
        everybody = [PersonHere(self.base, "AM", "Blue ThinkPad"), PersonHere(self.base / "leon", "Night shift", "Front desk")]
        if self.leon.state() == "new":
            return tuple(everybody[:1])
        return tuple(everybody[:1] if self.alone else everybody)

    def newcomer(self) -> Workspace:
        return self.turn_to(self.base / "new")
