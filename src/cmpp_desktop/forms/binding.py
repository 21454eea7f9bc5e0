"""An interview as bytes: OpenRosa XML for submissions, and the whole state for a draft that is saved at every answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from lxml import etree

from cmpp_desktop.errors import KnownError
from cmpp_desktop.forms.definition import Instrument
from cmpp_desktop.forms.problems import Problem, refused
from cmpp_desktop.forms.tree import Node, from_element, parse_xml
from cmpp_desktop.forms.view import Marker
from cmpp_protocol import canon

MOST_INSTANCES = 5000  # of one repeat, in all
if TYPE_CHECKING:
    from cmpp_desktop.forms.interview import Interview

FORMAT = 1
ORX = "http://openrosa.org/xforms"


@dataclass(frozen=True)
class Saved:
    """What a draft holds."""

    tree: Node
    instance_id: UUID
    started: datetime
    markers: Mapping[str, Marker]
    notes: Mapping[str, str]
    current_ref: str


def save(interview: Interview) -> bytes:
    """Canonical msgpack: format, hash of the form, ids, markers, notes, the place, and the whole tree as XML."""
    return canon.pack(
        {
            "v": FORMAT,
            "form": interview.instrument.hash,
            "instance": interview.instance_id.bytes,
            "started": interview.started.isoformat(),
            "markers": dict(interview.markers),
            "notes": dict(interview.notes),
            "at": interview.current_ref,
            "tree": _xml(interview.document.children[0], everything=True),
        }
    )


def read_saved(data: bytes, form_hash: str) -> Saved:
    """What `save` wrote, for the same form. Raises KnownError file_unreadable or instrument_missing."""
    try:
        state = canon.unpack(data)
        if state["v"] != FORMAT:
            raise KnownError("update_first")
        if state["form"] != form_hash:
            raise KnownError("instrument_missing")
        return Saved(
            from_element(parse_xml(state["tree"].encode())), UUID(bytes=state["instance"]),
            datetime.fromisoformat(state["started"]), state["markers"], state["notes"], state["at"],
        )  # fmt: skip
    except (canon.NotCanonical, KeyError, TypeError, ValueError) as error:
        raise KnownError("file_unreadable", cause=type(error).__name__) from None


def submission(interview: Interview) -> str:
    """OpenRosa XML, with the form's id and version on the root and meta/instanceID."""
    top = interview.document.children[0]
    text = _xml(top, everything=False, attributes={"id": interview.instrument.form_id, "version": interview.instrument.version})
    if "<instanceID>" not in text:
        meta = f'<meta xmlns="{ORX}"><instanceID>uuid:{interview.instance_id}</instanceID></meta>'
        text = re.sub(r"</[^>]*>\Z|/>\Z", lambda end: _with_meta(end.group(0), top.name, meta), text)
    return text


def _with_meta(end: str, name: str, meta: str) -> str:
    return f">{meta}</{name}>" if end == "/>" else meta + end


def _xml(node: Node, *, everything: bool, attributes: Mapping[str, str] | None = None) -> str:
    element = _element(node, everything)
    for name, value in (attributes or {}).items():
        if value:
            element.set(name, value)
    return etree.tostring(element, encoding="unicode")


def _element(node: Node, everything: bool) -> etree._Element:
    element = etree.Element(node.name)
    for name, value in node.attributes.items() if node.parent is not None and node.parent.parent is not None else ():
        if ":" not in name:
            element.set(name, value)
    if not node.children:
        element.text = node.text or None
        if everything and node.kept is not None:
            element.set("kept", node.kept)
    for child in node.children:
        if everything or child.relevant:
            element.append(_element(child, everything))
    return element


def read_submission(xml: str) -> Node:
    """The tree of a submission. Raises InstrumentRefused for broken or hostile XML."""
    return from_element(parse_xml(xml.encode()))


def instance_id_of(tree: Node) -> UUID | None:
    """The UUID of meta/instanceID, when it is one."""
    for meta in tree.named("meta"):
        for item in meta.named("instanceID"):
            try:
                return UUID(item.text.removeprefix("uuid:"))
            except ValueError:
                return None
    return None


def fill(target: Node, source: Node, instrument: Instrument, above: str) -> None:
    """Puts the values of a tree into an instance, making as many instances of repeats as it has. Unknown names are left."""
    path = f"{above}/{target.name}"
    target.attributes.update((name, text) for name, text in source.attributes.items() if name in target.attributes and above)
    if not target.children:
        target.text = source.text
        target.kept = source.attributes.get("kept")
        return
    names = list(dict.fromkeys([child.name for child in target.children] + [child.name for child in source.children]))
    for name in names:
        here = f"{path}/{name}"
        there, wanted = target.named(name), source.named(name)
        if here in instrument.repeats:
            _repeat(target, name, len(wanted), instrument.repeats[here], instrument.shape[path])
            there = target.named(name)
        for mine, theirs in zip(there, wanted, strict=False):
            fill(mine, theirs, instrument, path)


def _repeat(parent: Node, name: str, count: int, template: Node, names: tuple[str, ...]) -> None:
    if count > MOST_INSTANCES:
        text = f"{name} is repeated more than {MOST_INSTANCES} times."
        raise refused(Problem("too_big", None, None, None, text, "Ask whoever sent it."))
    while len(parent.named(name)) > count:
        parent.remove(parent.named(name)[-1])
    while len(parent.named(name)) < count:
        parent.insert(parent.place_of(name, names), template.copy(parent))
