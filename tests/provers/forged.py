"""Bundles that no honest process would send: what a proof that has taken over its process could say to the referee."""

from typing import Any

AXIOM, DEFINITION, THEOREM, OPAQUE, QUOTIENT, INDUCTIVE = 0, 1, 2, 3, 4, 5
BVAR, SORT, CONST, APP, LAMBDA, FORALL, LET, LITERAL, METADATA, PROJECTION = 0, 3, 4, 5, 6, 7, 8, 9, 10, 11

Json = Any


class Forger:
    """Writes the rows of a bundle, checking nothing; every method returns the number of its row."""

    def __init__(self) -> None:
        self.names: list[Json] = []
        self.levels: list[Json] = []
        self.expressions: list[Json] = []
        self.constants: list[Json] = []

    def name(self, *parts: str) -> int:
        number = -1
        for part in parts:
            number = _added(self.names, [number, 0, part])
        return number

    def level(self, *row: Json) -> int:
        return _added(self.levels, list(row))

    def row(self, *row: Json) -> int:
        return _added(self.expressions, list(row))

    def constant(self, name: str, *levels: int) -> int:
        return self.row(CONST, self.name(*name.split(".")), *levels)

    def apply(self, function: int, *arguments: int) -> int:
        for argument in arguments:
            function = self.row(APP, function, argument)
        return function

    def declare(self, kind: Json, name: int, type_: Json, value: Json = None, **more: Json) -> "Forger":
        row = {"kind": kind, "name": name, "parameters": [], "type": type_, "value": value, "hints": 0}
        self.constants.append(row | more)
        return self

    def inductive(self, name: str, type_: int, *constructors: tuple[str, int], **more: Json) -> "Forger":
        made = [[self.name(*constructor.split(".")), of] for constructor, of in constructors]
        types = [{"name": self.name(*name.split(".")), "type": type_, "constructors": made}]
        self.constants.append({"kind": INDUCTIVE, "parameters": [], "count": 0, "types": types} | more)
        return self

    def prove(self, value: Json, **more: Json) -> "Forger":
        """Declare the theorem `attack : False` with a value."""
        return self.declare(THEOREM, self.name("attack"), self.constant("False"), value, **more)

    def bundle(self) -> dict[str, Json]:
        return {
            "names": self.names,
            "levels": self.levels,
            "expressions": self.expressions,
            "constants": self.constants,
        }


def _added(rows: list[Json], row: Json) -> int:
    rows.append(row)
    return len(rows) - 1


def bundles() -> dict[str, Json]:
    """Return bundles by what they try; each claims a proof of `False` under the name `attack`."""
    return _wrong_proofs() | _wrong_declarations() | _wrong_inductives() | _wrong_rows()


def honest() -> dict[str, Json]:
    """Return a bundle that proves `attack : True`."""
    f = Forger()
    return f.declare(THEOREM, f.name("attack"), f.constant("True"), f.constant("True.intro")).bundle()


def hidden_axiom() -> dict[str, Json]:
    """Return a bundle that proves `attack : True` from a forbidden axiom, with a constant whose name reads like it."""
    f = Forger()
    f.declare(DEFINITION, f.name("Lean.trustCompiler"), f.constant("True"), f.constant("True.intro"))
    harmless = f.row(CONST, f.name("Lean.trustCompiler"))
    f.declare(DEFINITION, f.name("first"), f.constant("True"), harmless)
    return f.declare(THEOREM, f.name("attack"), f.constant("True"), f.constant("Lean.trustCompiler")).bundle()


def _wrong_proofs() -> dict[str, Json]:
    found: dict[str, Json] = {"a proof of True": honest()}
    f = Forger()
    found["a value of another type"] = f.prove(f.constant("True.intro")).bundle()
    f = Forger()
    found["itself"] = f.prove(f.constant("attack")).bundle()
    f = Forger()
    found["sorryAx"] = f.prove(
        f.apply(f.constant("sorryAx", f.level(0)), f.constant("False"), f.constant("Bool.true"))
    ).bundle()
    for compiled, argument in (("reduceBool", "Bool.true"), ("reduceNat", "Nat.zero")):
        f = Forger()
        value = f.apply(f.constant(f"Lean.{compiled}"), f.constant(argument))
        type_ = f.constant("Bool" if compiled == "reduceBool" else "Nat")
        found[compiled] = f.prove(f.row(LET, type_, value, f.constant("True.intro"))).bundle()
    f = Forger()
    found["a projection out of range"] = f.prove(f.row(PROJECTION, f.name("And"), 5, f.constant("True.intro"))).bundle()
    f = Forger()
    found["a projection of no structure"] = f.prove(
        f.row(PROJECTION, f.name("Nat"), 0, f.constant("Nat.zero"))
    ).bundle()
    f = Forger()
    found["a projection of another structure"] = f.prove(
        f.row(PROJECTION, f.name("PProd"), 0, f.constant("True.intro"))
    ).bundle()
    f = Forger()
    found["a text as a number"] = f.prove(f.row(LITERAL, 1, "False")).bundle()
    return found


