"""CMPP Desktop: what a caseworker of the Case Management Pilot Program carries.

The rooms and their doors are in docs/architecture.md.
"""

__version__ = "0.1.0"
