"""Attempts to have a proof of something false accepted, or to reach out of the prover. All must come to nothing.

Each row is what the attempt tries, a statement, a proof, and the name of the theorem where that matters.
"""

from typing import NamedTuple


class Attack(NamedTuple):
    """A proof that is none. The statement is false, or not one, or the proof says more than a proof may."""

    tries: str
    statement: str
    proof: str
    name: str = "attack"


FALSE = ": 1 = 2"
TRUE = ": 1 = 1"

SORRY = (
    Attack("sorry as a term", FALSE, "sorry"),
    Attack("sorry as a tactic", FALSE, "by sorry"),
    Attack("admit", FALSE, "by admit"),
    Attack("stop", FALSE, "by stop rfl"),
    Attack("an admitted step that is not used", TRUE, "by\n  have : 1 = 2 := sorry\n  rfl"),
    Attack("sorry behind an alternative", FALSE, "by first | rfl | sorry"),
    Attack("sorry under a wrapper", FALSE, "by show_term sorry"),
    Attack("sorry in a where", FALSE, "h\nwhere h : 1 = 2 := sorry"),
    Attack("sorry in guillemets", FALSE, "«sorry»"),
    Attack("sorryAx by name", FALSE, "sorryAx _"),
    Attack("sorryAx marked as synthetic", FALSE, "sorryAx (1 = 2) true"),
    Attack("sorryAx from the root", FALSE, "_root_.sorryAx _"),
    Attack("sorryAx with all arguments", FALSE, "@sorryAx (1 = 2) false"),
    Attack("sorryAx in guillemets", FALSE, "«sorryAx» _"),
    Attack("sorryAx through exact", FALSE, "by exact sorryAx _"),
    Attack("sorryAx renamed", FALSE, "open Lean renaming sorryAx → fine in fine _"),
    Attack("sorryAx as a simp lemma", FALSE, "by simp [sorryAx]"),
    Attack("the warning about sorry switched off", FALSE, "set_option warn.sorry false in sorry"),
    Attack("a hole", FALSE, "_"),
    Attack("a named hole", FALSE, "?later"),
    Attack("a goal that is left", ": 1 = 1 ∧ 1 = 2", "by constructor; rfl"),
    Attack("recovery from an error", FALSE, "by\n  first\n  | done\n  | skip"),
    Attack("a step that is left to do", FALSE, "by\n  suffices h : False from h.elim\n  case _ => skip"),
    Attack("an empty block", FALSE, "by"),
    Attack("nothing", FALSE, " \n "),
)

COMPILED = (
    Attack("native_decide", FALSE, "by native_decide"),
    Attack("native_decide of what is true", ": 2 ^ 10 = 1024", "by native_decide"),
    Attack("decide +native", TRUE, "by decide +native"),
    Attack("native in a structure", TRUE, "by decide (config := { native := true })"),
    Attack("native by its place in a structure", TRUE, "by decide (config := ⟨false, true, true, false⟩)"),
    Attack(
        "native in an update of a structure",
        TRUE,
        "by decide (config := { ({} : Lean.Parser.Tactic.DecideConfig) with native := true })",
    ),
    Attack("native after a minus", TRUE, "by decide -kernel +native"),
    Attack("native in one branch that is undone", TRUE, "by first | (decide +native; fail) | rfl"),
    Attack("ofReduceBool", TRUE, "of_decide_eq_true (Lean.ofReduceBool (decide (1 = 1)) true rfl)"),
    Attack(
        "ofReduceBool with an opened namespace",
        FALSE,
        "open Lean in of_decide_eq_true (ofReduceBool (decide (1 = 2)) true rfl)",
    ),
    Attack("reduceBool in a term", ": ∃ b : Bool, Lean.reduceBool b = b", "⟨true, rfl⟩"),
    Attack("reduceNat in a proof", ": 2 = 2", "(rfl : Lean.reduceNat 2 = 2)"),
    Attack("trustCompiler", ": True", "Lean.trustCompiler"),
    Attack("implemented_by on a local function", FALSE, "f\nwhere @[implemented_by Nat.succ] f : 1 = 2 := f"),
    Attack("extern on a local function", FALSE, 'let rec @[extern "lean_nat_add"] f : 1 = 2 := f\nf'),
    Attack("csimp on a local lemma", FALSE, "let rec @[csimp] f : @Nat.add = @Nat.mul := f\nby decide"),
)

