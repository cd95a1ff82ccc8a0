"""The parts of the TeX extractor: tokens, macros, the files of a project, what of a document is kept."""
