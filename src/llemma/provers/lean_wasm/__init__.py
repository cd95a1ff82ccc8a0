"""The built-in Lean 4: the compiler as WebAssembly, driven on Node."""
