"""What two machines must agree on, and nothing else.

Ids, stamps, canonical bytes, envelopes, the roster and its rules, requests and answers. This package does no I/O: no
files, no clock, no network, no database; time and randomness come in as arguments. The server and the laptop run the
same code, so that there is one answer to "does this bundle count".
"""