OPTIONS = (
    Attack(
        "a kernel that does not check, for a tactic",
        FALSE,
        "by\n  set_option debug.skipKernelTC true in\n  decide +kernel",
    ),
    Attack(
        "a kernel that does not check, for a term", FALSE, "set_option debug.skipKernelTC true in by decide +kernel"
    ),
    Attack(
        "a kernel that does not check, inside", FALSE, "id (set_option debug.skipKernelTC true in by decide +kernel)"
    ),
    Attack("the kernel for what is false", FALSE, "by decide +kernel"),
    Attack("the kernel in a structure", FALSE, "by decide (config := { kernel := true })"),
    Attack("an option of the debugger", TRUE, "set_option debug.byAsSorry true in by rfl"),
    Attack("theorems taken for proved", FALSE, "set_option debug.byAsSorry true in by rfl"),
    Attack("an option of the compiler", TRUE, "set_option compiler.extract_closed false in rfl"),
    Attack("an option in guillemets", TRUE, "set_option «debug».«skipKernelTC» true in rfl"),
    Attack("an option that is none", TRUE, "set_option no.such.option true in rfl"),
)

COMMANDS = (
    Attack("an axiom after the proof", TRUE, "rfl\naxiom cheat : False"),
    Attack("an axiom that is used", FALSE, "cheat.elim\naxiom cheat : False"),
    Attack("an axiom in a where", FALSE, "cheat\nwhere axiom cheat : 1 = 2"),
    Attack("another theorem after it", TRUE, "rfl\ntheorem more : 1 = 1 := rfl"),
    Attack("a macro after it", TRUE, 'rfl\nmacro "cheat" : tactic => `(tactic| sorry)'),
    Attack("an attribute after it", TRUE, "rfl\nattribute [simp] Nat.add_comm"),
    Attack("an instance after it", TRUE, "rfl\ninstance : Inhabited Empty := ⟨nofun⟩"),
    Attack("a notation in a term", FALSE, 'local notation "2" => 1 in rfl'),
    Attack("a local instance for equality", FALSE, "let _ : HAdd Nat Nat Nat := ⟨fun _ _ => 2⟩; rfl"),
    Attack("a local numeral", FALSE, "letI : OfNat Nat 2 := ⟨1⟩; rfl"),
    Attack("a coercion in scope", ": (2 : Nat) = 3", "haveI : Coe Nat Nat := ⟨fun _ => 3⟩; rfl"),
    Attack("a command in a term", FALSE, "open Lean in run_cmd pure ()"),
    Attack("evaluation after it", TRUE, "rfl\n#eval 1"),
    Attack("an exit", TRUE, "rfl\n#exit"),
    Attack("an end", TRUE, "rfl\nend"),
    Attack("a namespace that is left open", TRUE, "rfl\nnamespace Other"),
    Attack("an option for the rest", TRUE, "rfl\nset_option autoImplicit true"),
    Attack("a deriving clause", TRUE, "rfl\nderiving instance Repr for Nat"),
    Attack("a mutual block", FALSE, "mutual\ntheorem a : 1 = 2 := b\ntheorem b : 1 = 2 := a\nend"),
    Attack(
        "a theorem of the same name in another namespace",
        FALSE,
        "by skip\nnamespace Other\ntheorem attack : 1 = 1 := rfl\nend Other",
    ),
)

