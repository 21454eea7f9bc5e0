"""A synthetic organisation: nobody in it is real. Used by the demo, the journeys and the benchmarks."""

from tests.factory.organisation import Clock, furnish

__all__ = ["Clock", "furnish"]
