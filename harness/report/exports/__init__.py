"""The results of a suite in the forms of other programs: tables, frames, and files for archives and hubs.

In each form these stand beside every verdict: its level of evidence, its flags, and the seeds that diverged.
"""

EXPORTS = ("csv", "json", "latex", "markdown", "eval-results", "crate")
"""The names of the forms; all but the last are one text."""
