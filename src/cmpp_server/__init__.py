"""The blind relay: it numbers sealed bundles under their collection's lock, keeps them, and hands them on.

It never holds a key, a name or an answer, and imports nothing that could name one. Everything that it decides (who is
in the roster, whether a bundle counts) it decides with the same `cmpp_protocol` code that every laptop runs again.
"""
