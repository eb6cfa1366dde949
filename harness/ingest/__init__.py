"""Image sets as people have them: which layout lies in a folder, whether it is sound, and a compact copy of it.

Any layout is read as one thing: a *source* a split, in *pieces* (a class folder, an archive of a class, a group of
rows, a thousand images of a flat folder), each a stream of images that can be opened. `check` and `prepare` are
passes over that stream with a bounded number of images in hand, so memory does not grow with the set.

A copy is made piece by piece: images appear whole or not at all, then the piece's record
(`prepared/<split>/<piece>.jsonl`: each image's digest before and after), at the end the sealed
`prepared/manifest.json`. A job's key does not change, for ids, splits and preparation are those of the originals;
`official` believes the manifest, and the result's record of the data names the copy, from which the report takes a
deviation. A job that needs larger images than a copy has is refused.

Nothing here decides a result, so none of it is in the digest of a job's code; training reads class folders alone.
"""
