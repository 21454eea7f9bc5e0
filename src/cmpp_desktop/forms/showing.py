"""What an interview shows: its questions and choices as views, and texts in every language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cmpp_desktop.forms.definition import Bind, Control, Instrument, Label, Text
from cmpp_desktop.forms.expression import Expression
from cmpp_desktop.forms.places import InterviewContext, child_text, template_path, walk
from cmpp_desktop.forms.rules import Rules
from cmpp_desktop.forms.tree import Node
from cmpp_desktop.forms.values import Context, to_boolean, to_string
from cmpp_desktop.forms.view import ChoiceView, Marker, QuestionView, Texts

_TYPES = {"int": "integer", "dateTime": "datetime", "string": "text", "boolean": "text"}


class Showing(Rules):
    """The tree and its rules, and how they look."""

    def __init__(self, instrument: Instrument, context: InterviewContext) -> None:
        super().__init__(instrument, context)
        self.markers: dict[str, Marker] = {}
        self.notes: dict[str, str] = {}
        self.language = instrument.languages[0]  # of jr:choice-name, jr:itext and the follow-up; a screen may set it
        self._questions = tuple(item for item in walk(instrument.controls) if item.kind not in ("group", "repeat"))

    def _shown(self) -> Iterator[tuple[Control, Node]]:
        yield from self._below(self.instrument.controls, self.document)

    def _below(self, controls: tuple[Control, ...] | list[Control], parent: Node) -> Iterator[tuple[Control, Node]]:
        for control in controls:
            nodes = self._nodes_under(parent, control.path)
            if control.kind == "repeat":
                for node in nodes:
                    if node.is_relevant:
                        yield from self._below(control.children, node)
            elif control.kind == "group":
                if all(node.is_relevant for node in nodes):
                    yield from self._below(control.children, parent)
            else:
                for node in nodes:
                    if node.is_relevant:
                        yield control, node

    def _view(self, control: Control, node: Node) -> QuestionView:
        bind = self.instrument.binds.get(control.path) or Bind(control.path)
        ref = self.ref_of(node)
        marker, value = self.markers.get(ref), node.string
        required = bind.required is not None and to_boolean(self._value(bind.required, node))
        problem, message = None, Label()
        if node.is_relevant and marker is None and not self.reading:
            if value == "" and required:
                problem, message = "required", bind.required_message
            elif value != "" and bind.constraint is not None and not to_boolean(self._value(bind.constraint, node)):
                problem, message = "constraint", bind.constraint_message
        readonly = self._is(bind.readonly, node, "readonly")
        return QuestionView(
            ref=ref, name=node.name, type=_type_of(control, bind, readonly), appearance=control.appearance,
            labels=self._texts(control.label, node), hints=self._texts(control.hint, node), required=required,
            readonly=readonly, value=value, choices=self._options(control, node), problem=problem,  # type: ignore[arg-type]  # one of the two words above
            message=self._texts(message, node), marker=marker, note=self.notes.get(ref, ""), section_ref=control.section,
            required_message=self._texts(bind.required_message, node), parameters=control.parameters,
            relevant=node.is_relevant, calculated=bind.calculate is not None,
        )  # fmt: skip

    def _is(self, expression: Expression | None, node: Node, name: str) -> bool:
        """Whether a rule holds at a node; read-only is also inherited from groups."""
        if expression is not None and to_boolean(self._value(expression, node)):
            return True
        up = node.parent
        while up is not None and up.parent is not None:
            bind = self.instrument.binds.get(template_path(self.ref_of(up)))
            inherited = getattr(bind, name) if bind else None
            if inherited is not None and to_boolean(self._value(inherited, up)):
                return True
            up = up.parent
        return False

    def _options(self, control: Control, node: Node) -> tuple[ChoiceView, ...]:
        choices = control.choices
        if choices is None:
            return ()
        if choices.nodes is None:
            return tuple(ChoiceView(value, self._texts(label, node)) for value, label in choices.fixed)
        return tuple(
            ChoiceView(child_text(item, choices.value), self._texts(choices.label, item)) for item in self._items(choices, node)
        )

    def _in_words(self, question: QuestionView) -> Texts:
        if not question.choices:
            return self._all(question.value)
        chosen = question.value.split()
        names = {choice.value: choice.labels for choice in question.choices}
        return {
            language: ", ".join(names.get(value, {}).get(language) or value for value in chosen)
            for language in self.instrument.languages
        }

    # --- texts ----------------------------------------------------------------------------------------------------------------

    def _texts(self, label: Label, node: Node) -> Texts:
        texts: Mapping[str, Text] = label.texts
        if label.itext_child:
            texts = self.instrument.texts.get(child_text(node, label.itext_child), {})
        elif label.child:
            return self._all(child_text(node, label.child))
        return {language: self._say(pieces, node) for language, pieces in texts.items()}

    def _say(self, pieces: Text, node: Node) -> str:
        inside = node if node.root is self.document else self.document.children[0]
        said = [piece if isinstance(piece, str) else to_string(self._value(piece, inside)) for piece in pieces]
        return re.sub(r"[ \t]+", " ", "".join(said)).strip(" \t\r\n")

    def _all(self, text: str) -> Texts:
        return dict.fromkeys(self.instrument.languages, text)

    def choice_name(self, value: str, path: str, context: Context) -> str:
        """jr:choice-name: the label of a value among the choices of the question at `path`, in the first language."""
        wanted = path.strip().replace("'", "")
        control = next(
            (item for item in self._questions if item.path == wanted or item.path.endswith("/" + wanted.lstrip("./"))), None
        )
        nodes = self._nodes(control.path) if control is not None else []
        if control is None or not nodes:
            return ""
        labels = next((option.labels for option in self._options(control, nodes[0]) if option.value == value), {})
        return self._in_language(labels)

    def _in_language(self, texts: Texts) -> str:
        """A text in the current language, or in the first that has it."""
        return next((texts[code] for code in (self.language, *self.instrument.languages) if texts.get(code)), "")

    def itext(self, name: str, context: Context) -> str:
        """jr:itext: a text by its id, in the first language."""
        texts = self.instrument.texts.get(name, {})
        pieces = next((texts[code] for code in (self.language, *self.instrument.languages) if code in texts), ())
        return self._say(pieces, context.node)

    def _choice_labels(self, name: str, value: str) -> Texts | None:
        """The labels of a value in one of the form's lists (`bands`, `follow_ups`)."""
        holder = self.instrument.instances.get(name)
        for root in holder.children if holder else ():
            for item in root.children:
                if child_text(item, "name") == value:
                    texts = self.instrument.texts.get(child_text(item, "itextId"), {})
                    return {language: self._say(pieces, item) for language, pieces in texts.items()} or self._all(
                        child_text(item, "label")
                    )
        return None


def _type_of(control: Control, bind: Bind, readonly: bool) -> str:
    if control.kind == "input":
        if readonly and bind.type == "string" and bind.calculate is None and not control.parameters.get("query"):
            return "note"
        return _TYPES.get(bind.type, bind.type)
    if control.kind == "upload":
        return control.parameters.get("mediatype", "").split("/")[0].replace("application", "file").replace("*", "file") or "file"
    return {"select1": "select_one", "select": "select_multiple", "trigger": "acknowledge"}.get(control.kind, control.kind)
