"""The Unicode bidirectional algorithm (UAX #9, revision 48): which way each character of a paragraph runs.

`resolve(text, base)` gives the paragraph's level and one embedding level a character; `line_levels` applies rule L1 to a
line; `visual_order` is rule L2. Pure functions of text; isolates, embeddings, overrides and paired brackets included.
Characters that rule X9 removes keep the level of their neighbour, as section 5.2 of the annex allows.
"""

from __future__ import annotations

import re
from bisect import insort
from collections.abc import Sequence
from unicodedata import bidirectional, category, mirrored, normalize

from bidi.mirror import MIRRORED

MAX_DEPTH = 125
LRI, RLI, FSI, PDI = "\u2066", "\u2067", "\u2068", "\u2069"
CONTROLS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_ISOLATES = ("LRI", "RLI", "FSI")
_REMOVED = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "BN"})
_NEUTRAL = frozenset({"B", "S", "WS", "ON", "LRI", "RLI", "FSI", "PDI"})
# Where an odd level could begin: right-to-left scripts and the formatting characters that mean right to left. Without any
# of these, isolates and embeddings in a left-to-right paragraph have even levels only, which changes nothing to be seen.
_MAY_TURN = re.compile(
    "[\u0590-\u08ff\u200f\u202b\u202e\u2067\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


def turns(text: str) -> bool:
    """Whether a left-to-right paragraph with this text holds anything that runs the other way."""
    return _MAY_TURN.search(text) is not None


def first_strong(text: str) -> int | None:
    """Rules P2 and P3: 0 or 1 by the first strong character outside isolates; None when there is none."""
    depth = 0
    for char in text:
        kind = bidirectional(char)
        if kind in _ISOLATES:
            depth += 1
        elif kind == "PDI":
            depth = max(depth - 1, 0)
        elif depth == 0:
            if kind == "L":
                return 0
            if kind in ("R", "AL"):
                return 1
    return None


def resolve(text: str, base: int | None = None) -> tuple[int, list[int]]:
    """The paragraph level and one embedding level a character. `base` None: by the first strong character, else 0.

    Where nothing can run from right to left, all levels are given as 0 (strictly, an isolate's would be 2): it looks the same.
    """
    if base is None:
        base = (first_strong(text) or 0) if turns(text) else 0
    if base == 0 and not turns(text):
        return 0, [0] * len(text)
    types = [bidirectional(char) or "L" for char in text]
    pairs = _isolate_pairs(types)
    levels = _explicit(text, types, base, pairs)
    for sequence, sos, eos in _sequences(types, levels, base, pairs):
        _weak(types, sequence, sos)
        _brackets(text, types, levels, sequence, sos)
        _neutral(types, levels, sequence, sos, eos)
        for i in sequence:
            odd = levels[i] & 1
            if types[i] == ("L" if odd else "R"):
                levels[i] += 1
            elif types[i] in ("AN", "EN"):
                levels[i] += 1 if odd else 2
    for i, kind in enumerate(types):
        if kind in _REMOVED:
            levels[i] = levels[i - 1] if i else base
    return base, levels


def line_levels(text: str, levels: Sequence[int], base: int) -> list[int]:
    """Rule L1 for one line: separators, and white space before them or at the end, return to the paragraph's level."""
    out = list(levels)
    reset = True
    for i in range(len(text) - 1, -1, -1):
        kind = bidirectional(text[i])
        if kind in ("S", "B"):
            out[i] = base
            reset = True
        elif kind == "WS" or kind in _ISOLATES or kind == "PDI" or kind in _REMOVED:
            if reset:
                out[i] = base
        else:
            reset = False
    return out


def visual_order(levels: Sequence[int]) -> list[int]:
    """Rule L2: the indices from left to right, for characters or for runs of one level."""
    order = list(range(len(levels)))
    if not levels or max(levels) == 0:
        return order
    odd = [level for level in levels if level & 1]
    for level in range(max(levels), (min(odd) if odd else max(levels) + 1) - 1, -1):
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and levels[order[end]] >= level:
                end += 1
            order[start:end] = order[start:end][::-1]
            start = end + 1
    return order


def _isolate_pairs(types: Sequence[str]) -> dict[int, int]:
    """BD9: each isolate initiator's matching PDI (the length of the text when it has none), and each PDI's initiator."""
    pairs: dict[int, int] = {}
    open_: list[int] = []
    for i, kind in enumerate(types):
        if kind in _ISOLATES:
            open_.append(i)
        elif kind == "PDI" and open_:
            pairs[i] = open_.pop()
            pairs[pairs[i]] = i
    for i in open_:
        pairs[i] = len(types)
    return pairs


def _explicit(text: str, types: list[str], base: int, pairs: dict[int, int]) -> list[int]:
    """Rules X1 to X8; `types` are overridden in place."""
    stack: list[tuple[int, str, bool]] = [(base, "", False)]
    overflow_isolates = overflow_embeddings = valid_isolates = 0
    levels: list[int] = []
    for i, kind in enumerate(types):
        level, override, _ = stack[-1]
        if kind in ("LRE", "RLE", "LRO", "RLO") or kind in _ISOLATES:
            isolate = kind in _ISOLATES
            right = kind[0] == "R"
            if kind == "FSI":
                right = first_strong(text[i + 1 : pairs[i]]) == 1
            levels.append(level)
            if isolate and override:
                types[i] = override
            new = (level + 1) | 1 if right else (level + 2) & ~1
            if new <= MAX_DEPTH and not overflow_isolates and not overflow_embeddings:
                valid_isolates += isolate
                stack.append((new, kind[0] if kind.endswith("O") else "", isolate))
            elif isolate:
                overflow_isolates += 1
            elif not overflow_isolates:
                overflow_embeddings += 1
        elif kind == "PDI":
            if overflow_isolates:
                overflow_isolates -= 1
            elif valid_isolates:
                overflow_embeddings = 0
                while not stack[-1][2]:
                    stack.pop()
                stack.pop()
                valid_isolates -= 1
            levels.append(stack[-1][0])
            if stack[-1][1]:
                types[i] = stack[-1][1]
        elif kind == "PDF":
            levels.append(level)
            if not overflow_isolates:
                if overflow_embeddings:
                    overflow_embeddings -= 1
                elif not stack[-1][2] and len(stack) > 1:
                    stack.pop()
        elif kind == "B":
            levels.append(base)
        else:
            levels.append(level)
            if override and kind != "BN":
                types[i] = override
    return levels


def _sequences(
    types: Sequence[str], levels: Sequence[int], base: int, pairs: dict[int, int]
) -> list[tuple[list[int], str, str]]:
    """Rule X10: isolating run sequences without the removed characters, each with its sos and eos ("L" or "R")."""
    kept = [i for i, kind in enumerate(types) if kind not in _REMOVED]
    runs: list[list[int]] = []
    for i in kept:
        if runs and levels[runs[-1][-1]] == levels[i]:
            runs[-1].append(i)
        else:
            runs.append([i])
    begins = {run[0]: run for run in runs}
    place = {i: n for n, i in enumerate(kept)}
    out = []
    for run in runs:
        if run[0] in pairs and pairs[run[0]] < run[0]:
            continue  # begins with a PDI that matches: it goes on from its initiator's run
        sequence = list(run)
        while (end := pairs.get(sequence[-1], -1)) > sequence[-1] and end < len(types) and end in begins:
            sequence += begins[end]
        level = levels[sequence[0]]
        before = place[sequence[0]] - 1
        previous = levels[kept[before]] if before >= 0 else base
        after = place[sequence[-1]] + 1
        last_opens = pairs.get(sequence[-1], -1) >= len(types)
        following = levels[kept[after]] if after < len(kept) and not last_opens else base
        out.append((sequence, _side(max(level, previous)), _side(max(level, following))))
    return out


def _side(level: int) -> str:
    return "R" if level & 1 else "L"


def _weak(types: list[str], sequence: Sequence[int], sos: str) -> None:
    """Rules W1 to W7."""
    previous = strong = sos
    for i in sequence:  # W1, W2, W3
        kind = types[i]
        if kind == "NSM":
            kind = "ON" if previous in (*_ISOLATES, "PDI") else previous
        previous = kind
        if kind == "EN" and strong == "AL":
            kind = "AN"
        elif kind in ("L", "R", "AL"):
            strong = kind
        types[i] = kind
    for i in sequence:
        if types[i] == "AL":
            types[i] = "R"
    for n in range(1, len(sequence) - 1):  # W4
        before, kind, after = (types[i] for i in sequence[n - 1 : n + 2])
        if before == after and ((kind in ("ES", "CS") and before == "EN") or (kind == "CS" and before == "AN")):
            types[sequence[n]] = before
    n = 0
    while n < len(sequence):  # W5
        if types[sequence[n]] == "ET":
            end = n
            while end < len(sequence) and types[sequence[end]] == "ET":
                end += 1
            near = (n > 0 and types[sequence[n - 1]] == "EN") or (end < len(sequence) and types[sequence[end]] == "EN")
            for i in sequence[n:end]:
                types[i] = "EN" if near else "ON"
            n = end
        else:
            n += 1
    strong = sos
    for i in sequence:  # W6, W7
        if types[i] in ("ES", "CS", "ET"):
            types[i] = "ON"
        elif types[i] in ("L", "R"):
            strong = types[i]
        elif types[i] == "EN" and strong == "L":
            types[i] = "L"


def _strong(kind: str) -> str:
    """A type as rules N0 to N2 see it: numbers count as R; "" when neutral."""
    return "R" if kind in ("R", "EN", "AN") else "L" if kind == "L" else ""


def _brackets(text: str, types: list[str], levels: Sequence[int], sequence: Sequence[int], sos: str) -> None:
    """Rule N0: both brackets of a pair take the direction of what they enclose, or of what comes before them."""
    found = _bracket_pairs(text, types, sequence)
    for opening, closing in found:
        embedding = _side(levels[sequence[opening]])
        inside = {_strong(types[i]) for i in sequence[opening + 1 : closing]}
        if embedding in inside:
            side = embedding
        elif inside - {""}:
            context = next((s for i in reversed(sequence[:opening]) if (s := _strong(types[i]))), sos)
            side = context if context != embedding else embedding
        else:
            continue
        for n in (opening, closing):
            types[sequence[n]] = side
            for i in sequence[n + 1 :]:  # marks that W1 had made neutral like their bracket follow it
                if bidirectional(text[i]) != "NSM":
                    break
                types[i] = side


def _bracket_pairs(text: str, types: Sequence[str], sequence: Sequence[int]) -> list[tuple[int, int]]:
    """BD16: pairs of positions in the sequence, in the order of their opening brackets; none when nested over 63 deep."""
    open_: list[tuple[str, int]] = []
    pairs: list[tuple[int, int]] = []
    for n, i in enumerate(sequence):
        char = text[i]
        if types[i] != "ON" or not mirrored(char) or char not in MIRRORED:
            continue
        shape = category(char)
        if shape == "Ps":
            if len(open_) == 63:
                return []
            open_.append((normalize("NFC", MIRRORED[char]), n))
        elif shape == "Pe":
            for at in range(len(open_) - 1, -1, -1):
                if open_[at][0] == normalize("NFC", char):
                    insort(pairs, (open_[at][1], n))
                    del open_[at:]
                    break
    return pairs


def _neutral(types: list[str], levels: Sequence[int], sequence: Sequence[int], sos: str, eos: str) -> None:
    """Rules N1 and N2."""
    n = 0
    while n < len(sequence):
        if types[sequence[n]] not in _NEUTRAL:
            n += 1
            continue
        end = n
        while end < len(sequence) and types[sequence[end]] in _NEUTRAL:
            end += 1
        before = _strong(types[sequence[n - 1]]) if n else sos
        after = _strong(types[sequence[end]]) if end < len(sequence) else eos
        for i in sequence[n:end]:
            types[i] = before if before == after else _side(levels[i])
        n = end
