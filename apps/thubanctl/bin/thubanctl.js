#!/usr/bin/env node
// npm links this file as `thubanctl`. It is committed so that the link exists before the first build.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const main = join(__dirname, '../dist/main.js');
if (existsSync(main)) require(main);
else {
  console.error('thubanctl: not built yet. Run `npm run build` (or `npm start`, which builds what is needed) first.');
  process.exitCode = 2;
}
