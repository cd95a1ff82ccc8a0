"""Turns the package's 89 MB `lean.js` into a 0.7 MB script that another script can drive.

The package's script runs Lean's command line in a browser or a terminal. Ours loads the same `lean.wasm` and leaves
the rest to the driver, which sets `globalThis.LeanModule` first and finds there, once the runtime is up: `getExports`
(all 201,110 functions and constants of Lean), `mem` (the memory as bytes), `FS` and `NODEFS`.
"""

import re
from dataclasses import dataclass

from llemma.errors import UserError
from llemma.storage import sha256_of_text


@dataclass(frozen=True, slots=True)
class Patch:
    """Puts `new` in the place of `old`, which must be in the script exactly `count` times."""

    name: str
    old: str
    new: str
    count: int = 1


PATCHES = (
    # Linking looks every symbol up by a linear search in 201,110 names, which makes a start take two minutes.
    Patch(
        "symbol index",
        "newSymIndex=Object.keys(lib.exports).indexOf(symbol)",
        "if(!lib.symbolIndex){lib.symbolIndex=new Map(Object.keys(lib.exports).map((name,i)=>[name,i]))}"
        "newSymIndex=lib.symbolIndex.get(symbol)??-1",
    ),
    Patch(
        "the driver's module", 'var Module=typeof Module!="undefined"?Module:{};', "var Module=globalThis.LeanModule;"
    ),
    # Each thread of the pool would load the whole script and the whole of lean.wasm again; the driver needs none.
    Patch("thread pool", "var pthreadPoolSize=4", "var pthreadPoolSize=Module.poolSize??4"),
    Patch(
        "what the driver uses",
        "var wasmExports;if(!ENVIRONMENT_IS_PTHREAD){",
        "var wasmExports;Module.getExports=()=>wasmExports;Module.FS=FS;Module.NODEFS=NODEFS;"
        "Module.mem=()=>{growMemViews();return HEAPU8};if(!ENVIRONMENT_IS_PTHREAD){",
    ),
    # Standard output belongs to the driver's answers.
    Patch(
        "prints to stderr",
        "write(stream,buffer,offset,length,pos){if(!stream.tty||",
        "write(stream,buffer,offset,length,pos){if(ENVIRONMENT_IS_NODE){"
        "const bytes=Buffer.from(buffer.slice(offset,offset+length));"
        "let done=0;while(done<bytes.length)done+=fs.writeSync(2,bytes,done,bytes.length-done);return length}"
        "if(!stream.tty||",
    ),
    Patch("debug prints", 'console.log("[DEBUG', '(()=>{})("[DEBUG', count=55),
)

_VARIABLES = "var _main,_lean_main"
_ASSIGN = "function assignWasmExports(wasmExports){"
_AFTER = "}var wasmImports;"
_ASSIGNMENT = re.compile(r'([A-Za-z_$][\w$]*)=Module\["[^"]*"\]=wasmExports\["[^"]*"\](?:\.value)?')
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*")
_ALWAYS = ("__indirect_function_table", "wasmTable")


def slim(script: str) -> str:
    """Return the script that the driver loads. Raises UserError when `script` is not that of the pinned package."""
    script = _without_unused_exports(script)
    for patch in PATCHES:
        found = script.count(patch.old)
        if found != patch.count:
            raise _does_not_fit(patch.name, found, patch.count)
        script = script.replace(patch.old, patch.new)
    return script


def revision() -> str:
    """Return a short hash of the patches: a runtime that was installed with others has to be made again."""
    return sha256_of_text(repr((PATCHES, _ALWAYS)))[:8]


def _without_unused_exports(script: str) -> str:
    """Drop the variables for exports, 88 of the 89 MB, that nothing else in the script uses: the driver needs none."""
    for name, text in (("variables", _VARIABLES), ("assignment", _ASSIGN), ("end of the assignment", _AFTER)):
        if (found := script.count(text)) != 1:
            raise _does_not_fit(name, found, 1)
    before, rest = script.split(_VARIABLES)
    assignments, after = rest.split(_ASSIGN)[1].split(_AFTER)
    used = set(_IDENTIFIER.findall(before)) | set(_IDENTIFIER.findall(after))
    kept, variables = [], list(_ALWAYS)
    for statement in assignments.split(";"):
        match = _ASSIGNMENT.fullmatch(statement)
        if match is None:
            kept.append(statement)  # the function table's
        elif match[1] in used:
            kept.append(statement)
            variables.append(match[1])
    return f"{before}var {','.join(variables)};{_ASSIGN}{';'.join(kept)}{_AFTER}{after}"


def _does_not_fit(name: str, found: int, wanted: int) -> UserError:
    return UserError(f"lean.js: the step {name!r} fits {found} places, not {wanted}: not the script that it is for")
