"""The machine that runs jobs: its environment, GPUs, telemetry, runtime settings, and the doctor.

The executor puts a sampler (`telemetry`) beside each job: a thread that asks NVML (`nvml`) and adds up
(`gpu_summary`). No call of NVML is made in the job's thread, every failure ends the sampling and nothing else, and a
driver that hangs is left behind. What came out stands under `cost.telemetry` of the result, its series thinned to 120
rows; nothing of it is hashed into keys or weighed in a comparison of results. It counts only where the result says
that the job ran on CUDA, on a GPU of the name that was read. A job that was stopped leaves `telemetry.json` for the
process that goes on; finishing the job takes it up and removes it.
"""
