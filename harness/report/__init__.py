"""What a reader sees: the page of a suite, its charts, and its table as CSV, LaTeX or Markdown."""
