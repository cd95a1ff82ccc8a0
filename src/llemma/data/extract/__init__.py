"""From what was read to text: web pages, notebooks, TeX projects, proof steps."""
