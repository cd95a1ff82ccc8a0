// A thread of Lean's: some of its tactics (`exact?`, `simp` with a definition of one's own) start tasks and wait for them.

'use strict';

const fs = require('fs');
const path = require('path');

globalThis.LeanModule = {};
process.binding = () => ({ fs: fs.constants });
require(path.join(process.env.LEAN_RUNTIME, 'lean.js'));
