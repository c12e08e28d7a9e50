"""The executor of kind `nft.diffusion`: a local model folder, by the `diffusers` library, on one GPU.

Never run on a GPU by its authors: see `worker/images/README.md`.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Mapping

from burst_worker.batches import Passes
from burst_worker.executor import Answer, BadSpec, Order
from burst_worker.model_digest import model_digest
from burst_worker.picture import Picture, files_of, picture_of
from burst_worker.png import encode_png

KIND = "nft.diffusion"

# The same seed gives the same picture anywhere: no other worker would do better, and none is to blame.
FILTERED = BadSpec("the model's own filter takes this picture for one it must not show; choose another seed")

# Pictures made at a time, where they fit into memory.
BATCH = 4


def create(environment: Mapping[str, str]) -> "DiffusionExecutor":
    """BURST_MODEL_DIR: the model folder. BURST_BATCH: pictures made at a time."""
    folder = Path(environment.get("BURST_MODEL_DIR", "/model"))
    if not (folder / "model_index.json").is_file():
        raise BadSpec("E_CONFIG: BURST_MODEL_DIR: has no model_index.json, so it is no model of diffusers")
    batch = environment.get("BURST_BATCH", str(BATCH))
    if not batch.isascii() or not batch.isdigit() or not 1 <= int(batch) <= 64:
        raise BadSpec("E_CONFIG: BURST_BATCH: must be a whole number from 1 to 64")
    return DiffusionExecutor(folder, int(batch))


class DiffusionExecutor:
    kinds = frozenset([KIND])
    gpu_used = True

    def __init__(self, folder: Path, batch: int) -> None:
        self._folder, self._batch = folder, batch
        self._digest: str | None = None
        self._pipeline: Any = None
        self._passes: Passes | None = None

    def group(self, kind: str, spec: dict[str, Any]) -> tuple[str, int]:
        """What one pass of the pipeline can share: everything but prompts and seed."""
        asked = picture_of(spec)
        shared = (asked.model_sha256, asked.width, asked.height, asked.steps, asked.guidance)
        return repr((*shared, asked.negative_prompt is None)), self._batch

    def run(self, orders: Sequence[Order], answer: Answer) -> None:
        pictures = [picture_of(order.spec) for order in orders]
        pipeline = self._loaded(pictures[0].model_sha256)
        import torch

        def make(places: Sequence[int]) -> None:
            for place, png in zip(places, _pictures(torch, pipeline, [pictures[p] for p in places])):
                answer(place, FILTERED if png is None else files_of(orders[place].spec, png))

        if self._passes is None:
            self._passes = Passes(torch.cuda.OutOfMemoryError, torch.cuda.empty_cache)
        key, _ = self.group(KIND, orders[0].spec)
        self._passes.run(key, range(len(orders)), make)

    def _loaded(self, asked_sha256: str) -> Any:
        if self._digest is None:
            self._digest = model_digest(self._folder)
        if asked_sha256 != self._digest:
            raise RuntimeError(f"this image brings the model {self._digest}, not the one asked for")
        if self._pipeline is None:
            # Nothing is fetched: what is not in the folder is not part of the digest.
            os.environ["HF_HUB_OFFLINE"] = "1"
            import torch
            from diffusers import DiffusionPipeline

            if not torch.cuda.is_available():
                raise RuntimeError("torch sees no GPU")
            pipeline = DiffusionPipeline.from_pretrained(
                str(self._folder),
                torch_dtype=torch.float16,
                use_safetensors=True,
                local_files_only=True,
            )
            pipeline.set_progress_bar_config(disable=True)
            self._pipeline = pipeline.to("cuda")
        return self._pipeline


def _pictures(torch: Any, pipeline: Any, pictures: Sequence[Picture]) -> list[bytes | None]:
    """One pass; None: blackened by the model's own filter. The first noise comes from the CPU, so that it is the same on
    every GPU."""
    first = pictures[0]
    generators = [torch.Generator("cpu").manual_seed(picture.seed) for picture in pictures]
    negative = (
        {}
        if first.negative_prompt is None
        else {"negative_prompt": [picture.negative_prompt for picture in pictures]}
    )
    made = pipeline(
        prompt=[picture.prompt for picture in pictures],
        num_inference_steps=first.steps,
        guidance_scale=first.guidance,
        width=first.width,
        height=first.height,
        generator=generators,
        output_type="pil",
        **negative,
    )
    filtered = getattr(made, "nsfw_content_detected", None) or [False] * len(pictures)
    return [
        None if hidden else encode_png(first.width, first.height, image.convert("RGB").tobytes())
        for image, hidden in zip(made.images, filtered)
    ]
