"""Two runs of one suite side by side: the document, and how it is read, shown and set as a page."""
