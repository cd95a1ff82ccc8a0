"""Proofs of unusual shape that are right, and must be found right: name, statement, proof, and what comes before."""

HONEST = (
    ("a_term", ": 1 + 1 = 2", "rfl"),
    ("no_blanks", ":1=1", "rfl"),
    ("patterns", ": ∀ n : Nat, n + 0 = n", "fun | 0 => rfl | n+1 => rfl"),
    ("with_where", ": 1 + 1 = 2", "h where h : 1 + 1 = 2 := rfl"),
    (
        "where_recursive",
        ": ∀ n : Nat, 0 + n = n",
        ("go\nwhere\n  go : ∀ n : Nat, 0 + n = n\n  | 0 => rfl\n  | n + 1 => congrArg (· + 1) (go n)"),
    ),
    ("itself", "(n : Nat) : 0 + n = n", "match n with | 0 => rfl | n+1 => congrArg Nat.succ (itself n)"),
    (
        "itself_by_measure",
        "(n : Nat) : 0 ≤ n",
        (
            "if h : n = 0 then h ▸ Nat.le_refl 0 else Nat.le_trans (itself_by_measure (n-1)) (Nat.sub_le n 1)\n"
            "termination_by n\ndecreasing_by omega"
        ),
    ),
    ("equations", ": ∀ n : Nat, 0 + n = n", "| 0 => rfl\n| n+1 => congrArg Nat.succ (equations n)"),
    ("equations_indented", ": ∀ n : Nat, 0 + n = n", "\n  | 0 => rfl\n  | n+1 => by omega"),
    ("fields", ": 1 = 1 ∧ 2 = 2", "where\n  left := rfl\n  right := rfl"),
    ("match_stated", "(n : Nat) : (match n with | 0 => 1 | k+1 => k+1) > 0", "by cases n <;> simp"),
    ("fun_stated", ": (fun | 0 => 1 | n+1 => n : Nat → Nat) 0 = 1", "rfl"),
    ("let_stated", ": let x := 3; x = 3", "rfl"),
    ("do_stated", ": (do let x ← some 1; return x + 1) = some 2", "rfl"),
    ("pairs_stated", "(x : Nat × Nat) : (let (a, b) := x; a + b) = x.1 + x.2", "by cases x; rfl"),
    ("proof_stated", ": (⟨1, by decide⟩ : Fin 3) = ⟨1, by omega⟩", "rfl"),
    ("bound_stated", "(l : List Nat) (h : l.length > 2) : l[1]'(by omega) = l[1]", "rfl"),
    ("default_stated", "(x : Nat := 3) (h : 0 < x := by decide) : 0 < x", "h"),
    (
        "lines_stated",
        ("\n  -- a comment := sorry\n  (a : Nat) /- more -/\n  (b : Nat) :\n  a + b\n   = b + a -- end"),
        "Nat.add_comm a b",
    ),
    ("binders", "{a b : Nat} [Inhabited Nat] ⦃c : Nat⦄ (h : a = b) : b = a", "h.symm"),
    ("universal", ".{u} {α : Type u} (a : α) : a = a", "rfl"),
    ("universe_of_its_own", "{α : Type _} (a : α) : a = a", "rfl"),
    ("universe_of_sorts", "{α : Sort _} (a : α) : a = a", "rfl"),
    ("calculation", "(a b c : Nat) (h : a = b) (g : b = c) : a = c", "calc a = b := h\n  _ = c := g"),
    ("conversion", "(a b : Nat) : a + b = b + a", "by\n  conv => lhs; rw [Nat.add_comm]"),
    (
        "let_rec",
        ": ∀ n : Nat, 0 + n = n",
        ("let rec go : ∀ n : Nat, 0 + n = n\n  | 0 => rfl\n  | n+1 => congrArg Nat.succ (go n)\n  go"),
    ),
    (
        "let_rec_simp",
        ": ∀ n : Nat, 0 + n = n",
        ("by\n  let rec @[simp] go : ∀ n : Nat, 0 + n = n := fun n => by omega\n  simp"),
    ),
    ("anonymous", ": ∃ n : Nat, n > 3 ∧ n < 5", "⟨4, by decide, by decide⟩"),
    ("opened", "(n : Nat) : n < n + 1", "open Nat in lt_succ_self n"),
    ("«a name»", ": 1 = 1", "rfl"),
    ("«a.b»", ": 1 = 1", "rfl"),
    ("A.«b c».d", ": 1 = 1", "rfl"),
    ("_root_.rooted", ": 1 = 1", "rfl"),
    ("α₁'", ": 1 = 1", "rfl"),
    ("column_0", ": 1 = 1 ∧ 2 = 2", "by\nconstructor\nrfl\nrfl"),
    ("braces", ": 1 = 1 ∧ 2 = 2", "by { constructor; rfl; rfl }"),
    ("windows", ": 1 = 1 ∧ 2 = 2", "by\r\n  constructor\r\n  · rfl\r\n  · rfl\r\n"),
    ("comment_last", ": 1 = 1", "rfl -- done"),
    ("comment_nested", ": 1 = 1", "rfl /- done /- nested -/ -/"),
    ("comment_with_words", ": True", "by\n  -- #eval sorry native_decide\n  trivial"),
    ("words_in_text", ': "sorry -- /- ".length = 12', "by decide"),
    ("semicolon", ": 1 = 1", "by rfl;"),
    ("option_of_term", ": 1 = 1", "set_option maxRecDepth 1000 in rfl"),
    ("option_of_tactic", ": 1 = 1", "by\n  set_option linter.unusedVariables false in\n  rfl"),
    ("kernel", ": ∀ x : Nat, x < 10 → x * x < 100", "by decide +kernel"),
    ("kernel_fails", ": (∃ n : Nat, n = 5)", "by\n  classical\n  first\n  | decide +kernel\n  | exact ⟨5, rfl⟩"),
    ("kernel_refutes", ": 1 = 1", "by\n  first\n  | (have : 1 = 2 := by decide +kernel\n     omega)\n  | rfl"),
    ("decision", ": 2 ^ 100 % 7 = 2", "by decide"),
    ("excluded_middle", "(p : Prop) : p ∨ ¬p", "Classical.em p"),
    (
        "induction_",
        "(xs ys : List Nat) : (xs ++ ys).length = ys.length + xs.length",
        ("by\n  induction xs with\n  | nil => simp\n  | cons x xs ih => simp [ih]; omega"),
    ),
    ("search", "(a b : Nat) : a + b = b + a", "by exact?"),
    ("grind_", "(a b : Nat) (h : a = b) : b = a", "by grind"),
)