def _wrong_declarations() -> dict[str, Json]:
    found: dict[str, Json] = {}
    for tries, kind in (("an axiom", AXIOM), ("a quotient", QUOTIENT), ("a constructor", 6), ("a recursor", 7),
                        ("an unknown kind", 99), ("a kind as a text", "2"), ("no kind", None)):  # fmt: skip
        f = Forger()
        found[tries] = f.declare(kind, f.name("attack"), f.constant("False"), f.constant("True.intro")).bundle()
    for tries, kind in (("a definition in the place of the theorem", DEFINITION), ("an opaque constant", OPAQUE)):
        f = Forger()
        found[tries] = f.declare(kind, f.name("attack"), f.constant("False"), f.constant("attack")).bundle()
        f = Forger()
        found[f"{tries} of type True"] = f.declare(
            kind, f.name("attack"), f.constant("True"), f.constant("True.intro")
        ).bundle()
    f = Forger()
    found["another name"] = f.declare(THEOREM, f.name("other"), f.constant("False"), f.constant("attack")).bundle()
    f = Forger()
    f.declare(THEOREM, f.name("attack"), f.constant("True"), f.constant("True.intro"))
    found["a theorem that is declared twice"] = f.prove(f.constant("attack")).bundle()
    f = Forger()
    f.declare(DEFINITION, f.name("False"), f.row(SORT, f.level(0)), f.constant("True"))
    found["False defined as True"] = f.prove(f.constant("True.intro")).bundle()
    f = Forger()
    f.declare(DEFINITION, f.name("a"), f.constant("False"), f.constant("b"))
    f.declare(DEFINITION, f.name("b"), f.constant("False"), f.constant("a"))
    found["two definitions in a circle"] = f.prove(f.constant("a")).bundle()
    f = Forger()
    one = f.level(1, f.level(0))
    f.declare(DEFINITION, f.name("universe"), f.row(SORT, one), f.row(SORT, one))
    found["a type of all types"] = f.prove(f.constant("universe")).bundle()
    for hints in (-3, 2**31, 1.5, "1", None):
        f = Forger()
        f.declare(DEFINITION, f.name("a"), f.constant("True"), f.constant("True.intro"), hints=hints)
        found[f"hints {hints!r}"] = f.prove(f.constant("a")).bundle()
    f = Forger()
    u = f.name("u")
    found["a universe that is declared twice"] = f.prove(f.constant("attack"), parameters=[u, u]).bundle()
    f = Forger()
    found["a universe too many"] = f.prove(f.constant("True.intro"), parameters=[f.name("u")]).bundle()
    f = Forger()
    sort = f.row(SORT, f.level(4, f.name("u")))
    f.declare(DEFINITION, f.name("a"), f.row(SORT, f.level(1, f.level(4, f.name("u")))), sort)
    found["a universe that is not declared"] = f.prove(f.constant("a")).bundle()
    f = Forger()
    found["flags that say unsafe"] = f.prove(f.constant("attack"), unsafe=True, safety=0, isUnsafe=1).bundle()
    return found


def _wrong_inductives() -> dict[str, Json]:
    found: dict[str, Json] = {}
    f = Forger()
    type_, bad = f.row(SORT, f.level(1, f.level(0))), f.constant("Bad")
    negative = f.row(FORALL, f.row(FORALL, bad, f.constant("False")), bad)
    found["a negative occurrence"] = (
        f.inductive("Bad", type_, ("Bad.mk", negative)).prove(f.constant("Bad.mk")).bundle()
    )
    f = Forger()
    type_ = f.row(SORT, f.level(1, f.level(0)))
    large = f.row(FORALL, type_, f.constant("Big"))
    found["a universe that is too small"] = (
        f.inductive("Big", type_, ("Big.mk", large)).prove(f.constant("Big.mk")).bundle()
    )
    f = Forger()
    found["a constructor of False"] = (
        f.inductive("Other", f.row(SORT, f.level(0)), ("Other.mk", f.constant("False")))
        .prove(f.constant("Other.mk"))
        .bundle()
    )
    f = Forger()
    found["False once more"] = (
        f.inductive("False", f.row(SORT, f.level(0)), ("False.mk", f.constant("False")))
        .prove(f.constant("False.mk"))
        .bundle()
    )
    f = Forger()
    own = f.constant("Two")
    f.inductive("Two", f.row(SORT, f.level(1, f.level(0))), ("Two.mk", own), ("Two.mk", own))
    found["a constructor that is declared twice"] = f.prove(own).bundle()
    for count in (1, 2**31, -1, 0.5, "0", None):
        f = Forger()
        f.inductive("Odd", f.row(SORT, f.level(1, f.level(0))), ("Odd.mk", f.constant("Odd")), count=count)
        found[f"{count!r} parameters"] = f.prove(f.constant("Odd")).bundle()
    f = Forger()
    constants = ("Circle", "False.mk")
    f.inductive("Circle", f.constant("Circle"), (constants[1], f.constant("Circle")))
    found["a type of its own type"] = f.prove(f.constant("Circle")).bundle()
    for tries, types in (
        ("no types", []),
        ("types that are none", [None]),
        ("types as a text", "Nat"),
        ("nothing as types", None),
    ):
        f = Forger()
        f.constants.append({"kind": INDUCTIVE, "parameters": [], "count": 0, "types": types})
        found[tries] = f.prove(f.constant("True.intro")).bundle()
    return found


