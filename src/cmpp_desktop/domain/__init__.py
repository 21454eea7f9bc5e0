"""What the programme records and the rules about it. Knows no database, network, file or window.

One module a subject: its fields, its commands and its rules side by side. A command is a frozen dataclass in the
imperative; `dispatch.handle(command, work)` runs the one plain function that carries it out. `questions` holds what may
be asked and the frozen answers. `records` says what a record is; `work` what a command may do to them.
"""
