"""Who may open the records of an organisation without a server, in words: what is changed on one laptop alone, what others
propose to it, and how those who are closed or leave hear of it."""

from __future__ import annotations

from cmpp_desktop.ui.widgets import Banner, isolate
from cmpp_desktop.words import Words
from cmpp_desktop.workspace import WithoutServer

Lines = tuple[tuple[str, str], ...]  # sign and sentence


def kept_elsewhere(alone: WithoutServer | None) -> bool:
    """Whether an administrator at this laptop changes nothing of the list: another one keeps it."""
    return alone is not None and not alone.keeps


class KeptElsewhere(Banner):
    """For an administrator whose laptop does not keep the list; hidden elsewhere."""

    def __init__(self, words: Words) -> None:
        super().__init__("", tone="calm", icon="laptop")
        self._words = words
        self.hide()

    def show_for(self, alone: WithoutServer | None) -> None:
        """What is done on that laptop, and what from here."""
        self.setVisible(kept_elsewhere(alone))
        if alone is None or alone.keeps:
            return
        words = self._words
        there = words(
            "Only there people are invited, laptops closed, digits compared, rights changed, teams added and new kits made."
        )
        here = words(
            "From here it is proposed, and counts once a stick has brought it there: that this laptop leaves, that a file is"
            " destroyed, a legal hold or its end."
        )
        lost = words("If that laptop is lost, take over the list: Laptops, “Without a server”.")
        who = words("“{laptop}” keeps the list of laptops and rights.", laptop=_keeper(alone, words))
        self.tell(who, f"{there} {here} {lost}")


def closing(words: Words) -> Lines:
    """What happens when this laptop, which keeps the list, closes another."""
    return (
        ("lock-keyhole", words("The keys change here at once. A colleague’s laptop hears of it by the next stick from here.")),
        ("laptop", words("When a stick from here comes to the closed one it locks itself, and no passphrase opens it.")),
        (
            "shield-check",
            words(
                "What came from it by stick stays with the team. What it wrote and this laptop has not read waits for a decision."
            ),
        ),
        (
            "triangle-alert",
            words("There is no way back: who finds it again is invited anew. Until it hears of this, what is on it opens."),
        ),
    )


def closed(laptop: str, words: Words) -> str:
    """What has to be done once it is closed."""
    how = words("It is off the list. Write a stick now, and take it to every colleague’s laptop.")
    until = words("Where it has not been, what is written can still be opened by “{laptop}”.", laptop=laptop)
    return f"{how} {until}"


def leaving(alone: WithoutServer, words: Words) -> Lines:
    """What happens when this laptop, which does not keep the list, leaves."""
    return (
        ("send", words("What was written here up to now counts; what is written later waits for somebody’s decision.")),
        ("lock-keyhole", words("{way} Then it locks, and no passphrase opens it any more.", way=_round(alone, words))),
    )


def about_leaving(alone: WithoutServer, words: Words) -> str:
    """What stands beside the button."""
    if alone.keeps:
        return words("This laptop keeps the list. It can leave once another administrator’s laptop keeps it.")
    way = _round(alone, words)
    return words("When you stop working here, or hand this laptop back. {way} Other laptops of yours go on.", way=way)


def _round(alone: WithoutServer, words: Words) -> str:
    return words("Write a stick here, take it to “{laptop}”, and bring it back.", laptop=_keeper(alone, words))


def _keeper(alone: WithoutServer, words: Words) -> str:
    return isolate(alone.keeper) or words("A laptop without a name yet")
