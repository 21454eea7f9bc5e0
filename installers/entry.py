"""The frozen program starts here."""

import sys

from cmpp_desktop.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
