"""Gathers results.json (`gather`), sets pages of it (`page`), compares two of them (`compare`).

`results` holds the types of the document: `gather` builds them, and everything else reads them.

`results.json` and `curves.json` hold all that a page shows. `page.render` is a pure function of them, so `report DIR`
rebuilds the page byte for byte. The page makes no request: a content security policy of `default-src 'none'` stands in
it, with the hashes of its one style and one script. They also hold the numbers of every job. So `standing` gives back
the results of the jobs, and `judge_again` judges a folder without its store; a verdict that rests on anything else is
kept, and says so. Each verdict keeps the one first published, from which `changed_verdicts` makes the list beside the
index. `arm_differences` finds in the resolved specs how two arms of a claim differ. Both documents are written with
digests of themselves (`page.digests`), and whatever reads them refuses what was changed since.

`compare` reads two `results.json` and is a pure function of them too: one document, which the terminal, Markdown and
a page under the same policy show. It subtracts only what is paired: the same seeds, all of them, the same test
images, the same scale. A move of less than a millionth of the value is called rounding and is not tested, for a regular
rounding would pass any test.

`net_pairs` compares the two nets of each seed image by image, from the predictions in the store, beside the claims that
set one test against another; it decides nothing. Nor do `readings`, the opinions of a suite's authors: they are written
after an outcome, and shown as opinions only while the claim comes to it.
"""
