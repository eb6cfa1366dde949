"""Image sets as people have them: which layout lies in a folder, whether it is sound, and a compact copy of it.

Nothing here decides a result, so none of it is in the digest of a job's code; training reads class folders alone.
"""