def _wrong_rows() -> dict[str, Json]:
    found: dict[str, Json] = {
        "nothing": None,
        "an empty object": {},
        "a list": [],
        "a text": "attack",
        "a number": 7,
        "tables that are none": {"names": {}, "levels": "", "expressions": 1, "constants": None},
    }
    rows: dict[str, list[Json]] = {
        "a variable without a binder": [BVAR, 0],
        "a variable beyond what Lean can hold": [BVAR, 2**20],
        "a variable of 31 bits": [BVAR, 2**30],
        "a variable of 64 bits": [BVAR, 2**63],
        "a negative variable": [BVAR, -1],
        "a variable and a half": [BVAR, 0.5],
        "a variable as a text": [BVAR, "0"],
        "a free variable": [1, 0],
        "a goal": [2, 0],
        "metadata": [METADATA, 0, 0],
        "itself as its function": [APP, 1, 1],
        "a later row": [APP, 1000, 1001],
        "a row before the first": [APP, -1, -1],
        "a length in the place of a row": [APP, "length", "length"],
        "a prototype in the place of a row": [APP, "__proto__", "constructor"],
        "a list in the place of a row": [APP, [0], [0]],
        "nothing in the place of a row": [APP, None, None],
        "too few entries": [APP, 0],
        "too many entries": [APP, 0, 0, 0],
        "no entries": [],
        "a constant without a name": [CONST, -1],
        "a level as a text": [CONST, 0, "length"],
        "a level as a number of none": [CONST, 0, 12],
        "a level as nothing": [CONST, 0, None],
        "a negative numeral": [LITERAL, 0, "-1"],
        "a numeral in hexadecimal": [LITERAL, 0, "0x10"],
        "a numeral that is a number": [LITERAL, 0, 12],
        "a numeral with a NUL": [LITERAL, 0, "1\0"],
        "a numeral of 100,000 digits": [LITERAL, 0, "9" * 100_000],
        "an unknown literal": [LITERAL, 2, "1"],
        "an unknown kind of row": [12, 0],
        "a kind as text": ["5", 0, 0],
        "a projection with a negative number": [PROJECTION, 0, -1, 0],
        "a projection with a large number": [PROJECTION, 0, 2**40, 0],
        "a sort of no level": [SORT, "length"],
    }
    for tries, row in rows.items():
        f = Forger()
        f.constant("True.intro")
        found[tries] = f.prove(f.row(*row)).bundle()
    f = Forger()
    f.expressions.append({"length": 3, "0": 5})
    found["an object as a row"] = f.prove(0).bundle()
    for tries, name in (("a name of an unknown kind", [-1, 2, "x"]), ("a name that is a number", [-1, 0, 7]),
                        ("a name of itself", [0, 0, "x"]), ("a numbered name with a sign", [-1, 1, "-5"]),
                        ("a name as an object", [-1, 0, {"toString": "x"}])):  # fmt: skip
        f = Forger()
        f.names.append(name)
        found[tries] = f.prove(f.constant("True.intro")).bundle()
    for tries, level in ((("a level of an "
"unknown kind"), [5]), ("a level of itself", [1, 0]), ("a level that is open", [5, 0]),
                         ("a level with too little", [2, 0]), ("a level of a length", [1, "length"])):  # fmt: skip
        f = Forger()
        f.levels.append(level)
        found[tries] = f.prove(f.row(SORT, 0)).bundle()
    f = Forger()
    f.prove(f.constant("True.intro"))
    f.constants = [{"__proto__": f.constants[0], "kind": THEOREM}]
    found["a constant by its prototype"] = f.bundle()
    f = Forger()
    deep = f.constant("True.intro")
    for _ in range(100_000):
        deep = f.row(LAMBDA, f.constant("True"), deep)
    found["100,000 binders"] = f.prove(deep).bundle()
    return found
