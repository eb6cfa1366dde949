"""The measurements that run on a device; only here does measuring import torch."""
