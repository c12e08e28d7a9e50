"""What a task of kind `nft.diffusion` asks for, and the JSON that goes with its picture.

`shared/kinds/diffusion/` is the same in TypeScript: our side compares the metadata byte by byte.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from .executor import BadSpec, Files


@dataclass(frozen=True)
class Picture:
    model_sha256: str
    prompt: str
    negative_prompt: str | None
    seed: int
    steps: int
    guidance: float
    width: int
    height: int


def picture_of(spec: dict[str, Any]) -> Picture:
    """Raises BadSpec naming the field. Limits are checked before a task is accepted; shapes are checked here."""
    return Picture(
        _field(spec, str, "model", "sha256"),
        _field(spec, str, "prompt"),
        _field(spec, str, "negativePrompt") if "negativePrompt" in spec else None,
        _field(spec, int, "seed"),
        _field(spec, int, "steps"),
        _field(spec, (int, float), "guidance"),
        _field(spec, int, "size", "width"),
        _field(spec, int, "size", "height"),
    )


def _field(value: Any, kind: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BadSpec(f"{'.'.join(('spec', *path))}: is missing or of another type")
    return value


def files_of(spec: dict[str, Any], png: bytes) -> Files:
    """The picture, and metadata that says how these very bytes were made: keys in this order, no spaces."""
    asked = picture_of(spec)
    said = _field(spec, dict, "metadata")
    generation = {
        "model": {"name": _field(spec, str, "model", "name"), "sha256": asked.model_sha256},
        "prompt": asked.prompt,
        **({} if asked.negative_prompt is None else {"negativePrompt": asked.negative_prompt}),
        "seed": asked.seed,
        "steps": asked.steps,
        "guidance": asked.guidance,
        "width": asked.width,
        "height": asked.height,
        "imageSha256": hashlib.sha256(png).hexdigest(),
    }
    metadata = {
        "name": _field(said, str, "name"),
        "description": _field(said, str, "description"),
        "image": "image.png",
        "attributes": [
            {"trait_type": _field(one, str, "trait_type"), "value": _field(one, str, "value")}
            for one in said.get("attributes", [])
        ],
        "properties": {
            "category": "image",
            "files": [{"uri": "image.png", "type": "image/png"}],
            "generation": generation,
        },
    }
    text = json.dumps(metadata, ensure_ascii=False, separators=(",", ":"))
    return {"image.png": png, "metadata.json": f"{text}\n".encode()}
