"""Features of images that are designed and not trained as a net: local descriptors, a vocabulary of them, and codes.

`feature_specs` declares them without torch. The `vocabulary` job learns what a feature needs from training images, and
the `encode` job turns every image of a split into one vector. Any suite can name them under an experiment's `classify`.
"""