WITH_PRELUDE = (
    ("uses_variable", "(h : x > 0) : x ≠ 0", "by omega", "variable (x : Nat)"),
    ("uses_section", "(h : x = y) : y = x", "h.symm", "section\nvariable {α : Type} {x y : α}"),
    ("uses_universe", "{α : Type u} (a : α) : a = a", "rfl", "universe u"),
    ("uses_open", "(n : Nat) : succ n = n + 1", "rfl", "open Nat"),
    ("uses_definition", ": double 3 = 6", "rfl", "def double (n : Nat) := n + n"),
    ("uses_recursion", ": factorial 5 = 120", "rfl", "def factorial : Nat → Nat | 0 => 1 | n+1 => (n+1) * factorial n"),
    ("uses_measure", ": log 8 = 3", "by simp [log]", "def log (n : Nat) : Nat := if n ≤ 1 then 0 else log (n/2) + 1"),
    ("uses_structure", "(p : Point) : p = ⟨p.x, p.y⟩", "rfl", "structure Point where\n  x : Nat\n  y : Nat"),
    (
        "uses_inductive",
        "(c : Colour) : c = .red ∨ c = .green",
        "by cases c <;> simp",
        ("inductive Colour | red | green deriving DecidableEq, Repr"),
    ),
    (
        "uses_instance",
        "(a b : V) : a + b = b + a",
        "congrArg V.mk (Nat.add_comm a.v b.v)",
        ("structure V where v : Nat\ninstance : Add V := ⟨fun a b => ⟨a.v + b.v⟩⟩"),
    ),
    ("uses_macro", ": 1 + 1 = 2", "by done_by_rfl", 'macro "done_by_rfl" : tactic => `(tactic| rfl)'),
    ("uses_notation", ": 3 ⊞ 4 = 7", "rfl", 'infixl:65 " ⊞ " => Nat.add'),
    ("uses_namespace", ": three = 3", "rfl", "namespace Own\ndef three := 3"),
    ("uses_theorem", ": 2 = 2", "known.symm", "theorem known : 2 = 2 := rfl"),
    ("uses_private", ": 1 = 1", "hidden", "private theorem hidden : 1 = 1 := rfl"),
    ("uses_attribute", ": three = 3", "by simp", "@[simp] def three := 3"),
    ("uses_option", ": 1 = 1", "rfl", "set_option pp.all true"),
)

FILE = """/-! A file with theorems of every kind. -/
namespace Own
/-- A documented definition. -/
def double (n : Nat) : Nat := n + n
structure V where
  v : Nat
  deriving Repr, DecidableEq
instance : Add V := ⟨fun a b => ⟨a.v + b.v⟩⟩
@[simp] theorem with_attribute : double 2 = 4 := rfl
private theorem hidden (n : Nat) : double n = 2 * n := by simp [double]; omega
protected theorem V.guarded : double 3 = 6 := by rfl
theorem «two words».last : double 3 = 6 := rfl
theorem _root_.rooted : double 3 = 6 := by simp [hidden]
open Nat in
theorem opened (n : Nat) : n < n.succ := lt_succ_self n
mutual
theorem first : 1 = 1 := rfl
theorem second : 2 = 2 := rfl
end
section
variable {α : Type} [BEq α] (x : α)
theorem with_variables : x = x := rfl
end
local notation "ℕ" => Nat
theorem with_notation (n : ℕ) : n + 0 = n := rfl
macro "by_rfl" : tactic => `(tactic| rfl)
theorem with_macro : 1 + 1 = 2 := by by_rfl
theorem with_equations : ∀ n : Nat, 0 + n = n
  | 0 => rfl
  | n+1 => by omega
theorem with_fields : 1 = 1 ∧ 2 = 2 where
  left := rfl
  right := rfl
inductive Tree | leaf | node (l r : Tree)
def Tree.size : Tree → Nat | leaf => 1 | node l r => l.size + r.size
theorem Tree.size_pos (t : Tree) : 0 < t.size := by induction t <;> simp [Tree.size] <;> omega
class Unital (G : Type) where
  mul : G → G → G
  one : G
  one_mul : ∀ a, mul one a = a
infixl:70 " ⋆ " => Unital.mul
theorem one_star {G : Type} [Unital G] (a : G) : Unital.one ⋆ a = a := Unital.one_mul a
example : 1 = 1 := rfl
end Own
"""

THEOREMS_OF_FILE = [
    "Own.with_attribute", "Own.hidden", "Own.V.guarded", "Own.«two words».last", "rooted", "Own.opened", "Own.first",
    "Own.second", "Own.with_variables", "Own.with_notation", "Own.with_macro", "Own.with_equations", "Own.with_fields",
    "Own.Tree.size_pos", "Own.one_star",
]  # fmt: skip
