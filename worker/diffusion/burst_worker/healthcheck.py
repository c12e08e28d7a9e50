"""What a container engine runs to see whether the worker beside it answers: exit code 0 if it does."""

import http.client
import os
import sys


def is_well(environment: dict[str, str]) -> bool:
    connection = http.client.HTTPConnection(
        "127.0.0.1", int(environment.get("BURST_PORT", "8080")), timeout=4
    )
    try:
        token = environment.get("BURST_TOKEN", "")
        connection.request("GET", "/healthz", headers={"authorization": f"Bearer {token}"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if is_well(dict(os.environ)) else 1)
