"""The entry of the image."""

import os
import sys

if __name__ == "__main__":
    from burst_worker.main import main

    code = main()
    sys.stdout.flush()
    # Threads that answer callers must not keep it.
    os._exit(code)
