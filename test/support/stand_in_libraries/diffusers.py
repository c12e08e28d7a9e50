"""What the diffusion executor asks of diffusers: blocks of colour that hang on prompt and seed. In no image.

BURST_TEST_ROOM pictures fit into a pass; after one that did not, nothing fits before memory is freed. The size of
each pass is a line of the file BURST_TEST_PASSES.
"""

import hashlib
import os

import torch


class DiffusionPipeline:
    @staticmethod
    def from_pretrained(folder, *, torch_dtype, use_safetensors, local_files_only):
        assert os.path.isdir(folder) and torch_dtype == torch.float16
        assert use_safetensors and local_files_only and os.environ["HF_HUB_OFFLINE"] == "1"
        return DiffusionPipeline()

    def set_progress_bar_config(self, *, disable):
        assert disable

    def to(self, device):
        assert device == "cuda"
        return self

    def __call__(
        self,
        *,
        prompt,
        num_inference_steps,
        guidance_scale,
        width,
        height,
        generator,
        output_type,
        negative_prompt=None,
    ):
        assert output_type == "pil" and num_inference_steps > 0 and guidance_scale >= 0
        assert [one.device for one in generator] == ["cpu"] * len(prompt)
        assert negative_prompt is None or len(negative_prompt) == len(prompt)
        with open(os.environ["BURST_TEST_PASSES"], "a") as passes:
            passes.write(f"{len(prompt)}\n")
        if torch.cuda.is_full or len(prompt) > int(os.environ["BURST_TEST_ROOM"]):
            torch.cuda.is_full = True
            raise torch.cuda.OutOfMemoryError
        made = [Image(width, height, f"{p}|{g.seed}") for p, g in zip(prompt, generator)]
        return Made(made, ["lewd" in p for p in prompt] if any("lewd" in p for p in prompt) else None)


class Made:
    def __init__(self, images, filtered):
        self.images, self.nsfw_content_detected = images, filtered


class Image:
    def __init__(self, width, height, word):
        self.width, self.height = width, height
        self.blocks = hashlib.sha512(word.encode()).digest()

    def convert(self, mode):
        assert mode == "RGB"
        return self

    def tobytes(self):
        places = ((x, y) for y in range(self.height) for x in range(self.width))
        return b"".join(
            bytes([self.blocks[x * 8 // self.width + 8 * (y * 8 // self.height)]] * 3)
            for x, y in places
        )
