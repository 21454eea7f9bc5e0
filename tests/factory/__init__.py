"""A synthetic organisation: nobody in it is real. The demo and the tests take `furnish` (some thirty people), the benchmarks
`bulk` (up to 50,000), whose families `furnish` wrote."""

from tests.factory.organisation import Clock, furnish

__all__ = ["Clock", "furnish"]
