"""Image sets as people have them: recognising the layout of a folder, checking it, and making a compact copy.

Every layout is read in the same form: a *source* for each split, divided into *pieces* (a class folder, an archive of a
class, a group of rows, a thousand images of a flat folder). Each piece is a stream of images that can be opened.
`check` and `prepare` pass over that stream with a bounded number of images in hand, so memory does not grow with the
set; only the index of a packed copy takes some hundred bytes an image while it is written.

A copy is made piece by piece: in class folders, where images appear completely or not at all, or in packs, a few large
files that are cut back to the last finished piece. Then comes the record of the piece
(`prepared/<split>/<piece>.jsonl`: digests of each image before and after), and at the end the sealed
`prepared/manifest.json`. The key of a job stays the same, because ids, splits and preparation are those of the
originals. `official` trusts the manifest, and the result's record of the data names the copy, from which the report
derives a deviation. A job that needs larger images than the copy holds is refused.

Nothing here decides a result, so none of it is part of the digest of a job's code. Training reads class folders and
packs only.
"""
