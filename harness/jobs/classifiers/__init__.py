"""Classifiers of stored codes: the `fit` job learns one, and `classify` scores a split by those of several features.

`classifier_specs` declares them without torch.
"""
