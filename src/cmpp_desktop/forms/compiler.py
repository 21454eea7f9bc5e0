"""An XForm, parsed once into an `Instrument` that never changes: the model, its rules as closures, and who depends on whom.

Conventions of ours, which pyxform passes through: the settings sheet has `namespaces` = `cmpp="https://cmpp.invalid/xforms"`;
a column `bind::cmpp:outcome` names what a question is for the result (`score`, `band`, `follow_up`, or `alert:<kind>`), where
an alert is on when its value is neither empty, 0 nor false; the lists of choices `bands` and `follow_ups` put the band and the
follow-up into words; columns `attribute::cmpp:…` of the settings sheet are the
instrument's card (source, licence, status, compartment…). Other settings of ODK mean what they mean there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from lxml import etree

from cmpp_desktop.forms.definition import Bind, Choices, Control, Instrument, Label, SetValue, Text
from cmpp_desktop.forms.dependencies import link
from cmpp_desktop.forms.expression import Expression, compile
from cmpp_desktop.forms.functions import FUNCTIONS
from cmpp_desktop.forms.interview import Interview
from cmpp_desktop.forms.places import InterviewContext
from cmpp_desktop.forms.problems import InstrumentRefused, Problem, refused
from cmpp_desktop.forms.resources import external
from cmpp_desktop.forms.tree import MAX_NODES, Node, from_element, local, parse_xml
from cmpp_desktop.forms.values import ExpressionError

XF = "{http://www.w3.org/2002/xforms}"
JR = "{http://openrosa.org/javarosa}"
CMPP = "{https://cmpp.invalid/xforms}"
CONTROLS = ("group", "repeat", "input", "select1", "select", "upload", "range", "trigger", "rank")
OUTCOMES = ("score", "band", "follow_up")
_LANGUAGE = re.compile(r"\(([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)\)\s*\Z")
_ITEXT = re.compile(r"jr:itext\(\s*(?:'([^']*)'|\"([^\"]*)\"|([\w.\-]+))\s*\)\s*\Z")


def compile_instrument(xform: str, resources: Mapping[str, bytes] | None = None) -> Instrument:
    """The instrument of an XForm. `resources`: files that it names (jr://…/name) by name. Raises InstrumentRefused."""
    return _Compiler(xform, resources or {}).compile()


def language_code(name: str) -> str:
    """ "Español (es)" → "es"; a name without a code stands for itself."""
    found = _LANGUAGE.search(name)
    return found.group(1) if found else ("en" if name == "default" else name)


class _Compiler:
    def __init__(self, xform: str, resources: Mapping[str, bytes]) -> None:
        self.xform, self.resources = xform, resources
        self.problems: list[Problem] = []
        self.binds: dict[str, Bind] = {}
        self.repeats: dict[str, Node] = {}
        self.shape: dict[str, tuple[str, ...]] = {}
        self.actions: list[SetValue] = []
        self.texts: dict[str, dict[str, Text]] = {}
        self.languages: list[str] = []
        self.expressions: list[tuple[Expression, str]] = []
        self.ids: dict[str, str] = {}  # of binds

    def compile(self) -> Instrument:
        data = self.xform.encode()
        root = parse_xml(data)
        model = next(root.iter(XF + "model"), None)
        body = next((item for item in root.iter() if isinstance(item.tag, str) and local(item.tag) == "body"), None)
        primary = None if model is None else model.find(XF + "instance")
        if model is None or body is None or primary is None or not len(primary):
            raise refused(Problem("not_a_form", None, None, None, "This is not an XForm.", "Convert an XLSForm."))
        top = primary[0]
        self.template = Node("#document")
        self.template.children = [from_element(top, self.template)]
        if sum(1 for _ in self.template.walk()) > MAX_NODES:
            raise refused(Problem("too_big", None, None, None, "The form has too many questions.", "Split it."))
        self._take_templates(self.template)
        self._itext(model)
        instances = self._instances(model)
        for element in model.findall(XF + "bind"):
            self._bind(element)
        for element in model:
            if isinstance(element.tag, str) and local(element.tag) == "setvalue":
                self._action(element, "")
        controls = tuple(self._controls(body, f"/{local(top.tag)}"))
        card = {local(key): str(value) for key, value in top.attrib.items() if str(key).startswith(CMPP)}
        made = Instrument(
            form_id=str(top.get("id") or local(top.tag)), version=str(top.get("version") or ""),
            hash=hashlib.sha256(data).hexdigest(), title=_title(root), languages=tuple(self.languages) or ("en",), card=card,
            template=self.template, binds=self.binds, controls=controls, texts=self.texts, instances=instances,
            actions=tuple(self.actions), repeats=self.repeats, shape=self.shape,
        )  # fmt: skip
        if not self.problems:
            self._link(made)
        if self.problems:
            raise InstrumentRefused(tuple(self.problems))
        return made

    # model

    def _take_templates(self, node: Node, path: str = "") -> None:
        """Keeps what a new instance of each repeat looks like, and removes the templates from the tree."""
        names = dict.fromkeys([*self.shape.get(path, ()), *(child.name for child in node.children)])
        self.shape[path] = tuple(names)
        for child in list(node.children):
            here = f"{path}/{child.name}"
            if "template" in child.attributes:
                child.attributes.pop("template")
                self._take_templates(child, here)
                self.repeats[here] = child.copy(None)
                node.remove(child)
            else:
                self._take_templates(child, here)

    def _itext(self, model: etree._Element) -> None:
        for translation in model.iterfind(f"{XF}itext/{XF}translation"):
            language = language_code(str(translation.get("lang")))
            if language not in self.languages:
                first = translation.get("default", "false()") != "false()"
                self.languages.insert(0 if first else len(self.languages), language)
            for text in translation.iterfind(XF + "text"):
                for value in text.iterfind(XF + "value"):
                    if value.get("form") in (None, "long", "guidance"):
                        name = str(text.get("id")) + ("#guidance" if value.get("form") == "guidance" else "")
                        self.texts.setdefault(name, {})[language] = self._pieces(value, str(text.get("id")))

    def _pieces(self, element: etree._Element, where: str) -> Text:
        pieces: list[str | Expression] = [element.text or ""]
        for child in element:
            if isinstance(child.tag, str) and local(child.tag) == "output":
                made = self._expression(str(child.get("value") or child.get("ref") or ""), where.split(":")[0], "label")
                if made is not None:
                    pieces.append(made)
            elif isinstance(child.tag, str):
                pieces.append("".join(str(part) for part in child.itertext()))
            pieces.append(child.tail or "")
        return tuple(piece for piece in pieces if piece != "")

    def _instances(self, model: etree._Element) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for element in model.findall(XF + "instance")[1:]:
            name, source = str(element.get("id") or ""), element.get("src")
            holder = Node("instance", attributes={"id": name})
            if len(element):
                holder.children = [from_element(element[0], holder)]
            elif source:
                file_name = source.rsplit("/", 1)[-1]
                if source.endswith("last-saved"):
                    holder.children = [self.template.children[0].copy(holder)]
                elif file_name in self.resources:
                    holder.children = [external(file_name, self.resources[file_name], holder)]
                else:
                    text = f"The form needs the file {file_name}, which is not here."
                    self._problem("file_missing", name, "", text, "Import the form together with the file.")
            found[name] = holder
        return found

    def _bind(self, element: etree._Element) -> None:
        path = self._place(str(element.get("nodeset") or ""), f"/{self.template.children[0].name}")
        if element.get("id"):
            self.ids[str(element.get("id"))] = path
        bind = Bind(path, type=local(str(element.get("type") or "string")))
        for name in ("relevant", "calculate", "constraint", "required", "readonly"):
            text = element.get(name)
            if text and text.strip():
                setattr(bind, name, self._expression(text, path, name))
        bind.constraint_message = self._message(element.get(JR + "constraintMsg"))
        bind.required_message = self._message(element.get(JR + "requiredMsg"))
        bind.preload, bind.preload_params = str(element.get(JR + "preload") or ""), str(element.get(JR + "preloadParams") or "")
        bind.outcome = str(element.get(CMPP + "outcome") or "")
        if bind.outcome and bind.outcome not in OUTCOMES and not bind.outcome.startswith("alert:"):
            text = f"“{bind.outcome}” is not an outcome."
            self._problem("outcome_unknown", path, "bind::cmpp:outcome", text, "Use score, band, follow_up or alert:<kind>.")
        self.binds[path] = bind

    def _message(self, text: str | None) -> Label:
        if not text:
            return Label()
        found = _ITEXT.match(text.strip())
        if found:
            return Label(self.texts.get(found.group(1) or found.group(2) or "", {}))
        return Label(dict.fromkeys(self.languages or ["en"], (text,)))

    def _place(self, ref: str, above: str) -> str:
        """The template path of a ref: absolute, without the prefixes of names and without predicates."""
        bare = re.sub(r"\[[^\]]*\]", "", ref.strip())
        bare = bare if bare.startswith("/") else (f"{above}/{bare.removeprefix('./')}" if bare not in ("", ".") else above)
        parts = [part.rsplit(":", 1)[-1] for part in bare.split("/")]
        while ".." in parts:
            at = parts.index("..")
            del parts[max(at - 1, 1) : at + 1]
        return "/".join(parts)

    def _action(self, element: etree._Element, source: str, above: str = "") -> None:
        named = self.ids.get(str(element.get("bind") or ""))
        written = named or str(element.get("ref") or "")
        ref = self._place(written, above or f"/{self.template.children[0].name}")
        target = self._expression(written, ref, "trigger") if "[" in written else None
        text = element.get("value")
        value = self._expression(text, ref, "calculation") if text and text.strip() else None
        if value is None and element.text:
            literal = element.text.replace("'", "’")
            value = self._expression(f"'{literal}'", ref, "calculation")
        for event in str(element.get("event") or "").split():
            placed = event in ("xforms-value-changed", "odk-new-repeat")
            if event == "odk-new-repeat" and not above:
                text = "An action for new repeats stands outside of a repeat."
                self._problem("not_supported", ref, "trigger", text, "Put it inside the repeat.")
            self.actions.append(SetValue(event, ref, value, source if placed else "", target))

    # body

    def _controls(self, parent: etree._Element, path: str, section: str = "") -> list[Control]:
        found = []
        for element in parent.iterchildren(tag=etree.Element):
            kind = local(element.tag)
            if kind in CONTROLS:
                found.append(self._control(kind, element, path, section))
            elif kind not in ("label", "hint", "setvalue", "item", "itemset", "value"):
                self._problem("not_supported", path, "type", f"“{kind}” is not supported.", "Remove it or use a text question.")
        return found

    def _control(self, kind: str, element: etree._Element, path: str, section: str) -> Control:
        ref = str(element.get("ref") or element.get("nodeset") or element.get("bind") or "")
        here = self._place(self.ids.get(str(element.get("bind") or ""), ref), path)
        control = Control(kind, here, appearance=str(element.get("appearance") or ""), section=section)
        control.label = self._label(element.find(XF + "label"), here)
        control.hint = self._label(element.find(XF + "hint"), here)
        if kind in ("group", "repeat"):
            own = section or (here if ref else "")
            if kind == "repeat":
                self._repeat(control, element)
            control.children = self._controls(element, here, own if kind == "group" else section or here)
            self._nested_actions(element, here)
            return control
        if control.appearance.startswith("search(") or " search(" in control.appearance:
            text = "Choices by search() are not supported."
            self._problem("not_supported", here, "appearance", text, "Use select_one_from_file with a choice filter.")
        control.parameters = {
            local(key): str(value)
            for key, value in element.attrib.items()
            if local(key) not in ("ref", "appearance", "bind", "query")
        }
        if kind in ("select1", "select", "rank"):
            control.choices = self._choices(element, here)
        self._nested_actions(element, here)
        return control

    def _nested_actions(self, element: etree._Element, here: str) -> None:
        for child in element:
            if isinstance(child.tag, str) and local(child.tag) == "setvalue":
                self._action(child, here, here)

    def _repeat(self, control: Control, element: etree._Element) -> None:
        count = element.get(JR + "count")
        if count:
            control.count = self._expression(count, control.path, "repeat_count")
        control.fixed_count = str(element.get(JR + "noAddRemove") or "").startswith("true")
        if control.path not in self.repeats:
            nodes = self._template_nodes(control.path)
            if nodes:
                self.repeats[control.path] = nodes[0].copy(None)

    def _template_nodes(self, path: str) -> list[Node]:
        nodes = [self.template]
        for name in path.split("/")[1:]:
            nodes = [child for node in nodes for child in node.named(name)]
        return nodes

    def _label(self, element: etree._Element | None, path: str) -> Label:
        if element is None:
            return Label()
        ref = element.get("ref")
        if ref:
            found = _ITEXT.match(ref.strip())
            if found and found.group(3):
                return Label(itext_child=found.group(3))
            if found:
                return Label(self.texts.get(found.group(1) or found.group(2) or "", {}))
            return Label(child=ref)
        pieces = self._pieces(element, path)
        return Label(dict.fromkeys(self.languages or ["en"], pieces))

    def _choices(self, element: etree._Element, path: str) -> Choices:
        itemset = element.find(XF + "itemset")
        if itemset is not None:
            value, label = itemset.find(XF + "value"), itemset.find(XF + "label")
            nodes = self._expression(str(itemset.get("nodeset")), path, "choice_filter")
            return Choices(nodes, str(value.get("ref")) if value is not None else "name", self._label(label, path))
        fixed = []
        for item in element.iterfind(XF + "item"):
            value = item.find(XF + "value")
            fixed.append(((value.text or "").strip() if value is not None else "", self._label(item.find(XF + "label"), path)))
        query = element.get("query")
        if query:
            nodes = self._expression(query, path, "choice_filter")
            return Choices(nodes, "name", Label(child="label"))
        return Choices(fixed=tuple(fixed))

    # expressions and who depends on whom

    def _expression(self, text: str, path: str, column: str) -> Expression | None:
        try:
            made = compile(text, FUNCTIONS)
            self.expressions.append((made, path))
            return made
        except ExpressionError as error:
            self._problem("expression", path, column, f"{error} (in “{text.strip()}”).", "Correct the expression.")
            return None

    def _problem(self, code: str, path: str, column: str, text: str, remedy: str) -> None:
        name = path.rstrip("/").rsplit("/", 1)[-1]
        self.problems.append(Problem(code, "survey", None, column or None, f"{name}: {text}" if name else text, remedy))

    def _link(self, made: Instrument) -> None:
        self.problems.extend(link(made))
        if not self.problems:
            for path, why in Interview(made, _nobody(), fresh=False).faults(self.expressions):
                self._problem("expression", path, "", f"{why}.", "Correct the expression.")


def _nobody() -> InterviewContext:
    """Where a form is tried before anyone fills it in: nothing of it is kept."""
    return InterviewContext(lambda: datetime(2000, 1, 1, tzinfo=UTC), lambda: UUID(int=0), bytes)


def _title(root: etree._Element) -> str:
    found = next((item for item in root.iter() if isinstance(item.tag, str) and local(item.tag) == "title"), None)
    return (found.text or "").strip() if found is not None else ""
