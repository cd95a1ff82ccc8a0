"""Where documents come from: readers of crawls, archives, repositories and rows."""
