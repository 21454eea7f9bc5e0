"""Runs the conformance cases of others, in the formats of the shared data's README, and says what fails."""
