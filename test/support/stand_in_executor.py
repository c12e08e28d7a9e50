"""Executors of the Python worker whose timing and failures a test decides, and a stand-in for a diffusion model.

The pictures are blocks of colour that hang on prompt and seed: no model makes them, and no image has this file.
"""

import hashlib
import os
import time

from burst_worker.batches import Passes
from burst_worker.executor import BadSpec
from burst_worker.picture import files_of, picture_of
from burst_worker.png import encode_png


def create(environment):
    return StandIn(int(environment.get("BURST_TEST_ROOM", "64")), environment.get("BURST_TEST_NOISE", ""))


class StandIn:
    kinds = frozenset(
        ["test.echo", "test.gate", "test.gpus", "test.throw", "test.bad-spec", "test.crash", "nft.diffusion"]
    )
    gpu_used = True

    def __init__(self, room, noise):
        self.room, self.noise = room, noise
        self.passes = Passes(MemoryError, lambda: None)

    def group(self, kind, spec):
        if kind != "nft.diffusion":
            return repr(time.monotonic_ns()), 1
        return picture_of(spec).model_sha256, 4

    def run(self, orders, answer):
        if orders[0].kind != "nft.diffusion":
            return answer(0, run_alone(orders[0].kind, orders[0].spec))

        def make(places):
            if len(places) > self.room:
                raise MemoryError
            for place in places:
                spec = orders[place].spec
                if picture_of(spec).prompt == "crash":
                    os._exit(3)
                answer(place, files_of(spec, paint(spec, self.noise)))

        self.passes.run(orders[0].spec["model"]["sha256"], range(len(orders)), make)


def run_alone(kind, spec):
    if kind == "test.echo":
        if not isinstance(spec.get("say"), str):
            raise BadSpec("spec.say: is no string")
        return {"out.txt": spec["say"].encode()}
    if kind == "test.gate":
        with open(f"{spec['file']}.begun", "w"):
            pass
        while not os.path.exists(spec["file"]):
            time.sleep(0.005)
        return {"out.txt": b"through"}
    if kind == "test.gpus":
        return {"out.txt": os.environ.get("CUDA_VISIBLE_DEVICES", "all").encode()}
    if kind == "test.throw":
        raise RuntimeError(spec["message"])
    if kind == "test.bad-spec":
        raise BadSpec("nobody can do this")
    os._exit(3)


def paint(spec, noise):
    asked = picture_of(spec)
    blocks = hashlib.sha512(f"{asked.prompt}|{asked.seed}".encode()).digest()
    grain = hashlib.sha512(noise.encode()).digest()
    rgb = bytearray()
    for y in range(asked.height):
        for x in range(asked.width):
            block = blocks[x * 8 // asked.width + 8 * (y * 8 // asked.height)]
            rgb += bytes([20 + block * 200 // 255 + grain[(x + y) % 64] % 4] * 3)
    return encode_png(asked.width, asked.height, bytes(rgb))
