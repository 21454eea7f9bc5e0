"""The instance: a tree of named nodes with text, as XForms and XPath see it. Plain data, no rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lxml import etree

from cmpp_desktop.forms.problems import Problem, refused

XML = "{http://www.w3.org/XML/1998/namespace}"
MAX_BYTES = 50 * 1024 * 1024
MAX_NODES = 200_000


@dataclass(eq=False)
class Node:
    """One element (or attribute, when `attribute`). `relevant` is its own answer; `is_relevant` counts its parents."""

    name: str
    parent: Node | None = None
    text: str = ""
    children: list[Node] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    attribute: bool = False
    relevant: bool = True
    kept: str | None = None  # a selection whose option is filtered out just now; it comes back with the option
    _index: dict[str, list[Node]] | None = None

    @property
    def is_relevant(self) -> bool:
        node: Node | None = self
        while node is not None:
            if not node.relevant:
                return False
            node = node.parent
        return True

    @property
    def string(self) -> str:
        """XPath's string-value; what is not relevant reads as empty."""
        if not self.children:
            return self.text if self.is_relevant else ""
        return "".join(leaf.string for leaf in self.leaves())

    def put(self, text: str) -> None:
        """Sets the text; of an attribute also where its element holds it."""
        self.text = text
        if self.attribute and self.parent is not None:
            self.parent.attributes[self.name] = text

    @property
    def root(self) -> Node:
        node = self
        while node.parent is not None:
            node = node.parent
        return node

    def leaves(self) -> Iterator[Node]:
        for child in self.children:
            if child.children:
                yield from child.leaves()
            else:
                yield child

    def walk(self) -> Iterator[Node]:
        """Itself and everything below, in document order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def named(self, name: str) -> list[Node]:
        """The children of a name, in order."""
        if self._index is None:
            self._index = {}
            for child in self.children:
                self._index.setdefault(child.name, []).append(child)
        return self._index.get(name, [])

    def insert(self, at: int, child: Node) -> None:
        """Puts a child at a place among the children."""
        child.parent = self
        self.children.insert(at, child)
        self._index = None

    def place_of(self, name: str, names: Sequence[str]) -> int:
        """Where one more child of a name belongs, when children stand in the order of `names`."""
        before = set(names[: names.index(name) + 1]) if name in names else {child.name for child in self.children}
        return max((at + 1 for at, child in enumerate(self.children) if child.name in before), default=0)

    def remove(self, child: Node) -> None:
        """Takes a child out."""
        self.children = [item for item in self.children if item is not child]
        self._index = None

    def copy(self, parent: Node | None) -> Node:
        """A deep copy under another parent."""
        made = Node(self.name, parent, self.text, [], dict(self.attributes))
        made.children = [child.copy(made) for child in self.children]
        return made


def parse_xml(data: bytes) -> etree._Element:
    """The root of hostile XML: no entities, no network, no document type, bounded. Raises InstrumentRefused."""
    if len(data) > MAX_BYTES:
        raise refused(Problem("too_big", "", None, "", "The XML is larger than 50 MB.", "Split the form."))
    if b"<!DOCTYPE" in data[:4096] or b"<!ENTITY" in data:
        raise refused(Problem("xml_doctype", "", None, "", "The file declares a document type or entities.", "Remove them."))
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True,
                             remove_pis=True)  # fmt: skip
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise refused(
            Problem("xml_broken", "", error.lineno, "", f"The XML is broken: {error.msg}.", "Export it again.")
        ) from None


def from_element(element: etree._Element, parent: Node | None = None) -> Node:
    """A tree of nodes from XML. Namespaces of elements are left out; attributes keep their local names."""
    attributes = {_attribute(str(key)): str(value) for key, value in element.attrib.items()}
    node = Node(local(element.tag), parent, attributes=attributes)
    node.children = [from_element(child, node) for child in element if isinstance(child.tag, str)]
    if not node.children:
        node.text = element.text or ""
    return node


def _attribute(name: str) -> str:
    return "xml:" + name[len(XML) :] if name.startswith(XML) else local(name)


def local(tag: object) -> str:
    """The name without its namespace."""
    return str(tag).rsplit("}", 1)[-1]