GARBAGE = (
    Attack("brackets after it", TRUE, "rfl )))"),
    Attack("words after it", TRUE, "by rfl\nand so it is proved"),
    Attack("a fence after it", TRUE, "by rfl\n```"),
    Attack("a comment that is not closed", TRUE, "rfl /- the end"),
    Attack("a comment that is closed twice", TRUE, "rfl -/"),
    Attack("a text that is not closed", TRUE, 'rfl "'),
    Attack("a bracket that is not closed", TRUE, "(rfl"),
    Attack("a NUL character", TRUE, "rfl\0"),
    Attack("half of a surrogate pair", TRUE, "rfl -- \ud800"),
    Attack("a sign that Lean does not know", TRUE, "rfl ⁂"),
    Attack("a second proof", TRUE, "rfl := rfl"),
    Attack("a bar without an equation", TRUE, "| "),
    Attack("English", FALSE, "This is obvious."),
)

STATEMENTS = (
    Attack("a statement with its own proof", ": 1 = 1 := rfl --", "sorry"),
    Attack("a statement that hides the proof in a comment", ": 1 = 1 := rfl /-", "-/"),
    Attack("a statement that closes itself and opens another", ": 1 = 1 := rfl\ntheorem more : 1 = 2", "sorry"),
    Attack("a comment over the sign", ": 1 = 2 /-", "-/ := rfl"),
    Attack("a statement that the proof continues", ": 1 = 1 ∨", "1 = 2 := Or.inl rfl"),
    Attack("a proof with the statement", "", ": 1 = 1 := rfl"),
    Attack("a statement with sorry", ": (sorry : Prop)", "sorry"),
    Attack("a statement with an error", ": undefined_thing = 1", "rfl"),
    Attack("a variable out of nothing", "(h : P) : P", "h"),
    Attack("a universe out of nothing", "{α : Type u} (a : α) : a = a", "rfl"),
    Attack("a statement that is no proposition", ": Nat", "0"),
    Attack("a statement that ends in where", ": 1 = 1 where", "x := 1"),
    Attack("a statement that runs code", ": (by_elab return .sort .zero)", "trivial"),
)

NAMES = (
    Attack("a name with a binder", FALSE, "h", name="attack (h : 1 = 2)"),
    Attack("a name with a statement", FALSE, "rfl", name="attack : 1 = 1 := rfl\ntheorem other"),
    Attack("a name with a line break", TRUE, "rfl", name="attack\n"),
    Attack("no name", TRUE, "rfl", name=""),
    Attack("a name that ends in a dot", TRUE, "rfl", name="attack."),
    Attack("a name that is not closed", TRUE, "rfl", name="«attack"),
    Attack("a name with universes", TRUE, "rfl", name="attack.{u}"),
    Attack("a theorem of the library", "(a b : Nat) : a + b = b + a", "Nat.add_comm a b", name="Nat.add_comm"),
    Attack("an instance of the library", TRUE, "rfl", name="instDecidableEqNat"),
    Attack("a function of the kernel's own", FALSE, "rfl", name="Nat.add"),
    Attack("the axiom of sorry", FALSE, "sorryAx", name="sorryAx"),
    Attack("itself", FALSE, "attack"),
    Attack("itself with its full name", FALSE, "_root_.attack"),
    Attack("itself in an auxiliary definition", FALSE, "attack._proof_1"),
)

RECURSION = (
    Attack("a loop", FALSE, "let rec f : 1 = 2 := f\nf"),
    Attack("a loop in a where", FALSE, "f 0\nwhere f (n : Nat) : 1 = 2 := f (n + 1)"),
    Attack(
        "a loop with a false measure",
        FALSE,
        "f 0\nwhere\n  f (n : Nat) : 1 = 2 := f (n + 1)\n  termination_by n\n  decreasing_by simp",
    ),
    Attack(
        "a loop with an admitted measure",
        FALSE,
        "f 0\nwhere\n  f (n : Nat) : 1 = 2 := f (n + 1)\n  termination_by n\n  decreasing_by all_goals sorry",
    ),
    Attack(
        "a fixed point that is partial", FALSE, "f 0\nwhere\n  f (n : Nat) : 1 = 2 := f (n + 1)\n  partial_fixpoint"
    ),
    Attack("a partial function", FALSE, "let rec partial f : 1 = 2 := f\nf"),
    Attack("unsafe", FALSE, "unsafe unsafeCast ()"),
    Attack("unsafeCast", FALSE, "unsafeCast ()"),
    Attack("lcProof", FALSE, "lcProof"),
    Attack("lcUnreachable", FALSE, "lcUnreachable"),
    Attack("choice from nothing", FALSE, "Classical.choice ⟨nofun⟩"),
    Attack("an arbitrary element of an empty type", FALSE, "(default : PLift (1 = 2)).down"),
    Attack("an instance that is asked for", FALSE, "(inferInstance : Inhabited (PLift (1 = 2))).default.down"),
    Attack("a proof by contradiction with nothing", FALSE, "by by_cases h : 1 = 2 <;> trivial"),
    Attack("panic", FALSE, '(panic! "no" : PLift (1 = 2)).down'),
    Attack("an exit of a do block", FALSE, "Id.run do return (← throw ())"),
    Attack("an equality by a cast", FALSE, "cast (by rfl) rfl"),
    Attack("an ill-typed change", FALSE, "by change 1 = 1; rfl"),
)

