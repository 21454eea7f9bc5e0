"""`python -m cmpp_server`: the same as `cmpp-server`."""

import sys

from cmpp_server.admin import main

if __name__ == "__main__":
    sys.exit(main())
