"""The worker of the diffusion image: the contract of `worker/`, in the standard library of Python 3.11.

`main` wires it. `server` answers, `jobs` queues, `run_job` does one job, `transfer` moves bytes, `slot` keeps the
process in which the executor lives, `diffusion` is that executor.
"""