CODE = (
    Attack("a term that is evaluated", FALSE, "by_elab return .const ``True.intro []"),
    Attack("a tactic that is evaluated", FALSE, "by run_tac Lean.Elab.Tactic.evalTactic (← `(tactic| sorry))"),
    Attack("a file that is read", ': (include_str "/etc/passwd") = ""', "rfl"),
    Attack("a file that is read in the proof", FALSE, 'let s := include_str "/etc/passwd"; rfl'),
    Attack(
        "IO in a configuration",
        TRUE,
        'by simp (config := unsafeIO (IO.FS.writeFile "MARKER" "x" *> pure {}) |>.toOption.get!)',
    ),
    Attack(
        "IO in a configuration by way of a base",
        TRUE,
        'by simp (config := (unsafeBaseIO (IO.FS.writeFile "MARKER" "x" *> pure {}).toBaseIO))',
    ),
    Attack("a process in a configuration", TRUE, "by simp (config := unsafe unsafeIO (IO.Process.exit 0))"),
    Attack("a quotation as a proof", FALSE, "`(rfl)"),
    Attack("an unquoted term", FALSE, "$(rfl)"),
    Attack("a simproc", FALSE, "by simproc cheat (_) := fun _ => return .done"),
    Attack("messages without end", FALSE, 'by\n  repeat trace "x"'),
    Attack("a debug print without end", FALSE, "by\n  iterate 300 trace_state\n  rfl"),
)

BOMBS = (
    Attack("a power", ": 2 ^ (2 ^ 40) = 1", "by decide"),
    Attack("brackets", FALSE, "(" * 20_000 + "rfl" + ")" * 20_000),
    Attack("repetition", FALSE, "by repeat skip"),
    Attack("without heartbeats", FALSE, "set_option maxHeartbeats 0 in by repeat (first | (have := 1; skip) | skip)"),
    Attack("a numeral", f": {'9' * 100_000} = 1", "by decide"),
    Attack("a long name", FALSE, "x" * 100_000),
    Attack("a long text", FALSE, '"' + "x" * 1_000_000 + '"'),
    Attack("more than is read", FALSE, "-- " + "x" * 5_000_000),
)

SLOW_BOMBS = (
    Attack(
        "work for the kernel",
        ": (fun n : Nat => Nat.rec (motive := fun _ => Nat) 0 (fun _ k => k + 1) n) 30000000 = 1",
        "by decide +kernel",
    ),
    Attack("a power for the kernel", ": 2 ^ (2 ^ 40) = 1", "by decide +kernel"),
    Attack(
        "a power without a limit", ": 3 ^ (3 ^ 20) = 1", "set_option exponentiation.threshold 100000000000 in by decide"
    ),
    Attack("a shift", ": 1 <<< (1 <<< 40) = 1", "by decide +kernel"),
    Attack("a list", ": (List.replicate 100000000 0).length = 1", "by decide +kernel"),
    Attack("brackets that stay open", FALSE, "(" * 20_000),
    Attack("successors", ": " + "Nat.succ (" * 3_000 + "0" + ")" * 3_000 + " = 0", "rfl"),
    Attack("many steps", FALSE, "by\n" + "  have : 1 = 1 := rfl\n" * 5_000 + "  rfl"),
    Attack("many alternatives", FALSE, "by first " + "| rfl " * 5_000),
    Attack("repetition that grows", FALSE, "by repeat have := 1"),
    Attack(
        "rewriting in circles",
        "(a b : Nat) : a + b = b",
        "by simp only [Nat.add_comm, Nat.add_comm b]; repeat rw [Nat.add_comm]",
    ),
    Attack("without a limit of recursion", FALSE, "set_option maxRecDepth 1000000000 in by repeat skip"),
    Attack(
        "a deep tree of instances",
        ": " + "(" * 200 + "1" + ", 1)" * 200 + " = " + "(" * 200 + "1" + ", 2)" * 200,
        "by decide",
    ),
    Attack("a proof search that finds nothing", FALSE, "by exact?"),
)

