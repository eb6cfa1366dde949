"""Gathers results.json and its parts (`gather`), sets pages of it (`page`), compares two of them (`compare`).

`results.json` and `curves.json` hold all that a page shows; `page.render` is a pure function of them, so `report DIR`
rebuilds the page byte for byte. The page makes no request: a content security policy of `default-src 'none'` stands in
it, with the hashes of its one style and one script. They also hold what every job measured, so that `standing` gives
back the jobs' results and `judge_again` judges a folder without its store; what they do not hold keeps its verdict and
says so. Each verdict keeps the one first published, from which `changed_verdicts` makes the list beside the index.
`arm_differences` reads off the resolved specs in what two arms of a claim differ. Both documents are written with
digests of themselves (`page.digests`), and whatever reads them refuses what was changed since.

`compare` reads two `results.json` and is a pure function of them too: one document, which the terminal, Markdown and
a page under the same policy show. It subtracts only what is paired: the same seeds, all of them, the same test
images, the same scale. What moved by less than a millionth of its value is called rounding and not tested, for a
regular rounding would pass any test.

`net_pairs` compares the two nets of each seed image by image, from the predictions in the store, beside the claims that
set one test against another; it decides nothing. Nor do `readings`: what a suite's authors think of an outcome, written
after it, shown as such and only while the claim comes to it.
"""
