"""The peer of sync that is spaced repetition: `python anki_peer.py URL FOLDER DOCUMENTS`, run by the Python that has `anki`.

One collection sends, another reads, through Anki's own sync server: both begin from the same empty collection, and what is timed
is the normal sync that tells what changed, never the upload of a whole file. Each document (JSON, one a line) is a note, with the
card that Anki makes of every note. Prints the seconds of each sync as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from anki.collection import AddNoteRequest, Collection  # type: ignore[import-not-found,unused-ignore]

CHANGED = 100


def main(url: str, folder: str, documents: str) -> None:
    sender, reader = Collection(f"{folder}/sender.anki2"), Collection(f"{folder}/reader.anki2")
    auth = sender.sync_login("bench", "bench", url)
    same(sender, auth, upload=True)
    same(reader, auth, upload=False)

    kind, deck = sender.models.by_name("Basic"), sender.decks.id("Default")
    notes = []
    for line in Path(documents).read_text("utf-8").splitlines():
        note = sender.new_note(kind)
        note.fields = [json.loads(line)["_id"], line]
        notes.append(note)
    sender.add_notes([AddNoteRequest(note, deck) for note in notes])
    taken = {"push": timed(sender, auth), "pull": timed(reader, auth)}
    changed = notes[:CHANGED]
    for note in changed:
        note.fields[1] += " Called again, and wrote down what was said."
    sender.update_notes(changed)
    taken["delta"] = timed(sender, auth) + timed(reader, auth)
    if reader.note_count() != len(notes):
        raise SystemExit(f"{reader.note_count()} of {len(notes)} notes arrived")
    print(json.dumps(taken))


def same(collection: Collection, auth: object, *, upload: bool) -> None:
    """The first sync of a collection takes or gives the whole, which is empty."""
    collection.sync_collection(auth, False)
    collection.close_for_full_sync()
    collection.full_upload_or_download(auth=auth, server_usn=None, upload=upload)
    collection.reopen(after_full_sync=True)


def timed(collection: Collection, auth: object) -> float:
    started = time.perf_counter()
    said = collection.sync_collection(auth, False)
    seconds = time.perf_counter() - started
    if said.required != said.NO_CHANGES:
        raise SystemExit(f"Anki wants a full sync: {said}")
    return seconds


if __name__ == "__main__":
    main(*sys.argv[1:])
