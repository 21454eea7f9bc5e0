"""CMPP Desktop: what a caseworker of the Case Management Pilot Program carries. Rooms and doors: docs/architecture.md."""

__version__ = "0.1.0"
