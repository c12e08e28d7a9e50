"""Makes this process a worker: prints `{"listening": port}`; on SIGTERM it ends with 0, or 75 with work handed back."""

import json
import os
import signal
import sys
import threading

from .executor import BadSpec, load_executor
from .gpus import GpuWatch, ask_nvidia_smi
from .jobs import JobRunner
from .log import create_log
from .run_job import JobWork
from .server import Calls, JobServer
from .settings import SettingsRejected, settings_of
from .slot import Slot
from .slot_gpus import gpus_of_slot
from .transfer import Transfers

# Starting again changes nothing.
EXIT_BAD_SPEC = 64
# It is to be done elsewhere.
EXIT_HANDED_BACK = 75


def main() -> int:
    # Waited for, not handled: a handler may run while this thread holds what it needs. All threads block it too.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        settings = settings_of(os.environ)
        executor = load_executor(settings.executor, os.environ)
    except (SettingsRejected, BadSpec) as rejected:
        sys.stderr.write(f"{json.dumps({'event': 'settings rejected', 'reason': str(rejected)})}\n")
        return EXIT_BAD_SPEC
    log = create_log(settings.clock)
    work = JobWork(executor, Transfers(settings.clock), settings.clock, log)
    # The token opens this worker: the code that does tasks has no use for it.
    del os.environ["BURST_TOKEN"]
    told = settings.gpus
    watch = GpuWatch(
        ask_nvidia_smi if told is None else lambda: {"gpus": told, "gpusFrom": "BURST_GPUS"}
    )
    gpus = len(watch.reading()["gpus"])
    slots = [
        Slot(settings.executor, _environment_of_slot(slot, settings.slots, gpus))
        for slot in range(settings.slots)
    ]
    runner = JobRunner(slots, settings.clock, work.run, log)
    hardware = lambda: {"slots": settings.slots, "gpuUsed": executor.gpu_used, **watch.reading()}
    server = JobServer(settings.host, settings.port, Calls(runner, settings.token, hardware))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    if settings.end_with_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    sys.stdout.write(f"{json.dumps({'listening': server.server_address[1]})}\n")
    sys.stdout.flush()
    signal.sigwait({signal.SIGTERM})
    handed_back = runner.shut_down()
    log("worker ended", handedBack=handed_back)
    return EXIT_HANDED_BACK if handed_back else 0


def _environment_of_slot(slot: int, slots: int, gpus: int) -> dict[str, str]:
    visible = gpus_of_slot(slot, slots, gpus, os.environ.get("CUDA_VISIBLE_DEVICES"))
    own = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    return {**os.environ, **own}


def _end_with_stdin() -> None:
    while os.read(0, 65_536):
        pass
    os._exit(0)

