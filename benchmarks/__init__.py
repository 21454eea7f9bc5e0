"""How fast: each figure beside its peer, measured in the same run on the same machine. `python -m benchmarks`."""
