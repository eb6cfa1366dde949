"""Residual nets for CIFAR-10 (He et al., 2015, section 4.2), and the responses of their layers."""
