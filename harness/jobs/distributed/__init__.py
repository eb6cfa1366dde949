"""Jobs shared by several processes: torchrun and the processes it starts."""