ATTACKS = SORRY + COMPILED + OPTIONS + COMMANDS + GARBAGE + STATEMENTS + NAMES + RECURSION + CODE

FILES = {
    "an axiom": "axiom cheat : False\ntheorem attack : 1 = 2 := cheat.elim",
    "an axiom in a namespace": (
        "namespace A\naxiom Nat.cheat : False\nend A\ntheorem attack : 1 = 2 := A.Nat.cheat.elim"
    ),
    "an axiom that is named as an allowed one": (
        "axiom «Classical.choice» : False\ntheorem attack : 1 = 2 := «Classical.choice».elim"
    ),
    "a class with an axiom": (
        "class C where p : 1 = 2\naxiom c : C\nattribute [instance] c\ntheorem attack : 1 = 2 := C.p"
    ),
    "a lemma with sorry": "theorem lemma_ : 1 = 2 := sorry\ntheorem attack : 1 = 2 := lemma_",
    "a definition with sorry": "def cheat : 1 = 2 := sorry\ntheorem attack : 1 = 2 := cheat",
    "a lemma with an error": "theorem lemma_ : 1 = 2 := by rfl\ntheorem attack : 1 = 2 := lemma_",
    "a macro for sorry": 'macro "cheat" : tactic => `(tactic| sorry)\ntheorem attack : 1 = 2 := by cheat',
    "a macro for sorryAx": 'macro "cheat" : term => `(sorryAx _)\ntheorem attack : 1 = 2 := cheat',
    "a macro that makes the name of sorryAx": (
        'macro "cheat" : term => return Lean.mkIdent (Lean.Name.mkSimple ("sorry" ++ "Ax"))\n'
        "theorem attack : 1 = 2 := cheat _"
    ),
    "rules for equations": "macro_rules | `($a = $b) => `(True)\ntheorem attack : 1 = 2 := trivial",
    "rules for the tactic rfl": "macro_rules | `(tactic| rfl) => `(tactic| stop)\ntheorem attack : 1 = 2 := by rfl",
    "rules for the command theorem": (
        "macro_rules | `(theorem $n:ident : 1 = 2 := $v) => `(theorem $n : True := trivial)\n"
        "theorem attack : 1 = 2 := trivial"
    ),
    "a syntax that hides the command theorem": (
        'macro (priority := high) "theorem " n:ident " : " t:term " := " v:term : command => `(def $n : Nat := 0)\n'
        "theorem attack : 1 = 2 := rfl"
    ),
    "a notation for a numeral": 'local notation "2" => 1\ntheorem attack : 1 = 2 := rfl',
    "a notation for equations": 'notation:50 a " = " b => a ≤ b\ntheorem attack : 1 = 2 := by decide',
    "a notation for an operator": (
        'local infixl:65 (priority := high) " + " => fun (_ _ : Nat) => 5\ntheorem attack : 1 + 1 = 5 := rfl'
    ),
    "an instance of addition": (
        "instance (priority := high) : HAdd Nat Nat Nat := ⟨fun _ _ => 5⟩\ntheorem attack : 1 + 1 = 5 := rfl"
    ),
    "an instance of numerals": "instance (priority := high) : OfNat Nat 2 := ⟨1⟩\ntheorem attack : 1 = 2 := rfl",
    "an instance of an order": (
        "instance (priority := high) : LT Nat := ⟨fun _ _ => True⟩\ntheorem attack : 2 < 1 := trivial"
    ),
    "a coercion to a function": (
        "instance : CoeFun Nat (fun _ => Nat → Nat) := ⟨fun _ _ => 0⟩\n"
        "axiom a : (1 : Nat) 2 = 1\ntheorem attack : (1 : Nat) 2 = 1 := a"
    ),
    "a kernel that does not check": "set_option debug.skipKernelTC true\ntheorem attack : 1 = 2 := by decide +kernel",
    "a kernel that does not check, for one": (
        "set_option debug.skipKernelTC true in\ntheorem attack : 1 = 2 := by decide +kernel"
    ),
    "all proofs taken for done": "set_option debug.byAsSorry true\ntheorem attack : 1 = 2 := by rfl",
    "implemented_by": (
        "def b : Bool := true\n@[implemented_by b] def a : Bool := false\ntheorem attack : a = true := by native_decide"
    ),
    "implemented_by as a command": (
        "def a := false\ndef b := true\nattribute [implemented_by b] a\ntheorem attack : a = true := by decide +native"
    ),
    "extern": '@[extern "lean_nat_add"] def a (x y : Nat) : Nat := 0\ntheorem attack : a 1 1 = 2 := by decide +native',
    "csimp": "def a := false\n@[csimp] theorem attack : @Nat.add = @Nat.mul := rfl",
    "an unsafe definition": "unsafe def cheat : 1 = 2 := unsafeCast ()\ntheorem attack : 1 = 2 := cheat",
    "an opaque constant": "opaque cheat : 1 = 2\ntheorem attack : 1 = 2 := cheat",
    "a partial definition": "partial def cheat (n : Nat) : 1 = 2 := cheat n\ntheorem attack : 1 = 2 := cheat 0",
    "elab": (
        'elab "cheat" : command => Lean.Elab.Command.elabCommand (← `(axiom c : False))\n'
        "cheat\ntheorem attack : 1 = 2 := c.elim"
    ),
    "elab of a term": 'elab "cheat" : term => return Lean.mkConst ``True.intro\ntheorem attack : 1 = 2 := cheat',
    "a variable": "section\nvariable (h : 1 = 2)\ninclude h\ntheorem attack : 1 = 2 := h\nend",
    "a variable that is not in the statement": "variable (h : False)\ntheorem attack : 1 = 2 := h.elim",
    "an instance in a variable": "class C where p : 1 = 2\nvariable [C]\ntheorem attack : 1 = 2 := C.p",
    "initialize": "initialize cheat : Nat ← pure 0\ntheorem attack : 1 = 2 := by rfl",
    "a structure that is none": "structure Bad where\n  f : Bad → False\ntheorem attack : 1 = 2 := (Bad.mk id).elim",
    "a negative inductive type": "inductive Bad | mk : (Bad → False) → Bad\ntheorem attack : 1 = 2 := nomatch Bad.mk",
    "a theorem in a comment": "/- theorem attack : 1 = 2 := rfl -/",
    "an end that closes nothing": "end\ntheorem attack : 1 = 2 := by rfl",
    "an end of the file": "theorem attack : 1 = 2 := by skip\n#exit",
    "a file that is read": 'def s := include_str "/etc/passwd"\ntheorem attack : s = s ∧ 1 = 2 := ⟨rfl, rfl⟩',
    "evaluation that writes": '#eval IO.FS.writeFile "MARKER" "x"\ntheorem attack : 1 = 2 := by rfl',
    "evaluation that starts a process": (
        '#eval IO.Process.run { cmd := "touch", args := #["MARKER"] }\ntheorem attack : 1 = 2 := by rfl'
    ),
    "a command that writes": 'run_cmd IO.FS.writeFile "MARKER" "x"\ntheorem attack : 1 = 2 := by rfl',
}
"""Each has one theorem, `attack`, that is false or refused, or none at all."""
