"""Many small histories of several laptops and a real server, all of whose chances come from one seed: `python -m tests.simulate`.

Laptops run the real engine, desk, merge, inbox and outbox over a disk in memory; the server is the real exchange over SQLite.
Clock, disk and network are ours: messages are lost, repeated and late, laptops lose power at a write, clocks are a year off,
the server is put back to an earlier copy, laptops are closed, people let in, rights taken and given. After every step the
invariants of `checks` hold; at the end, when the network is fair and everybody is back, the properties P1-P20 of the
sync rules as far as a history can show them.
"""
