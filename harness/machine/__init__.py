"""The machine that runs jobs: its environment, GPUs, telemetry, runtime settings, and the doctor."""
