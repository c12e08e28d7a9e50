"""Which GPUs a slot sees; `worker/slot-gpus.ts` says the same in TypeScript."""


def gpus_of_slot(slot: int, slots: int, gpus: int, visible: str | None) -> str | None:
    """The value of `CUDA_VISIBLE_DEVICES`: equally many for each slot, in their order, and none in two.

    `slot` counts from 0; `gpus` is how many the driver shows. `visible` is the variable as it is: its entries, indices
    or UUIDs, are divided in the place of all. None where there are fewer GPUs than slots: it stays as it is.
    """
    everything = [str(index) for index in range(gpus)] if visible is None else visible.split(",")
    given = [entry.strip() for entry in everything if entry.strip() != ""]
    each = len(given) // slots
    return None if each == 0 else ",".join(given[slot * each : (slot + 1) * each])
