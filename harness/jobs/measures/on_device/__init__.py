"""The functions of measurements that run on a device; only these measurements import torch."""
