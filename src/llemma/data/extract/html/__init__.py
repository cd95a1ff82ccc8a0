"""How a web page becomes text: source, formulas, delimiters, layout, boilerplate."""
