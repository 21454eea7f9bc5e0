"""Papers: figures first (plain numbers and words, no layout), then layout.

`figures` holds the frozen dataclasses that are printed; one module a document (`case_summary`, `session_note`,
`screening`) has one function `render(figures, stationery, words) -> bytes`; `layout` sets type and makes the tagged PDF;
`exports` protects a finished file with a password. The same figures give the same bytes.
"""
