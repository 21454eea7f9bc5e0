"""Setting type: from text in any script to a tagged PDF.

`bidi` orders characters (UAX #9), `fonts` chooses, shapes and embeds typefaces, `text` breaks lines, `tagged` writes pages
with their structure tree, `page` stacks blocks on pages, `tables` is the one block with columns. A document module needs
only `page.Paper` and the blocks.
"""
