"""ImageNet as released in autumn 2009 and 2011, on which AlexNet was also tested and pre-trained."""

from __future__ import annotations

from harness.data.declared import Dataset, Division

FALL2009 = Dataset(
    name="imagenet_fall2009",
    title="ImageNet Fall 2009",
    version="1",
    channels=3,
    classes=10_184,
    raw_size=None,
    splits={"train": 4_405_500, "val": 44_500, "test": 4_450_000},
    exact=False,
    official_note=(
        "none of the splits is official: AlexNet says half for training and half for testing (section 6), not which; "
        "ours takes half of each class by a hash of the file name for test, and 5 in 1,000 of it for val"
    ),
    count_sources="AlexNet, section 6: 10,184 categories and 8.9 million images, a round number",
    layout="DIR/images/<wnid>/*.JPEG with DIR ROOT/imagenet_fall2009 (.jpg and .png are read too)",
    unlock="no place is known that still gives out this release; unpack each category's archive into a folder",
    folders=("imagenet_fall2009",),
    division=Division("images", {"train": 495, "val": 5, "test": 500}),
)

FALL2011 = Dataset(
    name="imagenet_fall2011",
    title="ImageNet Fall 2011",
    version="1",
    channels=3,
    classes=21_841,
    raw_size=None,
    splits={"train": 14_140_334, "val": 56_788},
    exact=False,
    official_note=(
        "the release has no splits; val is ours, 4 in 1,000 images of each class by a hash of the file name, and train "
        "is the rest"
    ),
    count_sources=(
        "AlexNet, section 6: 15 million images and 22,000 categories, round numbers; 21,841 categories and 14,197,122 "
        "images are what the field says of this release, recalled and not checked"
    ),
    layout="DIR/train/<wnid>/*.JPEG with DIR ROOT/imagenet_fall2011 (.jpg and .png are read too)",
    unlock="ask for access at image-net.org, then unpack each category's archive into a folder",
    folders=("imagenet_fall2011",),
    division=Division("train", {"train": 996, "val": 4}),
)
