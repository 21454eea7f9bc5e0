"""Stories with real processes: programs, a server, a disk, a network that fails."""
