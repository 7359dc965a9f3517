import sys

from mediaforge.ops.command import main

if __name__ == "__main__":
    sys.exit(main())
