// The goals at a place of a source that was elaborated with information trees.

'use strict';

const o = require('./objects.js');
const { STATE_INFO } = require('./frontend.js');

const WIDTH = 10000; // of a line: models read hypotheses without line breaks
const CONTEXT_METAVARIABLES = 3;
const BEFORE = { metavariables: 1, goals: 2 }, AFTER = { metavariables: 3, goals: 4 };

// The texts of the goals before the tactic at byte `position`; null when there is no tactic.
function goalsAt(lean, state, context, position) {
  const trees = o.field(o.field(state, STATE_INFO), 2), fileMap = o.field(context, 2);
  for (const tree of o.listItems(lean.l_Lean_PersistentArray_toList___redArg(o.keep(trees)) >>> 0)) {
    const found = lean.l_Lean_Elab_InfoTree_goalsAt_x3f(o.keep(fileMap), o.keep(tree), o.box(position)) >>> 0;
    const results = o.listItems(found);
    if (results.length) return results.flatMap((result) => printed(lean, result));
  }
  return null;
}

function printed(lean, result) {
  const context = o.field(result, 0), tactic = o.field(result, 1);
  const use = o.scalarByte(result, o.fieldCount(result), 0) ? AFTER : BEFORE;
  const metavariables = o.keep(o.field(tactic, use.metavariables));
  const inner = o.copyWith(o.field(context, 0), CONTEXT_METAVARIABLES, metavariables);
  const there = o.copyWith(context, 0, inner);
  return o.listItems(o.field(tactic, use.goals)).map((goal) => {
    const format = o.io(lean.l_Lean_Elab_ContextInfo_ppGoals(o.keep(there), o.list([o.keep(goal)])));
    return o.textOf(lean.l_Std_Format_pretty(o.keep(format), o.box(WIDTH), o.box(0), o.box(0)) >>> 0).trim();
  });
}

module.exports = { goalsAt };
