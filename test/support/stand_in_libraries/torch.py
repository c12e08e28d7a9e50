"""What the diffusion executor asks of torch, without a GPU. In no image."""

float16 = "float16"


class Generator:
    def __init__(self, device):
        self.device = device

    def manual_seed(self, seed):
        self.seed = seed
        return self


class cuda:
    is_full = False

    class OutOfMemoryError(RuntimeError):
        pass

    @staticmethod
    def is_available():
        return True

    @staticmethod
    def empty_cache():
        cuda.is_full = False
